using System.Globalization;
using Orchestrator.Bench.Harness;

namespace Orchestrator.Bench.EndToEnd;

/// <summary>How much dearer does a signal become with a hundred times the accounts, and with fifty times the plays?</summary>
static class ScaleBenchmark
{
    const int FewPlays = 10;

    public static async Task<int> RunAsync(Sizes sizes)
    {
        Console.WriteLine("How much CPU of the silo does a signal cost with few and many accounts, and with few and many plays, at the same rate?");
        var few = Math.Max(1, sizes.ManyAccounts / 100);
        var (fewAccounts, manyAccounts) = (await CostAsync(sizes, sizes.Plays, few), await CostAsync(sizes, sizes.Plays, sizes.ManyAccounts));
        var (fewPlays, manyPlays) = (await CostAsync(sizes, FewPlays, sizes.Accounts), await CostAsync(sizes, sizes.ManyPlays, sizes.Accounts));
        void Line(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
        Line($"accounts {few:N0} -> {sizes.ManyAccounts:N0}: {fewAccounts:0.0} -> {manyAccounts:0.0} us per signal, x{manyAccounts / fewAccounts:0.00}");
        Line($"plays {FewPlays} -> {sizes.ManyPlays}: {fewPlays:0.0} -> {manyPlays:0.0} us per signal, x{manyPlays / fewPlays:0.00}");
        return 0;
    }

    /// <summary>Median CPU of the silo per signal.</summary>
    /// <param name="accounts">All exist, one person each, before the measured signals go to them evenly: a cost that popularity would hide.</param>
    static async Task<double> CostAsync(Sizes sizes, int plays, int accounts)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{accounts:N0} accounts, {plays} plays:"));
        await using var silo = await SiloUnderTest.StartAsync(plays, sizes.Stages);
        await Generator.RunAsync(silo.GrpcPort, sizes.Rate, Math.Max(1, accounts / sizes.Rate), accounts, accounts, "--sequential", "--warm-up", "0", "--drain", "600");
        var runs = await Measured.RunsAsync(silo.Process, silo.GrpcPort, sizes.Rate, sizes with { Accounts = accounts, Contacts = accounts }, "--zipf", "0");
        return runs.Select(run => run.ServerMicroseconds).Order().ElementAt(runs.Count / 2);
    }
}
