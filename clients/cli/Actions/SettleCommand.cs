using System.CommandLine;
using System.CommandLine.Parsing;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;
using Option = System.CommandLine.Option;
using Result = Orchestrator.V1.SettlementResult.Types.Result;

namespace Orchestrator.Cli.Actions;

/// <summary><c>orc actions settle</c>: says what became of a leased action.</summary>
static class SettleCommand
{
    public static Command Build(Terminal terminal)
    {
        var ackId = new Argument<string>("ack-id") { Description = "As `tail` or `decide` showed it" };
        var verdict = new Argument<string>("verdict") { Description = "What became of it" };
        verdict.AcceptOnlyFromAmong("done", "retry", "reject", "declined");
        var outcome = new Option<string?>("--outcome") { Description = "done: a word for what happened, for example meeting-booked" };
        var note = new Option<string?>("--note") { Description = "done: for whoever reads it" };
        var delay = new Option<string?>("--delay") { Description = "retry: not again before this has passed, at most 24h" };
        var reason = new Option<string?>("--reason") { Description = "reject, declined: why" };
        var snooze = new Option<string?>("--snooze") { Description = "declined: do not offer the play to this person again before this has passed" };
        var by = new Option<string?>("--by") { Description = "Who says so; kept with the answer" };
        var command = new Command("settle", "Says what became of a leased action") { ackId, verdict, outcome, note, delay, reason, snooze, by };
        command.Validators.Add(result => Check(result, verdict, new()
        {
            ["done"] = [outcome, note],
            ["retry"] = [delay],
            ["reject"] = [reason],
            ["declined"] = [reason, snooze],
        }));
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var settlement = new Settlement { AckId = parsed.GetValue(ackId), By = parsed.GetValue(by) ?? "" };
            switch (parsed.GetValue(verdict))
            {
                case "done":
                    settlement.Done = new() { Outcome = parsed.GetValue(outcome) ?? "", Note = parsed.GetValue(note) ?? "" };
                    break;
                case "retry":
                    settlement.Retry = new() { Delay = Read(parsed.GetValue(delay), "--delay") };
                    break;
                case "reject":
                    settlement.Reject = new() { Reason = parsed.GetValue(reason) ?? "" };
                    break;
                default:
                    settlement.Declined = new() { Reason = parsed.GetValue(reason) ?? "", Snooze = Read(parsed.GetValue(snooze), "--snooze") };
                    break;
            }

            var response = await session.Client.Actions.Settle(new() { Settlements = { settlement } }, session.Repeatable());
            var result = response.Results.SingleOrDefault() ?? throw new CommandFailure(Exit.Failed, "expected one result from the silo, found none");
            return Conclude(session, response, result);
        });
    }

    /// <summary>What a result means, in words and as an exit code.</summary>
    public static (string Text, int Exit) Meaning(SettlementResult result) => result.Result switch
    {
        Result.Settled => ("settled", Exit.Ok),
        Result.AlreadySettled => ("was settled before; nothing changed", Exit.Ok),
        Result.SettledLate => ("settled, after its lease had run out", Exit.Ok),
        Result.Extended => ("extended", Exit.Ok),
        Result.LeaseLost => ("the lease had run out and the action is with another consumer, or gone", Exit.Refused),
        Result.Refused => (result.Reason.Length > 0 ? result.Reason : "the ack id is not one of the silo's", Exit.Refused),
        Result.Unavailable => (result.Reason.Length > 0 ? result.Reason : "the silo cannot settle it now; try again", Exit.Unavailable),
        Result.Unspecified => ("the silo did not say what became of it", Exit.Failed),
    };

    static int Conclude(Session session, SettleResponse response, SettlementResult result)
    {
        var (text, exit) = Meaning(result);
        if (session.Json)
        {
            session.Answer(response, _ => { });
        }

        if (exit != Exit.Ok)
        {
            throw new CommandFailure(exit, text);
        }

        if (!session.Json)
        {
            new Printing(session.Terminal).Line(text);
        }

        return exit;
    }

    static Duration? Read(string? text, string option) => text is null ? null : Duration.FromTimeSpan(Durations.Parse(text, option));

    static void Check(CommandResult result, Argument<string> verdict, Dictionary<string, Option[]> fitting)
    {
        if (result.GetResult(verdict) is not { Tokens: [var chosen] } || !fitting.TryGetValue(chosen.Value, out var fit))
        {
            return;
        }

        foreach (var option in fitting.Values.SelectMany(options => options).Distinct().Except(fit).Where(option => result.GetResult(option) is not null))
        {
            result.AddError($"`{option.Name}` does not go with `{chosen.Value}`, which takes {string.Join(" and ", fit.Select(other => $"`{other.Name}`"))}");
        }
    }
}
