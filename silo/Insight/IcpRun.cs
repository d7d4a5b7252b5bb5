using System.Collections.Immutable;
using Orchestrator.Grains.Contrasts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.Retention;

namespace Orchestrator.Silo.Insight;

/// <summary>
/// Reads the journal of every partition of the store and keeps how each account was when it was last won or lost. Takes half of the cores; one partition is in memory at a time for each.
/// </summary>
internal static class IcpRun
{
    /// <returns>The cases, and how many accounts there are in all.</returns>
    /// <exception cref="StoreCorruptException">A frame is damaged.</exception>
    public static async Task<(List<IdealCase> Cases, long Accounts)> ReadAsync(
        IStore store, Playbook playbook, CompiledGrade? fit, ImmutableArray<string> succeeded, ImmutableArray<string> failed, CancellationToken cancel)
    {
        var (all, accounts, gate) = (new List<IdealCase>(), 0L, new Lock());
        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount / 2), CancellationToken = cancel };
        await Parallel.ForEachAsync((await store.PartitionsAsync(cancel)).Where(r => r.NextSequence > 1), options, async (row, cancelled) =>
        {
            var trace = new IdealTrace(playbook, fit, succeeded, failed);
            await foreach (var frame in store.ReadHistoryAsync(row, cancelled))
            {
                // What a turn told of people comes before where it moved their account.
                foreach (var (key, stored) in FrameForm.Read(frame.Body).Entries
                    .Where(e => (GrainKind)e.Grain.Kind is GrainKind.Account or GrainKind.Contact && e.Grain.Tenant == Tenants.Default)
                    .SelectMany(e => e.Events.Select(stored => (Key: KeyForm.Read(e.Grain), Stored: stored)))
                    .OrderBy(e => e.Stored.Turn).ThenByDescending(e => e.Key.Kind))
                {
                    trace.Take(key, EventForm.Read(stored, key));
                }
            }

            lock (gate)
            {
                all.AddRange(trace.Cases);
                accounts += trace.Accounts;
            }
        });
        return (all, accounts);
    }
}
