using System.Diagnostics;
using System.Globalization;
using Orchestrator.Storage.Contract.Tests.Postgres;

namespace Orchestrator.Cluster.Tests.Faults;

public sealed class KillTests(PostgresServer server)
{
    private static readonly int Kills = Chance.Times(3, 100);

    [Fact]
    public async Task Killed_again_and_again_under_load_silos_lose_nothing_they_acknowledged()
    {
        var draw = Chance.Draws();
        await using var trial = await Trial.StartAsync(server.NewPlace());
        var (served, flowing) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var kill = 0; kill < Kills; kill++)
        {
            var silo = trial.Cluster.Silos[draw.Next(3)];
            await trial.Load.MoreAsync(1 + draw.Next(600));
            var left = trial.But(silo);
            var before = left.Select(s => s.Said.Length).ToArray();
            silo.Process.Send("KILL");
            var (since, pace) = (Stopwatch.StartNew(), Pace.Of(left));
            var at = DateTime.UtcNow;
            await silo.KillAsync();
            var actions = trial.FlowingAsync(left, since);
            served.Add(await trial.ServedAsync(left, since));
            flowing.Add(await actions);
            var slowdown = pace.Slowdown;
            Trial.Say($"{at:HH:mm:ss.fff} kill {kill + 1}, of {silo.Name}: every partition served after {served[^1].TotalSeconds:0.00} s, actions of each flow after {flowing[^1].TotalSeconds:0.00} s; the machine made the silos {slowdown:0.0} times slower");
            foreach (var line in left.Zip(before, (s, length) => s.Said[length..].Split('\n').Where(l => l.Contains("not alive any more", StringComparison.Ordinal) || l.Contains("] took ", StringComparison.Ordinal))).SelectMany(l => l))
            {
                Trial.Say("  " + line);
            }

            // The promise is 8 s with a lease of 5 s.
            pace.AssertWithin(served[^1], TimeSpan.FromSeconds(16));
            await silo.StartAgainAsync();
            await SiloCluster.UntilAsync(silo.IsReadyAsync, $"silo {silo.Name} is ready again");

            // Without partitions its death would show nothing.
            await trial.Cluster.EvenAsync();
        }

        await trial.JudgeAsync($"{Kills} kills; every partition served again after {List(served)} s, actions of each flowed to those left after {List(flowing)} s");
    }

    private static string List(List<TimeSpan> times) => string.Join(", ", times.Select(t => t.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)));
}
