using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Cli.Actions;

/// <summary><c>orc actions tail</c>: shows actions as they come.</summary>
static class TailCommand
{
    public static Command Build(Terminal terminal)
    {
        var subscription = new Option<string>("--subscription")
        {
            Description = "Consumers that name the same subscription share its actions; one of its own sees them all",
            DefaultValueFactory = _ => "orc-tail",
        };
        var channels = Filter("--channel", "Only actions of this channel; may be given several times");
        var departments = Filter("--department", "Only actions of this department; may be given several times");
        var settle = new Option<string>("--settle")
        {
            Description = "done: settle each action once it is shown; none: only look, its lease frees it for others",
            DefaultValueFactory = _ => "none",
        };
        settle.AcceptOnlyFromAmong("done", "none");
        var max = new Option<int?>("--max") { Description = "Stop after so many actions" };
        var command = new Command("tail", "Shows actions with their reasons as they come, until ctrl-C") { subscription, channels, departments, settle, max };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var open = new SubscribeRequest.Types.Open
            {
                Subscription = parsed.GetValue(subscription),
                Filter = new() { Channels = { parsed.GetValue(channels) }, Departments = { parsed.GetValue(departments) } },
                Lease = Duration.FromTimeSpan(TimeSpan.FromSeconds(30)),
                ReleaseOnClose = true,
            };
            var limit = parsed.GetValue(max) ?? int.MaxValue;
            if (limit < 1)
            {
                throw new CommandFailure(Exit.Usage, $"expected `--max` of at least 1, found `{limit}`");
            }

            var settles = parsed.GetValue(settle) == "done";

            // One who only looks holds all it has seen; its credit must not run out while leases do.
            open.MaxOutstanding = settles ? 100 : 10_000;
            var tail = new ActionTail(session, settles, limit);
            try
            {
                while (await tail.FollowAsync(open) is { } pause)
                {
                    await Task.Delay(pause, session.Terminal.Clock, session.Cancellation);
                }
            }
            catch (Exception end) when (session.Cancellation.IsCancellationRequested && end is OperationCanceledException or RpcException { Code: StatusCode.Cancelled })
            {
                // Ctrl-C is how one stops looking; it is no failure.
            }

            return tail.ExitCode;
        });
    }

    static Option<string[]> Filter(string name, string description) => new(name) { Description = description, DefaultValueFactory = _ => [] };
}
