using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Shadows;
using Orchestrator.Grains.WhatIf;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.WhatIf;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Shadows;

/// <summary>
/// Reads the journal of every partition of the store some moments behind those who write it, and has the shadow decide each turn again. The live path knows nothing of it; see
/// decisions/0001-a-shadow-follows-the-journal.md.
/// </summary>
/// <remarks>One loop, which rests as long as it works: half a core at most. In a cluster one silo follows for all; how far it is, and what it came to, is one value in the store.</remarks>
public sealed partial class ShadowFollower : IAsyncDisposable
{
    /// <summary>Most examples of what differs that are kept.</summary>
    public const int MostExamples = 1_000;

    private const int FramesAtOnce = 64;
    private const int StatesKept = 20_000;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Behind = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(5);

    private readonly SiloRuntime runtime;
    private readonly IStore store;
    private readonly PlaybookShelf shelf;
    private readonly Func<bool> isMine;
    private readonly TimeProvider machine;
    private readonly ILogger log;
    private readonly CancellationTokenSource stop = new();
    private readonly SemaphoreSlim poke = new(0, 1);
    private readonly Task running;
    private volatile Run? now;

    /// <param name="isMine">Whether this silo is the one that follows.</param>
    /// <param name="machine">Times pauses.</param>
    public ShadowFollower(SiloRuntime runtime, IStore store, PlaybookShelf shelf, Func<bool> isMine, TimeProvider machine, ILogger log)
    {
        (this.runtime, this.store, this.shelf, this.isMine, this.machine, this.log) = (runtime, store, shelf, isMine, machine, log);
        running = Task.Run(LoopAsync);
    }

    /// <summary>Something has changed: looks at once. Any thread.</summary>
    public void Poke()
    {
        try
        {
            poke.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is about to look anyway.
        }
    }

