using Orchestrator.Simulation.Scenarios;
using Orchestrator.Simulation.Worlds;

namespace Orchestrator.Simulation;

/// <summary>Directed stories: random worlds come to them seldom.</summary>
public sealed class ScenarioTests
{
    private const int Seeds = 25;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_story_that_was_thought_out_to_break_something_does_not(string name)
    {
        var (scenario, happened) = (Stories.Named(name), 0);
        for (var seed = 1UL; seed <= Seeds; seed++)
        {
            var verdict = Runner.Once(seed, scenario: scenario);
            Assert.True(verdict.Broken is null, verdict.ToString());
            happened += verdict.Happened ? 1 : 0;
        }

        Assert.True(happened > 0, $"in none of {Seeds} seeds it came to what `{name}` is about");
    }

    public static TheoryData<string> Names => [.. Stories.All.Select(s => s.Name)];
}
