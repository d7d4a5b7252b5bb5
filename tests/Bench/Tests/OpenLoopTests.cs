using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Load;
using Orchestrator.V1;
using Xunit;
using Result = Orchestrator.V1.Acknowledgement.Types.Result;

namespace Orchestrator.Bench.Tests;

public sealed class OpenLoopTests
{
    [Fact]
    public void Latency_counts_from_when_a_signal_was_due_not_from_when_it_was_sent()
    {
        var schedule = new Schedule(rate: 1_000, warmUpSeconds: 0, seconds: 10);
        schedule.Start();
        var begin = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 100);
        var answered = begin + (3 * Stopwatch.Frequency);

        // Signal 1,000 was due a second after the start, whenever a stalled sender got round to it.
        Assert.InRange(schedule.NanosecondsSince(1_000, answered), 1.99e9, 2.01e9);
        Assert.InRange(schedule.DueBy(answered), 2_990, 3_010);
    }

    [Fact]
    public void No_more_falls_due_than_the_run_has()
    {
        var schedule = new Schedule(rate: 100, warmUpSeconds: 1, seconds: 2);
        schedule.Start();
        Assert.Equal(300, schedule.Signals);
        Assert.Equal(100, schedule.FirstMeasured);
        Assert.Equal(0, schedule.DueBy(0));
        Assert.Equal(300, schedule.DueBy(Stopwatch.GetTimestamp() + (60 * Stopwatch.Frequency)));
    }

    [Fact]
    public void A_second_acknowledgement_and_an_unknown_id_are_unexpected()
    {
        var (ledger, lane) = NewLane(retry: true);
        Assert.True(lane.TryTake(out var number));
        lane.Settle([Answer(number, Result.Recorded), Answer(number, Result.Recorded), Answer(77, Result.Recorded), new Acknowledgement { SignalId = "r-none" }]);
        Assert.Equal((1, 3, 9), (ledger.Recorded, ledger.Unexpected, ledger.Lost));
    }

    [Fact]
    public void An_answer_to_what_was_never_sent_is_unexpected()
    {
        var (ledger, lane) = NewLane(retry: true);
        lane.Settle([Answer(5, Result.Recorded)]);
        Assert.Equal((0, 1), (ledger.Recorded, ledger.Unexpected));
    }

    [Fact]
    public void An_overloaded_signal_is_sent_again_no_sooner_than_asked_and_counts_once()
    {
        var (ledger, lane) = NewLane(retry: true);
        var taken = Drain(lane);
        Assert.Equal(10, taken.Count);
        var overloaded = Answer(3, Result.Overloaded);
        overloaded.RetryAfter = Duration.FromTimeSpan(TimeSpan.FromSeconds(5));
        lane.Settle([overloaded]);
        lane.Tick(Stopwatch.GetTimestamp() + (4 * Stopwatch.Frequency));
        Assert.Empty(Drain(lane));
        lane.Tick(Stopwatch.GetTimestamp() + (6 * Stopwatch.Frequency));
        Assert.Equal([3], Drain(lane));
        lane.Settle([Answer(3, Result.Duplicate)]);
        Assert.Equal((1, 1, 0), (ledger.Overloaded, ledger.Duplicate, ledger.Unexpected));
    }

    [Fact]
    public void Without_retrying_an_overloaded_signal_is_given_up()
    {
        var (ledger, lane) = NewLane(retry: false);
        Drain(lane);
        lane.Settle([Answer(3, Result.Overloaded)]);
        lane.Tick(long.MaxValue);
        Assert.Empty(Drain(lane));
        Assert.Equal((1, 9), (ledger.Abandoned, ledger.Lost));
    }

    [Fact]
    public void A_refused_signal_is_settled_and_tells_its_reason()
    {
        var (ledger, lane) = NewLane(retry: true);
        Drain(lane);
        var refused = Answer(0, Result.Refused);
        refused.Reason = "`x` is no signal type";
        lane.Settle([refused]);
        Assert.Equal((1, "`x` is no signal type", 0), (ledger.Refused, ledger.FirstReason, lane.Latencies.Count));
    }

    static (Ledger Ledger, Lane Lane) NewLane(bool retry)
    {
        var schedule = new Schedule(rate: 10, warmUpSeconds: 0, seconds: 1);
        schedule.Start();
        var ledger = new Ledger(schedule.Signals);
        var lane = new Lane(schedule, ledger, retry);
        lane.Give(0, 4);
        lane.Give(4, 10);
        return (ledger, lane);
    }

    static List<long> Drain(Lane lane)
    {
        var taken = new List<long>();
        while (lane.TryTake(out var number))
        {
            taken.Add(number);
        }

        return taken;
    }

    static Acknowledgement Answer(long number, Result result) => new() { SignalId = $"r-0-{number:D8}", Result = result };
}
