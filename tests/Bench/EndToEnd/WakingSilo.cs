using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Bench.EndToEnd;

/// <summary>What a child of this process found, see <see cref="WakingSilo"/>.</summary>
/// <param name="Grains">Activated, accounts and contacts alike.</param>
/// <param name="MicrosecondsCpu">Of the whole process per grain activated.</param>
/// <param name="ResidentBefore">Bytes of the process before, after a full collection.</param>
/// <param name="HeldBefore">Bytes of objects in use before.</param>
/// <param name="ResidentIdle">Bytes of the process once all were idle for long enough.</param>
/// <param name="Signals">Sum over all accounts: a checksum.</param>
sealed record Waking(long Grains, double Seconds, double MicrosecondsCpu, long AllocatedBytes, long ResidentBefore, long HeldBefore, long ResidentAwake, long HeldAwake, long ResidentIdle, long HeldIdle, long Signals)
{
    /// <summary>Runs it in a process of its own, so that nothing else of ours is counted.</summary>
    public static async Task<Waking> RunAsync(string folder, int accounts, int contactsEach, int idleSeconds)
    {
        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
        await using var child = Harness.Child.Start("Orchestrator.Bench", ["wake-all", folder, Text(accounts), Text(contactsEach), Text(idleSeconds)]);
        await child.EndAsync();
        var json = child.Said.Split('\n').LastOrDefault(line => line.StartsWith('{'));
        return json is null ? throw new InvalidOperationException($"waking gave no result; it said:\n{child.Said}") : JsonSerializer.Deserialize<Waking>(json)!;
    }
}

/// <summary>
/// A silo in this process without its edges, on a store that was filled before: reads accounts and their contacts, none of which is in memory, through <see cref="SiloRuntime.ReadAsync"/>.
/// A read activates a grain as a signal does: snapshot, tail, state in memory.
/// </summary>
static class WakingSilo
{
    // Grains of one read: what a batch of signals would find missing in a partition.
    private const int KeysPerRead = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static async Task<int> RunAsync(string folder, int accounts, int contactsEach, TimeSpan idleAge)
    {
        var shelf = new PlaybookShelf();
        var level = new WritableLevel();
        using var scheduler = new PartitionScheduler(ServerSettings.UsualPartitionThreads(Environment.ProcessorCount));
        await using var silo = new SiloRuntime(
            PackedStore.Over(new SqliteStore(Path.Combine(folder, "orchestrator.db"), TimeProvider.System), level, aside: true, PackingEffort.Quick),
            new EmbeddedEngine(),
            new SiloSettings(256, $"waking:{Environment.ProcessId}", PartitionSettings.Default with { IdleAge = idleAge }),
            shelf,
            new PlaybookPublisher(shelf, NullLogger<PlaybookPublisher>.Instance).Publish,
            new Silent(),
            TimeProvider.System,
            scheduler,
            NullLogger.Instance,
            level: level);
        await silo.StartAsync(CancellationToken.None);

        // The last ones warm the path up; what was offered again at the start is over then too.
        var warm = Math.Min(accounts / 2, 5_000);
        await ReadAsync(silo, accounts - warm, accounts, contactsEach);
        await UntilAsync(() => silo.EarliestWake > 0);
        Collect();
        var (residentBefore, heldBefore) = (Environment.WorkingSet, GC.GetTotalMemory(forceFullCollection: true));
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var (cpu, watch) = (Environment.CpuUsage.TotalTime, Stopwatch.StartNew());
        var (grains, signals) = await ReadAsync(silo, 0, accounts - warm, contactsEach);
        var (took, used) = (watch.Elapsed, Environment.CpuUsage.TotalTime - cpu);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        Collect();
        var (residentAwake, heldAwake) = (Environment.WorkingSet, GC.GetTotalMemory(forceFullCollection: true));

        // All but what each partition keeps for itself, and what is not saved yet.
        await UntilAsync(() => silo.Residents <= silo.Partitions + (grains / 20));
        Collect();
        Console.WriteLine(JsonSerializer.Serialize(new Waking(
            grains, took.TotalSeconds, used.TotalMicroseconds / grains, allocated, residentBefore, heldBefore, residentAwake, heldAwake, Environment.WorkingSet, GC.GetTotalMemory(forceFullCollection: true), signals)));
        return 0;
    }

    /// <summary>All partitions at the same time, one read of each after the other.</summary>
    private static async Task<(long Grains, long Signals)> ReadAsync(SiloRuntime silo, int from, int to, int contactsEach)
    {
        var keys = new List<GrainKey>[silo.Partitions];
        for (var a = from; a < to; a++)
        {
            var account = string.Create(CultureInfo.InvariantCulture, $"acc-{a:D6}");
            var list = keys[GrainKey.Account(Tenants.Default, account).PartitionOf(silo.Partitions)] ??= [];
            list.Add(GrainKey.Account(Tenants.Default, account));
            for (var person = 0; person < contactsEach; person++)
            {
                var name = PersonName.Normalise("email", string.Create(CultureInfo.InvariantCulture, $"person-{person}@{account}.example"));
                list.Add(GrainKey.Contact(Tenants.Default, account, ContactIds.Of(account, name)));
            }
        }

        var sums = await Task.WhenAll(keys.Where(list => list is not null).Select(async list =>
        {
            long signals = 0;
            foreach (var chunk in list.Chunk(KeysPerRead))
            {
                foreach (var state in await silo.ReadAsync(chunk, CancellationToken.None))
                {
                    signals += state switch
                    {
                        Account account => account.SignalCount,
                        Contact => 0,
                        _ => throw new InvalidOperationException($"one of `{chunk[0]}` and its neighbours is not in the store"),
                    };
                }
            }

            return (Grains: (long)list.Count, Signals: signals);
        }));
        return (sums.Sum(sum => sum.Grains), sums.Sum(sum => sum.Signals));
    }

    private static void Collect()
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        var patience = Stopwatch.StartNew();
        while (!holds() && patience.Elapsed < Patience)
        {
            await Task.Delay(200);
        }
    }

    private sealed class Silent : IEffectSink
    {
        public void Release(in ReleasedEffect effect)
        {
        }
    }
}
