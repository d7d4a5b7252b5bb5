using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Load;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using PlaybookLibrary = Orchestrator.Grains.Playbooks.PlaybookLibrary;

namespace Orchestrator.Bench.Loading;

/// <summary>
/// Fills a store that has a playbook and no accounts yet, much faster than signals over gRPC would: it owns all partitions as a silo does, lets the silo's own turns decide,
/// and appends frames, snapshots and checkpoints through the store's contract. Nothing in the store tells that it was not a silo.
/// </summary>
static class StoreLoader
{
    private const string Owner = "bench-loader";
    private const int SignalsPerFrame = 512;

    // Partitions whose grains are in memory at the same time, and whose frames share a transaction.
    private const int AtOnce = 16;

    // Signals of one hour, whatever their number.
    private static readonly TimeSpan Span = TimeSpan.FromHours(1);

    // Everybody sleeps, and is saved, as a silo that keeps nothing in memory.
    private static readonly PartitionSettings Settings = PartitionSettings.Default with { IdleAge = TimeSpan.Zero, ResidentLimit = int.MaxValue, ResidentLimitBytes = long.MaxValue };

    /// <param name="path">The store's file; no silo has it open.</param>
    public static async Task<Loaded> LoadAsync(string path, LoadPlan plan)
    {
        var watch = Stopwatch.StartNew();
        var now = DateTimeOffset.UtcNow;
        var level = new WritableLevel();
        await using IStore store = PackedStore.Over(new SqliteStore(path, TimeProvider.System), level, aside: false, PackingEffort.Quick);
        var partitions = await TakeAsync(store, level);
        var writing = new Writing(store);
        var accounts = AccountsByPartition(plan.Accounts, partitions.Length);
        var workload = new Workload(
            new LoadOptions { Address = new Uri("http://unused"), Accounts = plan.Accounts, Contacts = plan.Accounts * plan.ContactsEach, Sequential = true, Run = "load", Rate = plan.Accounts * plan.ContactsEach / Span.TotalSeconds },
            now - plan.IdleFor - Span);

        for (var first = 0; first < partitions.Length; first += AtOnce)
        {
            var group = partitions[first..Math.Min(partitions.Length, first + AtOnce)];
            await RecordAsync(group, accounts.AsMemory(first, group.Length), plan, workload, now - plan.IdleFor, writing);
            await SleepAsync(group, now, writing);
            foreach (var partition in group)
            {
                await writing.SaveAsync(partition.Save());
            }
        }

        while (await DeliverAsync(partitions, now, writing))
        {
        }

        await writing.CheckpointAsync([.. partitions.Select(partition => partition.Checkpoint())]);
        return new Loaded(plan.Accounts, writing.Frames, writing.Snapshots, partitions.Sum(p => p.Wakes), partitions.Sum(p => p.Open), watch.Elapsed);
    }

    private static async Task<LoadingPartition[]> TakeAsync(IStore store, WritableLevel level)
    {
        var description = await store.OpenAsync(new StoreCreation(256, Owner), CancellationToken.None);
        level.Learn(description.Level);
        var seen = await store.PartitionsAsync(CancellationToken.None);
        var rows = await Task.WhenAll(seen.Select(row => store.TakeOverAsync(row.Partition, row.Epoch, Owner, CancellationToken.None)));
        var playbooks = PlaybookLibrary.Empty;
        var memories = new List<PartitionMemory>();
        foreach (var row in rows)
        {
            var memory = await PartitionRecovery.ReadAsync(store, row!, Settings, CancellationToken.None);
            var known = await PartitionRecovery.CatalogsAsync(store, row!.Partition, memory, CancellationToken.None);
            await PartitionRecovery.LoadAsync(store, row.Partition, memory, [.. known, .. memory.Grains.All.Select(resident => resident.Key)], CancellationToken.None);
            foreach (var version in known.SelectMany(key => (memory.Grains.Find(key)?.State as Catalog)?.Versions ?? []))
            {
                playbooks = playbooks.With(Tenants.Default, PlaybookCompiler.Compile(version.Text, version.File, version.Version).Playbook ?? throw new InvalidOperationException($"playbook {version.Name} does not compile"));
            }

            memories.Add(memory);
        }

        return playbooks.Current(Tenants.Default) is null
            ? throw new InvalidOperationException("the store has no playbook: publish one before it is filled")
            : [.. memories.Select((memory, number) => new LoadingPartition(number, description.Partitions, memory, playbooks))];
    }

    private static List<int>[] AccountsByPartition(int accounts, int partitions)
    {
        var all = Enumerable.Range(0, partitions).Select(_ => new List<int>()).ToArray();
        for (var account = 0; account < accounts; account++)
        {
            all[KeyOf(account).PartitionOf(partitions)].Add(account);
        }

        return all;
    }

