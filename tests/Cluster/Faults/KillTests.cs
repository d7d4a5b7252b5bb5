using System.Diagnostics;
using Orchestrator.Storage.Contract.Tests.Postgres;

namespace Orchestrator.Cluster.Tests.Faults;

public sealed class KillTests(PostgresServer server)
{
    private static readonly int Kills = Chance.IsLong ? 100 : 3;

    [Fact]
    public async Task Killed_again_and_again_under_load_silos_lose_nothing_they_acknowledged()
    {
        var draw = Chance.Draws();
        await using var trial = await Trial.StartAsync(server.NewPlace());
        var served = new List<TimeSpan>();
        for (var kill = 0; kill < Kills; kill++)
        {
            var silo = trial.Cluster.Silos[draw.Next(3)];
            await trial.Load.MoreAsync(1 + draw.Next(600));
            silo.Process.Send("KILL");
            var (since, pace) = (Stopwatch.StartNew(), Pace.Of(trial.But(silo)));
            await silo.KillAsync();
            served.Add(await trial.ServedAsync(trial.But(silo), since));

            // The promise is 8 s with a lease of 5 s.
            pace.AssertWithin(served[^1], TimeSpan.FromSeconds(16));
            await silo.StartAgainAsync();
            await SiloCluster.UntilAsync(silo.IsReadyAsync, $"silo {silo.Name} is ready again");

            // Without partitions its death would show nothing.
            await trial.Cluster.EvenAsync();
        }

        await trial.JudgeAsync($"{Kills} kills; every partition served again after {string.Join(", ", served.Select(s => $"{s.TotalSeconds:0.00}"))} s");
    }
}
