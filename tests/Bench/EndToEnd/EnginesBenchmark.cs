using System.Diagnostics;
using System.Globalization;
using Orchestrator.Bench.Harness;
using Orchestrator.Bench.Stores;
using Orchestrator.Load;
using Orchestrator.Tests;
using Orchestrator.V1;

namespace Orchestrator.Bench.EndToEnd;

/// <summary>
/// What does a signal cost on each engine, and how long does a cluster of each need until every account is served after one of three silos was killed? The same workload, one silo and three, on the local PostgreSQL that
/// ORCHESTRATOR_POSTGRES names; embedded runs on its file. The Orleans engine is a program of its own: built from Orchestrator.Orleans.slnx, or left out and said so.
/// </summary>
static class EnginesBenchmark
{
    const int Probes = 64;

    public static async Task<int> RunAsync(Sizes sizes)
    {
        Console.WriteLine("What does a signal cost on each engine, and how long is the pause when one of three silos is killed?");
        var server = await LocalPostgres.FindAsync(LocalPostgres.Place);
        Console.WriteLine("engine | silos | run | offered/s | durable/s | p50 ms | p99 ms | silos us/signal | PostgreSQL us/signal | exactly once");
        var holds = await EmbeddedAsync(server, sizes);
        foreach (var engine in Engines())
        {
            foreach (var count in new[] { 1, 3 })
            {
                holds &= await ClusterAsync(server, engine, count, sizes);
            }
        }

        return holds ? 0 : 1;
    }

    static IEnumerable<Engine> Engines()
    {
        yield return new("postgres", "Orchestrator.Silo", new Dictionary<string, string>());
        var orleans = Path.Combine(Root(AppContext.BaseDirectory), "silo", "Engines", "Orleans", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "Orchestrator.Silo.Orleans");
        if (!File.Exists(orleans + ".dll"))
        {
            Console.WriteLine("orleans | left out: build Orchestrator.Orleans.slnx first");
            yield break;
        }

        yield return new("orleans", orleans, new Dictionary<string, string> { ["ORCHESTRATOR_ENGINE"] = "orleans" });
        yield return new("orleans, gRPC link", orleans, new Dictionary<string, string> { ["ORCHESTRATOR_ENGINE"] = "orleans", ["ORCHESTRATOR_ORLEANS_LINK"] = "grpc" });
    }

    static async Task<bool> EmbeddedAsync(LocalPostgres server, Sizes sizes)
    {
        await using var silo = await SiloUnderTest.StartAsync(sizes.Plays, sizes.Stages);
        return await DriveAsync(server, "embedded", [silo], sizes);
    }

    static async Task<bool> ClusterAsync(LocalPostgres server, Engine engine, int count, Sizes sizes)
    {
        var place = await server.NewPlaceAsync("engines");
        if (engine.Program != "Orchestrator.Silo")
        {
            await server.NewPlaceAsync("engines_orleans");
            await using var tables = Child.Start("Orchestrator.Silo", ["store", "migrate", "--orleans", place]);
            if (await tables.EndAsync() != 0)
            {
                throw new InvalidOperationException($"the tables of Orleans could not be made: {tables.Said}");
            }
        }

        var silos = new List<SiloUnderTest>();
        try
        {
            for (var n = 0; n < count; n++)
            {
                silos.Add(await SiloUnderTest.JoinAsync(((char)('a' + n)).ToString(), place, engine.Settings(), engine.Program));
            }

            await SharedAsync(silos);
            await silos[0].PublishAsync(CanonicalPlaybook.Text(sizes.Plays, sizes.Stages));
            foreach (var silo in silos)
            {
                await KnownAsync(silo);
            }

            var holds = await DriveAsync(server, engine.Name, silos, sizes);
            if (count > 1)
            {
                await FailAsync(engine.Name, silos, sizes);
            }

            return holds;
        }
        finally
        {
            foreach (var silo in silos)
            {
                await silo.DisposeAsync();
            }
        }
    }

