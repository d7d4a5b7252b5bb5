using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contrasts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.Retention;

namespace Orchestrator.Silo.Insight;

/// <summary>
/// Reads the journal of every partition of the store, those that other silos run included, as far as it goes when it is called, and sorts the accounts into cases.
/// Takes half of the cores, so that the silo goes on deciding; one partition is in memory at a time for each of them.
/// </summary>
internal static class ContrastRun
{
    /// <exception cref="StoreCorruptException">A frame is damaged.</exception>
    public static async Task<ContrastCases> ReadAsync(IStore store, ContrastOutcome outcome, TimeSpan window, DateTimeOffset now, CancellationToken cancel)
    {
        var all = new ContrastCases();
        var gate = new Lock();
        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount / 2), CancellationToken = cancel };
        await Parallel.ForEachAsync((await store.PartitionsAsync(cancel)).Where(r => r.NextSequence > 1), options, async (row, cancelled) =>
        {
            var (traces, since) = await TracesAsync(store, row, cancelled);
            lock (gate)
            {
                foreach (var trace in traces)
                {
                    all.Add(trace.CaseOf(outcome, window, now));
                }

                all.Since = all.Since is null || since < all.Since ? since ?? all.Since : all.Since;
            }
        });
        return all;
    }

    private static async Task<(IReadOnlyCollection<AccountTrace> Traces, DateTimeOffset? Since)> TracesAsync(IStore store, PartitionRow row, CancellationToken cancel)
    {
        var traces = new Dictionary<string, AccountTrace>(StringComparer.Ordinal);
        DateTimeOffset? since = null;
        await foreach (var frame in store.ReadHistoryAsync(row, cancel))
        {
            var stored = FrameForm.Read(frame.Body);
            since ??= Ticks.Instant(stored.At);
            foreach (var entry in stored.Entries)
            {
                if ((GrainKind)entry.Grain.Kind != GrainKind.Account || entry.Grain.Tenant != Tenants.Default)
                {
                    continue;
                }

                if (!traces.TryGetValue(entry.Grain.Affinity, out var trace))
                {
                    traces.Add(entry.Grain.Affinity, trace = new AccountTrace(entry.Grain.Affinity));
                }

                var key = KeyForm.Read(entry.Grain);
                foreach (var fact in entry.Events)
                {
                    trace.Take((AccountEvent)EventForm.Read(fact, key));
                }
            }
        }

        return (traces.Values, since);
    }
}

/// <summary>What was read for a contrast.</summary>
internal sealed class ContrastCases
{
    private readonly List<ContrastCase> _cases = [];

    public IReadOnlyCollection<ContrastCase> Cases => _cases;

    /// <summary>Accounts in neither group.</summary>
    public long Neither { get; private set; }

    /// <summary>The instant of the earliest frame; null = there is none.</summary>
    public DateTimeOffset? Since { get; set; }

    public void Add(ContrastCase? one)
    {
        if (one is null)
        {
            Neither++;
        }
        else
        {
            _cases.Add(one);
        }
    }
}
