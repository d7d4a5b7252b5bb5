using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.WhatIf;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.Retention;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.WhatIf;

/// <summary>The recorded history replayed under several playbooks at once: each frame is read once. Reads only; takes half of the cores.</summary>
internal sealed class LeverRun(IStore store, IReadOnlyList<Playbook> playbooks, Playbook? live)
{
    private long frames;

    public long Frames => Volatile.Read(ref frames);

    public long FramesInAll { get; private set; }

    /// <returns>One outcome for each playbook, in their order, and what was replayed.</returns>
    /// <exception cref="StoreCorruptException">A frame is damaged.</exception>
    public async Task<(LeverOutcome[] Outcomes, Comparison Replayed)> RunAsync(CancellationToken cancel)
    {
        var rows = await store.PartitionsAsync(cancel);
        FramesInAll = rows.Sum(r => r.NextSequence - 1);
        LeverOutcome[] all = [.. playbooks.Select(_ => new LeverOutcome())];
        var replayed = new Comparison();
        var gate = new Lock();
        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount / 2), CancellationToken = cancel };
        await Parallel.ForEachAsync(rows.Where(r => r.NextSequence > 1), options, async (row, cancelled) =>
        {
            var (outcomes, first) = await RunAsync(row, cancelled);
            lock (gate)
            {
                for (var i = 0; i < all.Length; i++)
                {
                    all[i].Add(outcomes[i]);
                }

                replayed.Add(first);
            }
        });
        return (all, replayed);
    }

    private async Task<(LeverOutcome[] Outcomes, Comparison First)> RunAsync(PartitionRow row, CancellationToken cancel)
    {
        LeverOutcome[] outcomes = [.. playbooks.Select(_ => new LeverOutcome())];
        Replay[] replays =
        [
            .. playbooks.Select((playbook, i) =>
            {
                var redeclared = WhatIfRun.Redeclared(playbook, live);
                return new Replay(
                    Tenants.Default, row.Partition, new ReplayWorld(Tenants.Default, playbook) { Watch = outcomes[i].Take }, null,
                    s => redeclared.Contains(s.Type) ? SignalSchema.Fault(s, playbook) : null, examples: 0);
            }),
        ];
        var seen = 0L;
        await foreach (var frame in store.ReadHistoryAsync(row, cancel))
        {
            var recorded = RecordedFrame.Of(frame.Partition, frame.Sequence, FrameForm.Read(frame.Body));
            foreach (var replay in replays)
            {
                replay.Take(recorded);
            }

            Interlocked.Add(ref frames, frame.Sequence - seen);
            seen = frame.Sequence;
        }

        foreach (var replay in replays)
        {
            replay.End();
        }

        return (outcomes, replays[0].Result);
    }
}
