using Orchestrator.Simulation.Worlds;

namespace Orchestrator.Simulation;

public sealed class MachineTests
{
    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_seed_means_one_run(ulong seed)
    {
        var (first, second) = (Runner.Once(seed), Runner.Once(seed));
        Assert.Equal((first.Hash, first.Steps, first.Time), (second.Hash, second.Steps, second.Time));
        Assert.NotEqual(first.Hash, Runner.Once(seed + 1).Hash);
    }

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 10).Select(i => (ulong)i * 7919)];
}
