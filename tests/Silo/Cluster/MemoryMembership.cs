using System.Collections.Concurrent;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.Tests.Cluster;

/// <summary>The rows that a database would have, with its clock: one for all silos of a test.</summary>
internal sealed class MemoryMembership(IStore store, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, (SiloAnnouncement Announced, DateTimeOffset Until, SiloMarks Marks)> _rows = [];

    /// <summary>When somebody was first told that a silo's lease is over, and when it was.</summary>
    public ConcurrentDictionary<string, (DateTimeOffset Told, DateTimeOffset Over)> ToldDead { get; } = [];

    /// <summary>Silos whose database does not answer.</summary>
    public ConcurrentDictionary<string, bool> Cut { get; } = [];

    private DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>Silos that reach the database and have less left of their lease than this, with the end of it.</summary>
    public IReadOnlyList<(string Silo, DateTimeOffset Until)> Late(TimeSpan left) =>
        [.. _rows.Where(r => !Cut.ContainsKey(r.Key) && r.Value.Until > Now && r.Value.Until - Now < left).Select(r => (r.Key, r.Value.Until))];

    public IMembership Of(string silo) => new Seen(this, silo);

    private async Task<ClusterView> ViewAsync(bool lapsed)
    {
        var now = Now;
        foreach (var (silo, row) in _rows.Where(r => r.Value.Until <= now))
        {
            ToldDead.TryAdd(silo, (now, row.Until));
        }

        var rows = await store.PartitionsAsync(CancellationToken.None);
        return new ClusterView(
            [.. _rows.Values.OrderBy(r => r.Announced.Silo, StringComparer.Ordinal).Select(r => new SiloRow(
                r.Announced.Silo, r.Announced.Address, r.Announced.Zone, r.Announced.Level, r.Until > now, r.Announced.Leaving, r.Marks, Until: r.Until))],
            [.. rows.Select(r => new Ownership(r.Partition, r.Epoch, r.Owner))],
            Level: 1,
            Incarnation: 1,
            now,
            lapsed);
    }

    private sealed class Seen(MemoryMembership all, string silo) : IMembership
    {
        public async Task<ClusterView> RenewAsync(SiloAnnouncement me, CancellationToken cancel)
        {
            await ReachAsync(cancel);
            var now = all.Now;
            var lapsed = all._rows.TryGetValue(silo, out var before) && before.Until <= now;
            all._rows[silo] = (me, now + me.Lease, before.Marks);
            return await all.ViewAsync(lapsed);
        }

        public async Task<ClusterView> ViewAsync(CancellationToken cancel)
        {
            await ReachAsync(cancel);
            return await all.ViewAsync(lapsed: false);
        }

        public async Task LeaveAsync(string leaver, CancellationToken cancel)
        {
            await ReachAsync(cancel);
            all._rows.TryRemove(leaver, out _);
        }

        public async Task<bool> MarkAsync(string marked, SiloMarks marks, CancellationToken cancel)
        {
            await ReachAsync(cancel);
            if (!all._rows.TryGetValue(marked, out var row))
            {
                return false;
            }

            all._rows[marked] = row with { Marks = marks };
            return true;
        }

        private async Task ReachAsync(CancellationToken cancel)
        {
            if (all.Cut.ContainsKey(silo))
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
            }
        }
    }
}
