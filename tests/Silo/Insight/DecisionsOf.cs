using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Insight;

/// <summary>Every decision that a silo's journal holds.</summary>
internal static class DecisionsOf
{
    public static async Task<List<PastDecision>> AllAsync(Desk desk)
    {
        var all = new List<PastDecision>();
        foreach (var (_, sequence, frame) in await desk.World.JournalAsync())
        {
            foreach (var entry in frame.Entries.Where(e => e.Grain.Kind == (uint)GrainKind.Account))
            {
                var key = KeyForm.Read(entry.Grain);
                foreach (var turn in entry.Events.GroupBy(e => e.Turn).Where(t => t.Any(e => e.Account.ActionOffered is { Action.Request: null } || e.Account.None is not null)))
                {
                    var wanted = turn.ToList();
                    var found = await PastDecision.FindAsync(new History(desk.World.Silo, key, sequence), stored => stored.SequenceEqual(wanted), CancellationToken.None);
                    all.Add(Assert.IsType<PastDecision>(found));
                }
            }
        }

        return all;
    }

    public static Task<Recomputation> RecomputeAsync(Desk desk, PastDecision decision) =>
        Recomputation.MakeAsync(decision, desk.World.Silo, desk.World.Shelf, CancellationToken.None);

    public static async Task<ExplainResponse> ExplainAsync(Desk desk, PastDecision decision, string play = "") =>
        new Explanation(await RecomputeAsync(desk, decision)).Write("", play, 0);
}

internal static class Partitions
{
    /// <summary>Snapshots at once, so that states in memory come from them.</summary>
    public static readonly PartitionSettings Eager = PartitionSettings.Default with { SnapshotEvents = 1, TailLimit = 2, SnapshotShare = 0.9, ResidentLimit = 6 };
}
