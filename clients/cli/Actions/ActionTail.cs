using System.Threading.Channels;
using Orchestrator.V1;

namespace Orchestrator.Cli.Actions;

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
