using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;

namespace Orchestrator.Cli.Actions;

/// <summary><c>orc decide</c>: the best action for a person on a channel, decided while you wait.</summary>
static class DecideCommand
{
    public static Command Build(Terminal terminal)
    {
        var channel = new Option<string>("--channel") { Description = "A channel of the playbook", Required = true };
        var account = People.AccountOption();
        var identifiers = People.IdentifierOption();
        var lease = new Option<string?>("--lease") { Description = "How long the action is yours, 1s to 10m [default: 30s]" };
        var command = new Command("decide", "Asks for the best action for someone on a channel now; it is leased to you") { channel, account, identifiers, lease };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var request = new DecideRequest { Channel = parsed.GetValue(channel), Account = parsed.GetValue(account) ?? "" };
            request.Identifiers.Add(People.Require(parsed.GetValue(account), parsed.GetValue(identifiers)!));
            if (parsed.GetValue(lease) is { } asked)
            {
                request.Lease = Duration.FromTimeSpan(Durations.Parse(asked, "--lease"));
            }

            // Asking twice shows the same standing offer.
            var response = await session.Client.Actions.Decide(request, session.Repeatable());
            return session.Answer(response, print =>
            {
                if (response.Delivery is null)
                {
                    print.Line($"none: {response.NoneReason}");
                }
                else
                {
                    ActionPage.Print(print, response.Delivery);
                }
            });
        });
    }
}
