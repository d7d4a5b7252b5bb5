using Orchestrator.Silo.Retention;
using System.Diagnostics;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.WhatIf;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.WhatIf;

/// <summary>
/// One what-if at work: reads the journal of every partition of the store, those that other silos run included, and replays it on threads of the pool. Reads only; takes half of the cores, so
/// that the silo goes on deciding.
/// </summary>
/// <remarks>Progress may be read from any thread.</remarks>
public sealed class WhatIfRun
{
    private readonly IStore store;
    private readonly Playbook draft;
    private readonly Playbook? baseline;
    private readonly bool criteria;
    private readonly int examples;
    private readonly int threads;
    private readonly HashSet<string> redeclared;
    private readonly Likeness? likeness;
    private long frames;
    private long framesInAll;
    private long signals;
    private long busyTicks;

    /// <param name="baseline">What the draft is compared with; null = what the journal says did happen.</param>
    /// <param name="criteria">Counts what removed each candidate.</param>
    /// <param name="examples">Most examples that are kept.</param>
    /// <param name="threads">How many partitions are replayed at the same time; 0 = half of the cores.</param>
    public WhatIfRun(IStore store, Playbook draft, Playbook? baseline, bool criteria, int examples, int threads = 0)
    {
        (this.store, this.draft, this.baseline, this.criteria, this.examples) = (store, draft, baseline, criteria, examples);
        this.threads = threads > 0 ? threads : Math.Max(1, Environment.ProcessorCount / 2);
        // Everything recorded passed a schema once; only types that the draft declares otherwise need another look.
        redeclared = Redeclared(draft, baseline);
        likeness = baseline is null || criteria ? null : Likeness.Of(draft, baseline);
    }

    public long Frames => Volatile.Read(ref frames);

    public long FramesInAll => Volatile.Read(ref framesInAll);

    public long Signals => Volatile.Read(ref signals);

    /// <summary>Time spent reading and replaying, all threads together.</summary>
    public TimeSpan Busy => new(Volatile.Read(ref busyTicks));

    /// <summary>Replays as far as the journal goes when it is called.</summary>
    /// <exception cref="StoreCorruptException">A frame is damaged.</exception>
    public async Task<Comparison> RunAsync(CancellationToken cancel)
    {
        var rows = await store.PartitionsAsync(cancel);
        Volatile.Write(ref framesInAll, rows.Sum(r => r.NextSequence - 1));
        var all = new Comparison();
        var gate = new Lock();
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancel };
        await Parallel.ForEachAsync(rows.Where(r => r.NextSequence > 1), options, async (row, cancelled) =>
        {
            var result = await RunAsync(row, cancelled);
            lock (gate)
            {
                all.Add(result);
            }
        });
        return all;
    }

    private async Task<Comparison> RunAsync(PartitionRow row, CancellationToken cancel)
    {
        var replay = new Replay(Tenants.Default, row.Partition, NewWorld(draft), baseline is null ? null : NewWorld(baseline), FaultOf, examples, likeness);
        var seen = 0L;
        var known = 0L;
        var began = Stopwatch.GetTimestamp();
        await foreach (var frame in store.ReadHistoryAsync(row, cancel))
        {
            replay.Take(RecordedFrame.Of(frame.Partition, frame.Sequence, FrameForm.Read(frame.Body)));
            // What retention dropped counts as read.
            Interlocked.Add(ref frames, frame.Sequence - seen);
            seen = frame.Sequence;
            Interlocked.Add(ref signals, replay.Result.Signals - known);
            known = replay.Result.Signals;
        }

        replay.End();
        Interlocked.Add(ref busyTicks, Stopwatch.GetElapsedTime(began).Ticks);
        return replay.Result;
    }

    private ReplayWorld NewWorld(Playbook playbook) => new(Tenants.Default, playbook) { LendsFacts = true, Criteria = criteria ? new CriterionCounts() : null };

    private string? FaultOf(Signal signal) => redeclared.Contains(signal.Type) ? SignalSchema.Fault(signal, draft) : null;

    /// <summary>Types of signals that a draft declares otherwise than the playbook that they passed.</summary>
    internal static HashSet<string> Redeclared(Playbook draft, Playbook? baseline) =>
        [.. draft.Signals.Values.Where(s => baseline is null || !IsSame(baseline.Signals.GetValueOrDefault(s.Id), s)).Select(s => s.Id)];

    private static bool IsSame(CompiledSignal? one, CompiledSignal other) =>
        one is not null && one.Definition.Observed == other.Definition.Observed
        && one.Definition.By.Select(b => b.Id).SequenceEqual(other.Definition.By.Select(b => b.Id))
        && one.Definition.Properties.Select(p => (p.Name, p.Type, p.Optional)).SequenceEqual(other.Definition.Properties.Select(p => (p.Name, p.Type, p.Optional)));
}
