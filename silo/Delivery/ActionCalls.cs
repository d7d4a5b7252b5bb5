namespace Orchestrator.Silo.Delivery;

/// <summary>The unary twins of the stream, for consumers that cannot hold one.</summary>
/// <param name="stopping">Fires when the silo stops; a settlement is finished even if its caller goes.</param>
public sealed class ActionCalls(IDelivery hub, CancellationToken stopping)
{
    /// <summary>Up to <c>max_actions</c> under lease; waits up to <c>wait</c> for the first.</summary>
    /// <exception cref="DeliveryRefusedException">A field is out of range, the subscription is open with another filter, or the silo drains.</exception>
    public async ValueTask<V1.PullResponse> PullAsync(string tenant, V1.PullRequest request, CancellationToken cancel)
    {
        if (!DeliveryFilter.TryRead(request.Filter, out var filter, out var why) || !SettlementReader.TryReadLease(request.Lease, out var lease, out why))
        {
            throw Invalid(why);
        }

        if (request.MaxActions is < 0 or > Limits.MostPulled)
        {
            throw Invalid($"max_actions is {request.MaxActions}, expected 1 to {Limits.MostPulled}, or 0 for 1");
        }

        if (SettlementReader.OutOfRange("wait", request.Wait, TimeSpan.Zero, Limits.LongestWait, TimeSpan.Zero, out var wait) is { } bad)
        {
            throw Invalid(bad);
        }

        var consumer = hub.Join(tenant, request.Subscription, filter, new(Math.Max(1, request.MaxActions), lease, ReleaseOnClose: false));
        try
        {
            return await PullAsync(consumer, wait, cancel);
        }
        finally
        {
            hub.Leave(consumer);
        }
    }

    /// <exception cref="DeliveryRefusedException">Not 1 to 1,000 settlements.</exception>
    public async ValueTask<V1.SettleResponse> SettleAsync(string tenant, V1.SettleRequest request)
    {
        CheckCount("settlements", request.Settlements.Count);
        V1.SettlementResult[] results = await Task.WhenAll(request.Settlements.Select(s => hub.SettleAsync(tenant, s, stopping).AsTask()));
        return new() { Results = { results } };
    }

    /// <exception cref="DeliveryRefusedException">Not 1 to 1,000 extensions.</exception>
    public async ValueTask<V1.ExtendResponse> ExtendAsync(string tenant, V1.ExtendRequest request)
    {
        CheckCount("extensions", request.Extensions.Count);
        V1.SettlementResult[] results = await Task.WhenAll(request.Extensions.Select(e => hub.ExtendAsync(tenant, e, stopping).AsTask()));
        return new() { Results = { results } };
    }

    private async ValueTask<V1.PullResponse> PullAsync(Consumer consumer, TimeSpan wait, CancellationToken cancel)
    {
        using var over = new PullEnd(consumer.Bell, hub.LeaseClock, wait > hub.ShortestPull ? wait : hub.ShortestPull, cancel);
        while (true)
        {
            var ended = over.Ended;
            cancel.ThrowIfCancellationRequested();
            var response = Take(consumer);
            if (response.Deliveries.Count > 0 || ended || consumer.Drain is not null)
            {
                return response;
            }

            await consumer.Bell.WaitAsync();
        }
    }

    // What does not fit is free again when the pull leaves: nobody has seen it.
    private V1.PullResponse Take(Consumer consumer)
    {
        var response = new V1.PullResponse();
        for (var bytes = 0; bytes < Limits.ResponseBytes && response.Deliveries.Count < consumer.Terms.MaxOutstanding;)
        {
            if (hub.Take(consumer, most: 1).Deliveries is not [var delivery])
            {
                break;
            }

            bytes += delivery.CalculateSize();
            response.Deliveries.Add(delivery);
        }

        return response;
    }

    private static void CheckCount(string name, int count)
    {
        if (count is 0 or > Limits.MostInOneCall)
        {
            throw Invalid($"{count} {name}, expected 1 to {Limits.MostInOneCall}");
        }
    }

    private static DeliveryRefusedException Invalid(string why) => new(RefusalKind.Invalid, why);

    /// <summary>Rings the bell when a pull has waited long enough or its caller has gone.</summary>
    private sealed class PullEnd : IDisposable
    {
        private readonly Bell bell;
        private readonly ITimer? timer;
        private readonly CancellationTokenRegistration gone;
        private volatile bool ended;

        public PullEnd(Bell bell, TimeProvider clock, TimeSpan wait, CancellationToken cancel)
        {
            this.bell = bell;
            ended = wait == TimeSpan.Zero;
            timer = ended ? null : clock.CreateTimer(static end => ((PullEnd)end!).End(), this, wait, Timeout.InfiniteTimeSpan);
            gone = cancel.Register(static end => ((PullEnd)end!).End(), this);
        }

        public bool Ended => ended;

        public void Dispose()
        {
            gone.Dispose();
            timer?.Dispose();
        }

        private void End()
        {
            ended = true;
            bell.Ring();
        }
    }
}
