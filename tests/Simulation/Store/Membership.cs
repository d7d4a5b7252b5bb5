using Orchestrator.Silo.Engines;

namespace Orchestrator.Simulation.Store;

/// <summary>The rows of silos, with leases that only the database's clock judges.</summary>
internal sealed class MembershipModel(Func<DateTimeOffset> clock)
{
    private readonly SortedDictionary<string, (SiloAnnouncement Announced, DateTimeOffset Until, SiloMarks Marks)> _rows = new(StringComparer.Ordinal);

    public IEnumerable<SiloAnnouncement> Living => _rows.Values.Where(r => r.Until > clock()).Select(r => r.Announced);

    /// <summary>Enters or renews. Says whether the row had lapsed; not, where there was none.</summary>
    /// <param name="judge">A clock other than the database's that tells who is alive: a planted bug.</param>
    public (ClusterView View, bool? Lapsed) Renew(StoreModel model, SiloAnnouncement me, TimeProvider? judge)
    {
        var now = clock();
        bool? lapsed = _rows.TryGetValue(me.Silo, out var before) ? before.Until <= now : null;
        _rows[me.Silo] = (me, now + me.Lease, before.Marks);
        foreach (var gone in _rows.Where(r => r.Value.Until < now - IMembership.DeadKept).Select(r => r.Key).ToList())
        {
            _rows.Remove(gone);
        }

        return (View(model, judge), lapsed);
    }

    public ClusterView View(StoreModel model, TimeProvider? judge)
    {
        var now = judge?.GetUtcNow() ?? clock();
        return new ClusterView(
            [.. _rows.Values.Select(r => new SiloRow(r.Announced.Silo, r.Announced.Address, r.Announced.Zone, r.Announced.Level, r.Until > now, r.Announced.Leaving, r.Marks, Until: r.Until))],
            [.. model.Rows().Select(r => new Ownership(r.Partition, r.Epoch, r.Owner))],
            model.Level,
            model.Incarnation,
            now,
            Lapsed: false);
    }

    public bool Leave(string silo) => _rows.Remove(silo);

    public bool Mark(string silo, SiloMarks marks)
    {
        if (!_rows.TryGetValue(silo, out var row))
        {
            return false;
        }

        _rows[silo] = row with { Marks = marks };
        return true;
    }
}

/// <summary>One silo's door to the rows.</summary>
internal sealed class SimulatedMembership(StoreModel model, IStoreTransport transport, TimeProvider? judge = null) : IMembership
{
    private readonly HashSet<string> _entered = [];

    public async Task<ClusterView> RenewAsync(SiloAnnouncement me, CancellationToken cancel)
    {
        var (view, lapsed) = await CallAsync("renew", () => model.Members.Renew(model, me, judge), cancel);
        // A row that somebody swept away while this process held it counts as lapsed too.
        return view with { Lapsed = !_entered.Add(me.Silo) && lapsed is null || lapsed is true };
    }

    public Task<ClusterView> ViewAsync(CancellationToken cancel) => CallAsync("view", () => model.Members.View(model, judge), cancel);

    public async Task LeaveAsync(string silo, CancellationToken cancel)
    {
        await CallAsync("leave", () => model.Members.Leave(silo), cancel);
        _entered.Remove(silo);
    }

    public Task<bool> MarkAsync(string silo, SiloMarks marks, CancellationToken cancel) => CallAsync("mark", () => model.Members.Mark(silo, marks), cancel);

    /// <summary>Gives up when told to, as a database's client does: the statement may still come.</summary>
    private async Task<T> CallAsync<T>(string kind, Func<T> what, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var either = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var given = cancel.UnsafeRegister(static (source, token) => ((TaskCompletionSource<T>)source!).TrySetCanceled(token), either);
        _ = ForwardAsync(transport.CallAsync(new StoreCall<T>(kind, [], static () => { }, what)), either);
        return await either.Task;
    }

    private static async Task ForwardAsync<T>(Task<T> from, TaskCompletionSource<T> to)
    {
        try
        {
            to.TrySetResult(await from);
        }
#pragma warning disable CA1031 // Whatever it is, it is for the one who waits.
        catch (Exception e)
#pragma warning restore CA1031
        {
            to.TrySetException(e);
        }
    }
}