    /// <summary>Each silo gets its share of the rate from a generator of its own, which sends to it alone.</summary>
    static async Task<bool> DriveAsync(LocalPostgres server, string engine, IReadOnlyList<SiloUnderTest> silos, Sizes sizes)
    {
        var (holds, rows) = (true, new List<(double Cost, string Row)>());
        for (var run = 0; run <= sizes.Runs; run++)
        {
            var cpu = server.CpuSeconds();
            var before = silos.Select(silo => silo.Process.Cost).ToArray();
            var loads = await Task.WhenAll(silos.Select((silo, n) => Generator.RunAsync(
                silo.GrpcPort, sizes.Rate / silos.Count, sizes.Seconds, sizes.Accounts, sizes.Contacts, "--run", $"r{run}-{n}", "--seed", (n + 1).ToString(CultureInfo.InvariantCulture))));
            double sent = loads.Sum(load => load.Sent);
            var cost = silos.Select((silo, n) => silo.Process.Cost.Since(before[n]).CpuSeconds).Sum() * 1e6 / sent;
            var row = string.Create(CultureInfo.InvariantCulture,
                $"{loads.Sum(l => l.Offered):N0} | {loads.Sum(l => l.Achieved):N0} | {loads.Max(l => l.P50):0.0} | {loads.Max(l => l.P99):0.0} | {cost:0.0} | {(server.CpuSeconds() - cpu) * 1e6 / sent:0.0} | {(loads.All(l => l.ExactlyOnce) ? "yes" : "NO")}");
            holds &= loads.All(load => load.ExactlyOnce);
            Console.WriteLine($"{engine} | {silos.Count} | {(run == 0 ? "warm" : run)} | {row}");
            if (run > 0)
            {
                rows.Add((cost, row));
            }
        }

        Console.WriteLine($"{engine} | {silos.Count} | median | {rows.OrderBy(r => r.Cost).ElementAt(rows.Count / 2).Row}");
        return holds;
    }

    /// <summary>Kills the last of them under no load, and asks the first for accounts all over the store until each has taken a signal.</summary>
    static async Task FailAsync(string engine, List<SiloUnderTest> silos, Sizes sizes)
    {
        var pauses = new List<double>();
        for (var run = 0; run < sizes.Runs; run++)
        {
            await SharedAsync(silos);
            var victim = silos[^1];
            await victim.Process.KillAsync();
            var since = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, Probes).Select(n => silos[0].RecordOneAsync($"probe-{n}", $"probe-{run}-{n}")));
            pauses.Add(since.Elapsed.TotalSeconds);
            await victim.RestartAsync();
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{engine} | 3 | kill -9 of one: {Probes} accounts served again after {string.Join(", ", pauses.Select(p => $"{p:0.0}"))} s"));
    }

    static async Task SharedAsync(IReadOnlyList<SiloUnderTest> silos)
    {
        using var client = silos[0].Connect();
        for (var patience = 0; ; patience++)
        {
            var list = await client.Cluster.ListSilos(new(), new());
            var alive = list.Silos.Where(silo => silo.Alive).ToList();
            if (list.Unowned == 0 && alive.Count == silos.Count && alive.All(silo => silo.Partitions.Count > list.Partitions / silos.Count * 3 / 4))
            {
                return;
            }

            if (patience > 1200)
            {
                throw new InvalidOperationException($"the silos do not share the partitions after two minutes: {list}");
            }

            if (patience > 20 && list.Unowned == 0 && alive.Count == silos.Count)
            {
                // Evening by itself takes its time; an operator need not wait for it.
                var (rich, poor) = (alive.MaxBy(silo => silo.Partitions.Count)!, alive.MinBy(silo => silo.Partitions.Count)!);
                await client.Cluster.Move(new() { Partition = rich.Partitions[^1], Silo = poor.Name }, new() { Deadline = DateTimeOffset.UtcNow.AddSeconds(20) });
                continue;
            }

            await Task.Delay(100);
        }
    }

    static Task KnownAsync(SiloUnderTest silo) => silo.RecordOneAsync("known", $"known-{silo.GrpcPort}");

    static string Root(string folder) => File.Exists(Path.Combine(folder, "Orchestrator.sln")) ? folder : Root(Path.GetDirectoryName(folder)!);

    sealed record Engine(string Name, string Program, IReadOnlyDictionary<string, string> More)
    {
        /// <summary>Of one silo: each has ports of its own.</summary>
        public IReadOnlyDictionary<string, string> Settings() => Program == "Orchestrator.Silo" ? More : new Dictionary<string, string>(More)
        {
            ["ORCHESTRATOR_ORLEANS_LISTEN"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{LoopbackPort.Take()}"),
            ["ORCHESTRATOR_ORLEANS_GATEWAY"] = LoopbackPort.Take().ToString(CultureInfo.InvariantCulture),
        };
    }
}
