using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>The actions of a subscription, one after another, under lease and across reconnections. Settle each one; leaving the loop ends the stream.</summary>
/// <remarks>An action may come more than once, always with the same id. Settling may come from any thread, also after the loop.</remarks>
public sealed class ActionSubscription : IAsyncEnumerable<Delivery>
{
    readonly IActionService actions;
    readonly ActionSubscriptionOptions options;

    internal ActionSubscription(IActionService actions, ActionSubscriptionOptions options)
    {
        this.actions = actions;
        this.options = options;
    }

    /// <summary>Takes actions until the loop is left or the token fires.</summary>
    /// <exception cref="RpcException">The subscription is refused: the options are out of range, or it is open with another filter.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async IAsyncEnumerator<Delivery> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var wait = options.Reconnect.Backoff(attempt);
            using var connection = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var requests = Channel.CreateUnbounded<SubscribeRequest>();
            requests.Writer.TryWrite(new() { Open = Open() });
            await using var responses = actions
                .Subscribe(requests.Reader.ReadAllAsync(connection.Token), new() { CancellationToken = connection.Token })
                .GetAsyncEnumerator(CancellationToken.None);
            while (await NextAsync(responses, connection, cancellationToken).ConfigureAwait(false) is { } response)
            {
                attempt = 1;
                foreach (var revocation in response.Revocations)
                {
                    options.Revoked?.Invoke(revocation);
                }

                foreach (var delivery in response.Deliveries)
                {
                    yield return delivery;
                }

                if (response.Drain is { } drain)
                {
                    wait = drain.ReconnectAfter?.ToTimeSpan() ?? wait;
                    break;
                }
            }

            await Task.Delay(wait, options.Clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>It was carried out.</summary>
    /// <param name="delivery">What was delivered.</param>
    /// <param name="outcome">A word for what happened, at most 64 bytes; empty means "done".</param>
    /// <param name="note">For the reader's benefit.</param>
    /// <param name="cancellation">Gives up waiting; the outcome may still arrive.</param>
    public Task<SettlementResult> DoneAsync(Delivery delivery, string outcome = "", string note = "", CancellationToken cancellation = default) =>
        SettleAsync(new() { AckId = delivery.AckId, Done = new() { Outcome = outcome, Note = note } }, cancellation);

    /// <summary>Not now: again after the delay, 0 to 24 h.</summary>
    public Task<SettlementResult> RetryAsync(Delivery delivery, TimeSpan delay, CancellationToken cancellation = default) =>
        SettleAsync(new() { AckId = delivery.AckId, Retry = new() { Delay = delay.ToDuration() } }, cancellation);

    /// <summary>Never: it goes to the dead letters with the reason.</summary>
    public Task<SettlementResult> RejectAsync(Delivery delivery, string reason, CancellationToken cancellation = default) =>
        SettleAsync(new() { AckId = delivery.AckId, Reject = new() { Reason = reason } }, cancellation);

    /// <summary>A person said no. The play is not offered to them again before the snooze has passed; null: its own cool-down.</summary>
    public Task<SettlementResult> DeclineAsync(Delivery delivery, string reason, TimeSpan? snooze = null, CancellationToken cancellation = default) =>
        SettleAsync(new() { AckId = delivery.AckId, Declined = new() { Reason = reason, Snooze = snooze?.ToDuration() } }, cancellation);

    /// <summary>Says what became of an action. Idempotent; tried again while the server is unavailable, within the retry policy.</summary>
    /// <exception cref="RpcException">The server could not be asked.</exception>
    public async Task<SettlementResult> SettleAsync(Settlement settlement, CancellationToken cancellation = default) => await RepeatAsync(
        async () => (await actions.Settle(
            new() { Settlements = { settlement } }, new() { CancellationToken = cancellation, Idempotent = true }).ConfigureAwait(false)).Results[0],
        cancellation).ConfigureAwait(false);

    /// <summary>Prolongs the lease, counted from now, 1 s to 10 min.</summary>
    /// <exception cref="RpcException">The server could not be asked.</exception>
    public async Task<SettlementResult> ExtendAsync(Delivery delivery, TimeSpan lease, CancellationToken cancellation = default) => await RepeatAsync(
        async () => (await actions.Extend(
            new() { Extensions = { new LeaseExtension { AckId = delivery.AckId, Lease = lease.ToDuration() } } },
            new() { CancellationToken = cancellation, Idempotent = true }).ConfigureAwait(false)).Results[0],
        cancellation).ConfigureAwait(false);

    async Task<SettlementResult> RepeatAsync(Func<Task<SettlementResult>> ask, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var result = await ask().ConfigureAwait(false);
            if (result.Result != SettlementResult.Types.Result.Unavailable || attempt >= options.Reconnect.MaxAttempts)
            {
                return result;
            }

            await Task.Delay(options.Reconnect.Backoff(attempt), options.Clock, cancellation).ConfigureAwait(false);
        }
    }

    // Null: the connection is gone and worth a new one. The watch runs only while we wait, not while the caller works.
    async Task<SubscribeResponse?> NextAsync(IAsyncEnumerator<SubscribeResponse> responses, CancellationTokenSource connection, CancellationToken cancellation)
    {
        using var watch = options.Clock.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), connection, options.SilenceLimit, Timeout.InfiniteTimeSpan);
        try
        {
            return await responses.MoveNextAsync().ConfigureAwait(false) ? responses.Current : null;
        }
        catch (RpcException lost) when (Transience.IsTransient(lost))
        {
            cancellation.ThrowIfCancellationRequested();
            return null;
        }
    }

    SubscribeRequest.Types.Open Open() => new()
    {
        Subscription = options.Subscription,
        Filter = options.Filter,
        MaxOutstanding = options.MaxOutstanding,
        Lease = options.Lease.ToDuration(),
        ReleaseOnClose = options.ReleaseOnClose,
    };
}
