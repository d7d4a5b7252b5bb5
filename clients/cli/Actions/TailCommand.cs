using System.CommandLine;
using System.Threading.Channels;
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

/// <summary>One consumer that prints. Runs on its caller's loop.</summary>
/// <param name="limit">How many actions to show.</param>
sealed class ActionTail(Session session, bool settles, int limit)
{
    // A lease that ran out brings an action again; shown once is enough. Bounded: a day of looking at 10 actions a second.
    const int RememberAtMost = 1_000_000;

    readonly HashSet<string> shown = new(StringComparer.Ordinal);
    readonly HashSet<string> unanswered = new(StringComparer.Ordinal);
    int count;

    public int ExitCode { get; private set; }

    /// <summary>Follows one stream to its end.</summary>
    /// <returns>How long to wait before the next stream, when the silo asks to come back; null when done.</returns>
    public async Task<TimeSpan?> FollowAsync(SubscribeRequest.Types.Open open)
    {
        var requests = Channel.CreateUnbounded<SubscribeRequest>();
        requests.Writer.TryWrite(new() { Open = open });
        using var over = CancellationTokenSource.CreateLinkedTokenSource(session.Cancellation);
        try
        {
            await foreach (var response in session.Client.Actions.Subscribe(requests.Reader.ReadAllAsync(over.Token), session.Lasting(over.Token)))
            {
                Take(response, requests.Writer);
                if (count >= limit && unanswered.Count == 0)
                {
                    return null;
                }

                if (response.Drain is { } drain)
                {
                    return drain.ReconnectAfter?.ToTimeSpan() ?? TimeSpan.Zero;
                }
            }

            throw new CommandFailure(Exit.Unavailable, "the silo ended the stream");
        }
        finally
        {
            requests.Writer.TryComplete();
            await over.CancelAsync();
        }
    }

    void Take(SubscribeResponse response, ChannelWriter<SubscribeRequest> writer)
    {
        var settlements = new SubscribeRequest();
        foreach (var delivery in response.Deliveries.Where(_ => count < limit))
        {
            if (settles)
            {
                settlements.Settlements.Add(new Settlement { AckId = delivery.AckId, Done = new() });
                unanswered.Add(delivery.AckId);
            }

            if (shown.Count < RememberAtMost && !shown.Add(delivery.Action.Id))
            {
                continue;
            }

            count++;
            session.Answer(delivery, print => ActionPage.Print(print, delivery));
        }

        foreach (var revoked in response.Revocations)
        {
            session.Terminal.Error.WriteLine(Printing.OneLine($"revoked {revoked.ActionId}: {revoked.Reason}"));
        }

        foreach (var result in response.Results.Where(result => unanswered.Remove(result.AckId)))
        {
            var (text, exit) = SettleCommand.Meaning(result);
            if (exit != Exit.Ok)
            {
                ExitCode = exit;
                session.Terminal.Error.WriteLine(Printing.OneLine($"error: {result.AckId}: {text}"));
            }
        }

        if (settlements.Settlements.Count > 0)
        {
            writer.TryWrite(settlements);
        }
    }
}
