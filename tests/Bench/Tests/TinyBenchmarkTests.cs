using Orchestrator.Bench.Bound;
using Orchestrator.Bench.Deciding;
using Orchestrator.Bench.EndToEnd;
using Orchestrator.Bench.Paths;
using Orchestrator.Bench.WhatIf;
using Xunit;

namespace Orchestrator.Bench.Tests;

/// <summary>Every benchmark with tiny sizes: what it measures here says nothing, that it runs and that its results add up does.</summary>
public sealed class TinyBenchmarkTests
{
    static readonly Sizes Tiny = new() { Seconds = 0.5, Runs = 1, Rate = 500, Accounts = 20, Contacts = 40, ManyAccounts = 200, Plays = 10, ManyPlays = 20, Stages = 2, FindMax = false };

    [Fact]
    public async Task The_bound_acknowledges_every_signal_exactly_once()
    {
        var runs = await BoundBenchmark.MeasureAsync(Tiny);
        Assert.All(runs, run => Assert.True(run.Load is { ExactlyOnce: true, Refused: 0, Duplicate: 0 } && run.Load.Recorded == run.Load.Sent, run.Load.ToText()));
        Assert.All(runs, run => Assert.True(run.Load.P50 > 0 && run.ServerMicroseconds > 0));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(50)]
    [InlineData(190)]
    public void Deciding_finds_finalists_and_adds_up_the_same_each_time(int plays)
    {
        var (one, other) = (DecideBenchmark.Measure(plays, 200), DecideBenchmark.Measure(plays, 200));
        Assert.Equal(one.Checksum, other.Checksum);
        Assert.InRange(one.Checksum, 200, 200L * plays * 2);
    }

    [Fact]
    public void Deciding_rejects_every_candidate_where_no_treatment_fits() =>
        Assert.Null(new DecideScene(50).RejectAll().Best);

    [Fact]
    public void N1_a_replay_of_its_own_recording_differs_in_nothing()
    {
        var playbook = Recording.Canonical(10, 2);
        var recording = Recording.Of(playbook, accounts: 20, signals: 2_000, TimeSpan.FromMinutes(20));
        foreach (var against in new[] { null, playbook })
        {
            var row = WhatIfBenchmark.Measure(recording, playbook, against, 10, 2);
            Assert.Equal((2_000, false), (row.Signals, row.Differs));
            Assert.True(row.Decisions >= row.Signals);
        }

        Assert.True(WhatIfBenchmark.Compile(10, 2) > 0);
        Assert.Equal(0, WhatIfBenchmark.Run(Tiny));
    }

    [Fact]
    public async Task Throughput_runs_against_a_silo() => Assert.Equal(0, await ThroughputBenchmark.RunAsync(Tiny));

    [Fact]
    public async Task The_path_acknowledges_every_signal() => Assert.Equal(0, await PathBenchmark.RunAsync(Tiny));

    [Fact]
    public async Task Latency_runs_against_a_silo() => Assert.Equal(0, await LatencyBenchmark.RunAsync(Tiny));

    [Fact]
    public async Task Idle_runs_against_a_silo() => Assert.Equal(0, await IdleBenchmark.RunAsync(Tiny));

    [Fact]
    public async Task Scale_runs_against_a_silo() => Assert.Equal(0, await ScaleBenchmark.RunAsync(Tiny));

    [Fact]
    public void Sizes_refuse_what_they_do_not_know()
    {
        Assert.Contains("`--second`", Assert.Throws<ArgumentException>(() => Sizes.Of(["--second", "3"])).Message, StringComparison.Ordinal);
        Assert.Contains("`x`", Assert.Throws<ArgumentException>(() => Sizes.Of(["--rate", "x"])).Message, StringComparison.Ordinal);
    }
}
