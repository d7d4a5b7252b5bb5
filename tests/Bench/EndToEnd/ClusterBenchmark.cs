using System.Globalization;
using Orchestrator.Bench.Bound;
using Orchestrator.Bench.Harness;
using Orchestrator.Bench.Stores;
using Orchestrator.Load;
using Orchestrator.V1;

namespace Orchestrator.Bench.EndToEnd;

/// <summary>
/// What does a signal cost on PostgreSQL with one, two and three silos: the database, the silos, the log? One silo is also driven as fast as it goes, next to the
/// bound of the same run. The server is local and named by ORCHESTRATOR_POSTGRES; each number of silos has a schema, and so a store, of its own.
/// </summary>
static class ClusterBenchmark
{
    public static async Task<int> RunAsync(Sizes sizes)
    {
        Console.WriteLine("What does a signal cost on PostgreSQL with one, two and three silos, and how many a second does one silo take?");
        var server = await LocalPostgres.FindAsync(LocalPostgres.Place);
        Console.WriteLine("silos | run | offered/s | durable/s | p50 ms | p99 ms | PostgreSQL us/signal | silos us/signal | generators us/signal | WAL B/signal | exactly once");
        var holds = true;
        var costs = new double[sizes.Silos];
        for (var silos = 1; silos <= sizes.Silos; silos++)
        {
            await using var cluster = await Cluster.StartAsync(server, silos, sizes);
            await cluster.DriveAsync(server, sizes, "warm");
            var runs = new List<Cost>();
            for (var run = 1; run <= sizes.Runs; run++)
            {
                var cost = await cluster.DriveAsync(server, sizes, $"r{run}");
                runs.Add(cost);
                Console.WriteLine(cost.Row(silos, run.ToString(CultureInfo.InvariantCulture)));
                holds &= cost.ExactlyOnce;
            }

            var median = runs.OrderBy(run => run.Server).ElementAt(runs.Count / 2);
            costs[silos - 1] = median.Server;
            Console.WriteLine(median.Row(silos, "median"));
            if (silos == 1 && sizes.FindMax)
            {
                await AtItsBestAsync(server, cluster, sizes);
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"PostgreSQL's CPU per signal, {sizes.Silos} silos to one: {costs[sizes.Silos - 1] / costs[0]:0.00}"));
        return holds ? 0 : 1;
    }

    static async Task AtItsBestAsync(LocalPostgres server, Cluster one, Sizes sizes)
    {
        Console.WriteLine("one silo as fast as it goes:");
        var decided = await Measured.AtItsBestAsync(one.Silos[0].Process, one.Silos[0].GrpcPort, sizes);
        Console.WriteLine("bound, on the same server:");
        var bound = await BoundBenchmark.MeasureAsync(sizes, await server.NewPlaceAsync("bench_bound"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"silo / bound: {Measured.MedianOf(decided).Load.Achieved / Measured.MedianOf(bound).Load.Achieved:P0}"));
    }

    /// <param name="Server">CPU of PostgreSQL, microseconds a signal; <paramref name="Silos"/> and <paramref name="Generators"/> likewise.</param>
    sealed record Cost(double Offered, double Durable, double P50, double P99, double Server, double Silos, double Generators, double Wal, bool ExactlyOnce)
    {
        public string Row(int silos, string run) => string.Create(CultureInfo.InvariantCulture,
            $"{silos} | {run} | {Offered:N0} | {Durable:N0} | {P50:0.0} | {P99:0.0} | {Server:0.0} | {Silos:0.0} | {Generators:0.0} | {Wal:N0} | {(ExactlyOnce ? "yes" : "NO")}");
    }

    sealed class Cluster(IReadOnlyList<SiloUnderTest> silos) : IAsyncDisposable
    {
        public IReadOnlyList<SiloUnderTest> Silos => silos;

        public static async Task<Cluster> StartAsync(LocalPostgres server, int count, Sizes sizes)
        {
            var place = await server.NewPlaceAsync($"bench{count}");
            var started = new List<SiloUnderTest>();
            var cluster = new Cluster(started);
            try
            {
                for (var silo = 0; silo < count; silo++)
                {
                    started.Add(await SiloUnderTest.JoinAsync(((char)('a' + silo)).ToString(), place));
                }

                await cluster.SharedAsync();
                await started[0].PublishAsync(CanonicalPlaybook.Text(sizes.Plays, sizes.Stages));
                foreach (var silo in started)
                {
                    // Until a silo has heard of the playbook it refuses what it does not know.
                    await cluster.KnownAsync(silo);
                }

                return cluster;
            }
            catch
            {
                await cluster.DisposeAsync();
                throw;
            }
        }

        /// <summary>Each silo gets its share of the rate from a generator of its own.</summary>
        public async Task<Cost> DriveAsync(LocalPostgres server, Sizes sizes, string run)
        {
            var (cpu, wal) = (server.CpuSeconds(), await server.WalAsync());
            var before = silos.Select(silo => silo.Process.Cost).ToArray();
            var loads = await Task.WhenAll(silos.Select((silo, n) => Generator.RunAsync(
                silo.GrpcPort, sizes.Rate / silos.Count, sizes.Seconds, sizes.Accounts, sizes.Contacts, "--run", $"{run}-{n}", "--seed", (n + 1).ToString(CultureInfo.InvariantCulture))));
            double sent = loads.Sum(load => load.Sent);
            return new Cost(
                loads.Sum(load => load.Offered),
                loads.Sum(load => load.Achieved),
                loads.Max(load => load.P50),
                loads.Max(load => load.P99),
                (server.CpuSeconds() - cpu) * 1e6 / sent,
                silos.Select((silo, n) => silo.Process.Cost.Since(before[n]).CpuSeconds).Sum() * 1e6 / sent,
                loads.Sum(load => load.CpuMicrosecondsPerSignal * load.Sent) / sent,
                (await server.WalAsync() - wal) / sent,
                loads.All(load => load.ExactlyOnce));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var silo in silos)
            {
                await silo.DisposeAsync();
            }
        }

        async Task SharedAsync()
        {
            using var client = silos[0].Connect();
            for (var patience = 0; ; patience++)
            {
                var list = await client.Cluster.ListSilos(new(), new());
                if (list.Unowned == 0 && list.Silos.Count(silo => silo.Alive && silo.Partitions.Count > 0) == silos.Count)
                {
                    return;
                }

                if (patience > 600)
                {
                    throw new InvalidOperationException($"the silos do not share the partitions after a minute: {list}");
                }

                await Task.Delay(100);
            }
        }

        async Task KnownAsync(SiloUnderTest silo)
        {
            using var client = silo.Connect();
            for (var patience = 0; ; patience++)
            {
                var signal = new Signal { Id = $"known-{silo.GrpcPort}-{patience}", Type = "form.submitted", Account = "known", Properties = { ["form"] = new() { Text = "f" }, ["topic"] = new() { Text = "roi" }, ["fields"] = new() { Integer = 1 } } };
                var answer = (await client.Signals.RecordBatch(new() { Signals = { signal } }, new() { Deadline = DateTimeOffset.UtcNow.AddSeconds(20) })).Acknowledgements[0];
                if (answer.Result == Acknowledgement.Types.Result.Recorded)
                {
                    return;
                }

                if (patience > 100)
                {
                    throw new InvalidOperationException($"silo {silo.GrpcPort} does not take a signal: {answer.Reason}");
                }

                await Task.Delay(100);
            }
        }
    }
}