    private static GrainKey KeyOf(int account) => GrainKey.Account(Tenants.Default, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"acc-{account:D6}"));

    /// <summary>One signal of each person.</summary>
    private static async Task RecordAsync(LoadingPartition[] group, ReadOnlyMemory<List<int>> accounts, LoadPlan plan, Workload workload, DateTimeOffset at, Writing writing)
    {
        var slate = new Workload.Slate();
        var perFrame = Math.Max(1, SignalsPerFrame / plan.ContactsEach);
        var most = 0;
        foreach (var list in accounts.Span)
        {
            most = Math.Max(most, list.Count);
        }

        for (var from = 0; from < most; from += perFrame)
        {
            var frames = new List<JournalAppend>();
            for (var p = 0; p < group.Length; p++)
            {
                var partition = group[p];
                partition.Begin(at);
                foreach (var account in accounts.Span[p].Skip(from).Take(perFrame))
                {
                    for (var person = 0; person < plan.ContactsEach; person++)
                    {
                        var signal = workload.Fill(slate, account + ((long)person * plan.Accounts)).Signal.Clone();
                        partition.Run(new AccountCommand.Record(KeyOf(account), signal, "", at));
                    }

                    partition.Awake.Enqueue(KeyOf(account));
                }

                Add(frames, partition.End());
            }

            await writing.AppendAsync(frames);
        }
    }

    /// <summary>Lets everybody sleep until now.</summary>
    private static async Task SleepAsync(LoadingPartition[] group, DateTimeOffset now, Writing writing)
    {
        while (group.Any(partition => partition.Awake.Count > 0))
        {
            var frames = new List<JournalAppend>();
            foreach (var partition in group)
            {
                partition.Begin(now);
                for (var i = 0; i < SignalsPerFrame && partition.Awake.TryDequeue(out var account); i++)
                {
                    if (!partition.Sleep(account))
                    {
                        partition.Awake.Enqueue(account);
                    }
                }

                Add(frames, partition.End());
            }

            await writing.AppendAsync(frames);
        }
    }

    /// <summary>Brings the messages that the partitions have for each other to where they go. False: there were none.</summary>
    private static async Task<bool> DeliverAsync(LoadingPartition[] partitions, DateTimeOffset now, Writing writing)
    {
        var waiting = new Queue<(int Source, StoredMessage Message)>[partitions.Length];
        for (var source = 0; source < partitions.Length; source++)
        {
            foreach (var message in partitions[source].Sent)
            {
                (waiting[message.Destination] ??= new()).Enqueue((source, message));
            }

            partitions[source].Sent.Clear();
        }

        var busy = Enumerable.Range(0, partitions.Length).Where(p => waiting[p] is not null).ToList();
        foreach (var group in busy.Chunk(AtOnce))
        {
            while (group.Any(p => waiting[p].Count > 0))
            {
                var frames = new List<JournalAppend>();
                foreach (var p in group)
                {
                    partitions[p].Begin(now);
                    for (var i = 0; i < SignalsPerFrame && waiting[p].TryDequeue(out var next); i++)
                    {
                        partitions[p].Receive(next.Source, next.Message);
                        partitions[next.Source].Memory.Outbox.Acknowledge(p, next.Message.Number);
                    }

                    Add(frames, partitions[p].End());
                }

                await writing.AppendAsync(frames);
            }

            foreach (var p in group)
            {
                await writing.SaveAsync(partitions[p].Save());
            }
        }

        return busy.Count > 0;
    }

    private static void Add(List<JournalAppend> frames, JournalAppend? frame)
    {
        if (frame is { } there)
        {
            frames.Add(there);
        }
    }

    /// <summary>One append is under way while the next is made.</summary>
    private sealed class Writing(IStore store)
    {
        private Task<bool[]> last = Task.FromResult<bool[]>([]);

        public long Frames { get; private set; }

        public long Snapshots { get; private set; }

        public Task AppendAsync(List<JournalAppend> frames)
        {
            Frames += frames.Count;
            return NextAsync(new AppendBatch(frames, [], []));
        }

        public Task SaveAsync(List<SnapshotWrite> snapshots)
        {
            Snapshots += snapshots.Count;
            return NextAsync(new AppendBatch([], snapshots, []));
        }

        public async Task CheckpointAsync(List<CheckpointWrite> checkpoints)
        {
            await NextAsync(new AppendBatch([], [], checkpoints));
            await NextAsync(new AppendBatch([], [], []));
        }

        private async Task NextAsync(AppendBatch batch)
        {
            if (Array.IndexOf(await last, false) >= 0)
            {
                throw new InvalidOperationException("the store has another owner: nobody else may use it while it is filled");
            }

            last = store.AppendAsync(batch, CancellationToken.None);
        }
    }
}