    /// <summary>How far a run has come here, and the CPU it took; null if this silo does not follow it. Any thread.</summary>
    public (StoredShadowProgress Progress, TimeSpan Busy)? ProgressOf(StoredShadow shadow)
    {
        if (now is not { } run || run.Shadow.Run != shadow.Run)
        {
            return null;
        }

        lock (run)
        {
            return (run.Write(), run.Busy);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
        poke.Dispose();
    }

    private async Task LoopAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var more = await LookAsync();
                await poke.WaitAsync(now is null ? Idle : more ? TimeSpan.Zero : Behind, stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
            }
#pragma warning disable CA1031 // The store may be away for a while, a partition on its way to another silo; the shadow goes on where it was saved.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                LogFault(log, fault);
                now = null;
                await Task.Delay(Behind, machine, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        if (now is { } last)
        {
            await last.SaveLastAsync(store);
        }
    }

    /// <summary>Takes a slice of what is recorded and not looked at.</summary>
    /// <returns>Whether more is there.</returns>
    private async Task<bool> LookAsync()
    {
        if (!isMine() || await ShadowSettings.ReadAsync(store, stop.Token) is not { StoppedAt: 0 } shadow)
        {
            now = null;
            return false;
        }

        if (now?.Shadow.Run != shadow.Run)
        {
            if (PlaybookOf(shadow) is not { } playbook)
            {
                now = null;
                return false;
            }

            now = new Run(shadow, await ShadowSettings.ProgressAsync(store, shadow, stop.Token), playbook, shelf.Current.Current(Tenants.Default), store, runtime);
        }

        var run = now;
        var more = false;
        foreach (var row in await store.PartitionsAsync(stop.Token))
        {
            if (run.Next[row.Partition] >= row.NextSequence)
            {
                continue;
            }

            var began = Stopwatch.GetTimestamp();
            var until = Math.Min(row.NextSequence - 1, run.Next[row.Partition] + FramesAtOnce - 1);
            more |= until < row.NextSequence - 1;
            await foreach (var frame in store.ReadFramesAsync(row.Partition, run.Next[row.Partition], until, stop.Token))
            {
                await run.TakeAsync(frame, stop.Token);
            }

            // What retention dropped before it was looked at counts as looked at.
            run.Next[row.Partition] = until + 1;
            var took = Stopwatch.GetElapsedTime(began);
            run.Busy += took;
            await Task.Delay(took, machine, stop.Token);
        }

        if (machine.GetElapsedTime(run.SavedAt) >= SaveEvery)
        {
            await run.SaveAsync(store, machine.GetTimestamp(), stop.Token);
        }

        return more;
    }

    /// <summary>Null while this silo does not know the version yet.</summary>
    private Playbook? PlaybookOf(StoredShadow shadow) => shadow.Version > 0
        ? shelf.Current.Find(Tenants.Default, shadow.Version)
        : PlaybookCompiler.Compile(shadow.Text, shadow.File, shadow.Number).Playbook;

    [LoggerMessage(LogLevel.Warning, "the shadow could not go on; it is tried again where it was saved")]
    private static partial void LogFault(ILogger log, Exception fault);

    /// <summary>One shadow at work. Locked while it takes a frame and while it is asked.</summary>
    private sealed class Run
    {
        private readonly ShadowJudge judge;
        private readonly ShadowStates[] states;
        private readonly HashSet<GrainKey> lost = [];
        private readonly ulong limit;
        private bool amidFrame;

        public Run(StoredShadow shadow, StoredShadowProgress progress, Playbook playbook, Playbook? live, IStore store, SiloRuntime runtime)
        {
            Shadow = shadow;
            Next = [.. progress.Next];
            var redeclared = WhatIfRun.Redeclared(playbook, live);
            judge = new ShadowJudge(
                Tenants.Default, playbook, s => redeclared.Contains(s.Type) ? SignalSchema.Fault(s, playbook) : null, MostExamples, ShadowTallyForm.Read(progress));
            states = [.. Next.Select((_, partition) => new ShadowStates(store, runtime, partition, Math.Max(64, StatesKept / Next.Length)))];
            limit = shadow.Share >= 1 ? ulong.MaxValue : (ulong)(shadow.Share * ulong.MaxValue);
        }

        public StoredShadow Shadow { get; }

        public long[] Next { get; }

        public TimeSpan Busy { get; set; }

        public long SavedAt { get; private set; }

        public StoredShadowProgress Write() => ShadowTallyForm.Write(Shadow.Run, Next, judge.Tally);

        public async Task SaveAsync(IStore store, long at, CancellationToken cancel)
        {
            await ShadowSettings.WriteAsync(store, Write(), cancel);
            SavedAt = at;
        }

        /// <summary>What is not saved is only looked at once more.</summary>
        public async Task SaveLastAsync(IStore store)
        {
            try
            {
                if (amidFrame)
                {
                    // Its first turns are counted and the frame is not yet taken: they would count twice.
                    return;
                }

                await ShadowSettings.WriteAsync(store, Write(), CancellationToken.None);
            }
#pragma warning disable CA1031 // The store may be gone already.
            catch (Exception)
#pragma warning restore CA1031
            {
            }
        }

        public async Task TakeAsync(JournalFrame frame, CancellationToken cancel)
        {
            var stored = FrameForm.Read(frame.Body);
            var recorded = RecordedFrame.Of(frame.Partition, frame.Sequence, stored);
            var here = states[frame.Partition];
            var previous = new Dictionary<GrainKey, long>();
            foreach (var entry in stored.Entries)
            {
                if ((GrainKind)entry.Grain.Kind is GrainKind.Account or GrainKind.Contact && IsOfShare(entry.Grain.Tenant, entry.Grain.Affinity))
                {
                    previous.Add(Orchestrator.Grains.StoredForms.KeyForm.Read(entry.Grain), entry.Previous);
                }
            }

            amidFrame = true;
            // What the frame's own turns change must be here before the first of them.
            foreach (var accounts in previous.Keys.GroupBy(k => k.Affinity))
            {
                await LoadAsync(GrainKey.Account(Tenants.Default, accounts.Key), [.. accounts]);
            }

            foreach (var turn in recorded.Turns)
            {
                if (IsOfShare(turn.Account.Tenant, turn.Account.Affinity))
                {
                    await TakeAsync(turn);
                }
            }

            lock (this)
            {
                here.End(stored);
                Next[frame.Partition] = frame.Sequence + 1;
                amidFrame = false;
            }

            async Task LoadAsync(GrainKey account, IReadOnlyList<GrainKey> keys)
            {
                if (!lost.Contains(account) && !await here.LoadAsync(keys, previous, frame.Sequence, cancel))
                {
                    lost.Add(account);
                }
            }

            async Task TakeAsync(RecordedTurn turn)
            {
                here.TryGet(turn.Account, out var state);
                var cause = lost.Contains(turn.Account) ? null : ShadowJudge.CauseOf(turn, (Account?)state);
                for (var missing = Missing(cause, here); missing.Count > 0; missing = Missing(cause, here))
                {
                    await LoadAsync(turn.Account, [.. missing]);
                    if (lost.Contains(turn.Account))
                    {
                        break;
                    }
                }

                lock (this)
                {
                    if (lost.Contains(turn.Account))
                    {
                        judge.Tally.LeftOut++;
                        return;
                    }

                    if (cause is AccountCommand.Wake wake)
                    {
                        here.SetDue(turn.Account, wake.Due);
                    }

                    judge.Take(turn, cause, here);
                    here.Fold(turn);
                }
            }
        }

        private bool IsOfShare(string tenant, string account) =>
            tenant == Tenants.Default && (limit == ulong.MaxValue || StableHash.Of(Shadow.Run, account) <= limit);

        private static HashSet<GrainKey> Missing(AccountCommand? cause, IGrains states)
        {
            var missing = new HashSet<GrainKey>();
            if (cause is not null)
            {
                GrainTurn.Need(cause, states, missing);
            }

            return missing;
        }
    }
}
