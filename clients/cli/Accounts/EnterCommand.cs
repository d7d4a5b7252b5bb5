using System.CommandLine;
using Orchestrator.V1;

namespace Orchestrator.Cli.Accounts;

/// <summary><c>orc account enter</c>: lets an account, or one of its people, into a journey beside the main one.</summary>
static class EnterCommand
{
    public static Command Build(Terminal terminal)
    {
        var account = new Argument<string>("account") { Description = "The account's id" };
        var journey = new Argument<string>("journey") { Description = "A journey beside the main one that lets people in by hand" };
        var contact = new Option<string?>("--contact") { Description = "Whose journey it is; left out for journeys of accounts" };
        var by = new Option<string>("--by") { Description = "Who says so; kept with the entry", Required = true };
        var reason = new Option<string?>("--reason") { Description = "Why; kept with the entry" };
        var id = new Option<string?>("--request-id") { Description = "The same request sent again changes nothing" };
        var command = new Command("enter", "Lets an account, or one of its people, into a journey by hand; exit code 4 if it is refused") { account, journey, contact, by, reason, id };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var request = new EnterJourneyRequest
            {
                RequestId = parsed.GetValue(id) ?? "",
                Account = parsed.GetValue(account),
                Contact = parsed.GetValue(contact) ?? "",
                Journey = parsed.GetValue(journey),
                AssertedBy = parsed.GetValue(by),
                Reason = parsed.GetValue(reason) ?? "",
                Source = "orc",
            };
            var response = await session.Client.Accounts.EnterJourney(request, session.Once());
            session.Answer(response, print => print.Line(response.Result switch
            {
                EnterJourneyResponse.Types.Result.Entered => $"entered {request.Journey}, now at {response.Stage}",
                EnterJourneyResponse.Types.Result.Waits => $"waits for a free place in the group of {request.Journey}",
                _ => $"not let into {request.Journey}: {response.Reason}",
            }));
            return response.Result == EnterJourneyResponse.Types.Result.Refused ? Exit.Refused : Exit.Ok;
        });
    }
}
