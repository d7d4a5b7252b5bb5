using System.Diagnostics;
using Orchestrator.Storage.Contract.Tests.Postgres;

namespace Orchestrator.Cluster.Tests.Faults;

public sealed class DatabaseStopTests(PostgresServer server)
{
    private static readonly int Stops = Chance.Times(3, 30);

    /// <summary>As <c>pg_ctl stop -m immediate</c>: what was under way has no known outcome, and the server recovers from its journal.</summary>
    [Fact]
    public async Task When_the_database_is_stopped_at_once_under_load_silos_wait_for_it_and_lose_nothing()
    {
        var draw = Chance.Draws();
        await using var trial = await Trial.StartAsync(server.NewPlace(), clients: 24);
        var served = new List<TimeSpan>();
        for (var stop = 0; stop < Stops; stop++)
        {
            await trial.Load.MoreAsync(1 + draw.Next(600));
            await Task.Run(server.StopImmediately);
            var since = Stopwatch.StartNew();

            // Every third time for longer than the lease: then no silo has anything any more.
            await Rest.UntilAsync(since, TimeSpan.FromSeconds((stop % 3 == 2 ? 6 : 0) + (2 * draw.NextDouble())));
            await Task.Run(server.StartAgain);
            var pace = Pace.Of(trial.Cluster.Silos);
            served.Add(await trial.ServedAsync(trial.Cluster.Silos, Stopwatch.StartNew()));
            pace.AssertWithin(served[^1], TimeSpan.FromSeconds(30));
            foreach (var silo in trial.Cluster.Silos)
            {
                // Fails if it has ended, unless the others gave it up on a machine that did not let it run.
                await SiloCluster.UntilAsync(silo.IsReadyAsync, $"silo {silo.Name} is ready");
            }
        }

        await trial.Cluster.EvenAsync();
        var unknown = trial.Cluster.Silos.Count(s => s.Said.Contains("the outcome of a commit is unknown", StringComparison.Ordinal));
        await trial.JudgeAsync($"{Stops} immediate stops of the database; every partition served {string.Join(", ", served.Select(s => $"{s.TotalSeconds:0.00}"))} s after its start");
        Assert.True(unknown > 0, "no stop fell into a commit: nothing is known of unknown outcomes");
    }
}
