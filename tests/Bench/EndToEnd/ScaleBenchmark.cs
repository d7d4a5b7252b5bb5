using System.Globalization;
using Orchestrator.Bench.Harness;
using Orchestrator.Bench.Loading;
using Orchestrator.Load;

namespace Orchestrator.Bench.EndToEnd;

/// <summary>How much dearer does a signal become with a hundred times the accounts, and with fifty times the plays?</summary>
static class ScaleBenchmark
{
    static readonly TimeSpan IdleFor = TimeSpan.FromDays(30);

    public static async Task<int> RunAsync(Sizes sizes)
    {
        Console.WriteLine("How much CPU of the silo does a signal cost with few and many accounts, and with few and many plays, at the same rate?");
        var many = sizes.ManyAccounts;
        var hot = Math.Max(1, many / 100);
        var stores = new (string Name, int Plays, int Accounts)[]
        {
            ($"{Text(hot)} accounts", sizes.Plays, hot),
            ($"{Text(Math.Max(1, many / 10))} accounts", sizes.Plays, Math.Max(1, many / 10)),
            ($"{Text(many)} accounts", sizes.Plays, many),
        };
        Console.WriteLine($"accounts, each signal to one of the same {Text(hot)}:");
        await CompareAsync(sizes, stores, [hot, hot, hot]);
        Console.WriteLine("accounts, each signal to any of them:");
        await CompareAsync(sizes, stores, [.. stores.Select(store => store.Accounts)]);
        Console.WriteLine($"plays, {Text(hot)} accounts:");
        await CompareAsync(sizes, [("10 plays", 10, hot), ($"{sizes.Plays} plays", sizes.Plays, hot), ($"{sizes.ManyPlays} plays", sizes.ManyPlays, hot)], [hot, hot, hot]);
        return 0;
    }

    /// <summary>Silos side by side, driven in turns, so that what the neighbours do meanwhile falls on all alike.</summary>
    /// <param name="drawn">From how many accounts each one's signals are drawn, evenly.</param>
    static async Task CompareAsync(Sizes sizes, (string Name, int Plays, int Accounts)[] stores, int[] drawn)
    {
        var silos = new List<SiloUnderTest>();
        try
        {
            foreach (var (_, plays, accounts) in stores)
            {
                silos.Add(await SiloUnderTest.StartAsync(CanonicalPlaybook.Text(plays, sizes.Stages), new LoadPlan(accounts, 1, IdleFor)));
            }

            var costs = silos.Select(_ => new List<Measured>()).ToArray();
            for (var run = 0; run <= sizes.Runs; run++)
            {
                for (var s = 0; s < silos.Count; s++)
                {
                    var measured = await Measured.RunAsync(silos[s].Process, silos[s].GrpcPort, sizes.Rate, sizes with { Accounts = drawn[s], Contacts = drawn[s] }, "--zipf", "0", "--seed", Text(run + 1));
                    Console.WriteLine($"{stores[s].Name}, {(run == 0 ? "warming" : "run")} | {measured.Row(Text(run))}");
                    if (run > 0)
                    {
                        costs[s].Add(measured);
                    }
                }
            }

            for (var s = 0; s < silos.Count; s++)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{stores[s].Name}: {MedianOf(costs[s]):0.0} us per signal, x{MedianOf(costs[s]) / MedianOf(costs[0]):0.00} of the first"));
            }
        }
        finally
        {
            foreach (var silo in silos)
            {
                await silo.DisposeAsync();
            }
        }
    }

    static double MedianOf(List<Measured> runs) => runs.Select(run => run.ServerMicroseconds).Order().ElementAt(runs.Count / 2);

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
