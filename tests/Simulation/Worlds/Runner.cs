using Orchestrator.Simulation.Machine;
using Orchestrator.Simulation.Planting;
using Orchestrator.Simulation.Scenarios;

namespace Orchestrator.Simulation.Worlds;

/// <summary>Runs seeds and says what became of them.</summary>
internal static class Runner
{
    /// <summary>Runs a seed twice: the same invariant must break or none, and every step must be the same.</summary>
    public static Verdict Twice(ulong seed, Scenario? scenario = null)
    {
        var first = Once(seed, scenario: scenario);
        var second = Once(seed, scenario: scenario);
        return first.Broken is null && first.Hash != second.Hash
            ? first with { Broken = new Broken("determinism", $"two runs of seed {seed} differ: {first.Hash:x16} after {first.Steps} steps and {second.Hash:x16} after {second.Steps}") }
            : first;
    }

    public static Verdict Once(ulong seed, PlantedBug planted = PlantedBug.None, TextWriter? trace = null, Scenario? scenario = null)
    {
        var result = new World(seed, planted, trace, scenario?.Change, scenario?.Script).Run();
        return new Verdict(seed, scenario, scenario?.Happened(result.World) ?? true, result.Broken, result.Hash, result.Simulation.Steps, result.Simulation.Time, [.. result.Simulation.Trace.Last()], Tally.Of(result.World), result.World.Rested);
    }
}

/// <summary>What became of one run.</summary>
internal sealed record Verdict(ulong Seed, Scenario? Scenario, bool Happened, Broken? Broken, ulong Hash, long Steps, TimeSpan Time, IReadOnlyList<string> Last, Tally Tally, TimeSpan Rested)
{
    /// <summary>The invariant, the last events, and the one command that shows it again.</summary>
    public override string ToString() =>
        $"""
        seed {Seed} broke {Broken?.Invariant} after {Steps} steps and {Time.TotalSeconds:0.000} simulated seconds
        {Broken?.How}
        last events:
        {string.Join('\n', Last)}
        again: dotnet run -c Release --project tests/Simulation -- --seed {Seed}{(Scenario is null ? "" : $" --scenario {Scenario.Name}")} --trace
        """;
}

/// <summary>What happened in a run, so that nobody takes an empty world for a sound one.</summary>
internal readonly record struct Tally(long Frames, long Fenced, long TakeOvers, long Crashes, long Messages, long Snapshots, long Wakes, long Offers, long Delivered, long Settled, long Answers, long Reads, long Restores)
{
    public static Tally Of(World world) => new(
        world.Journals.Frames, world.Journals.FencedAppends, world.Journals.TakeOvers, world.Crashes, world.Journals.Messages, world.Journals.Snapshots, world.Journals.Wakes,
        world.Effects.Offers, world.Consumers.Delivered, world.Effects.Settlements, world.Effects.Answers, world.Readers.Answered, world.Restores);

    public static Tally operator +(Tally a, Tally b) => new(
        a.Frames + b.Frames, a.Fenced + b.Fenced, a.TakeOvers + b.TakeOvers, a.Crashes + b.Crashes, a.Messages + b.Messages, a.Snapshots + b.Snapshots, a.Wakes + b.Wakes,
        a.Offers + b.Offers, a.Delivered + b.Delivered, a.Settled + b.Settled, a.Answers + b.Answers, a.Reads + b.Reads, a.Restores + b.Restores);
}
