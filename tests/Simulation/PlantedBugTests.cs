using Orchestrator.Simulation.Planting;
using Orchestrator.Simulation.Worlds;

namespace Orchestrator.Simulation;

/// <summary>The tester tested: an instrument that finds none of these bugs proves nothing by finding none of ours.</summary>
public sealed class PlantedBugTests
{
    /// <summary>A bug that survives so many has shown that the simulator cannot reach it. Worlds of a story count like all others.</summary>
    private const int MostWorlds = 2_000;

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_planted_bug_is_found(string bug)
    {
        var planted = Enum.Parse<PlantedBug>(bug);
        var found = Volume.Until(planted, MostWorlds);
        Assert.True(found is not null, $"{bug} survived {MostWorlds} worlds");
        var (verdict, worlds) = found.Value;
        TestContext.Current.TestOutputHelper?.WriteLine($"{bug}: {verdict.Broken!.Invariant} in world {worlds}, seed {verdict.Seed} {verdict.Scenario?.Name}: {verdict.Broken.How.Split('\n')[0]}");
        Assert.True(Runner.Once(verdict.Seed, scenario: verdict.Scenario) is { Broken: null }, $"the world broke without {bug} too");
    }

    [Fact]
    public void A_failure_names_the_invariant_the_last_events_and_the_command_that_shows_it_again()
    {
        var text = Runner.Once(1, PlantedBug.Canary).ToString();
        Assert.Contains("seed 1 broke canary", text, StringComparison.Ordinal);
        Assert.Contains("this invariant never holds", text, StringComparison.Ordinal);
        Assert.Contains("dotnet run -c Release --project tests/Simulation -- --seed 1 --trace", text, StringComparison.Ordinal);
        Assert.True(text.Split('\n').Count(line => line.Contains(" ms  ", StringComparison.Ordinal)) >= 10, text);
    }

    public static TheoryData<string> Bugs => [.. Enum.GetValues<PlantedBug>().Except([PlantedBug.None]).Select(bug => bug.ToString())];
}
