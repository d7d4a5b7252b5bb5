using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Lateness;

/// <summary>What putting right costs at most.</summary>
public sealed class BoundTests
{
    private const string Late = "lateness: {tolerance: 5m, correct-after: 10s, reach: 30d}\n";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void A2_a_signal_that_is_years_old_takes_no_later_correction_back_with_it()
    {
        var chronicle = new Chronicle(Head + Late + OneStage);
        var scene = chronicle.Scene.Signal("page.viewed");
        var happened = scene.AfterDays(1).Now;
        scene.After(Hour);
        chronicle.Late(scene.Now.AddYears(-3), "page.viewed");
        Assert.Null(chronicle.State);
        chronicle.Late(happened, "page.viewed");
        chronicle.Late(scene.Now.AddYears(-2), "page.viewed");
        scene.After(TimeSpan.FromMinutes(1));
        chronicle.Correct();
        Assert.Equal((happened, ""), (chronicle.Correction.Since, chronicle.Correction.Undetermined));
        Assert.Equal(happened, Assert.Single(LateSignals.Of(chronicle.Frames, Delays.Default)).HappenedAt);
        Assert.Equal(4, scene.Account.SignalCount);
    }

    [Fact]
    public void A2_beyond_so_many_turns_nothing_is_put_right_and_that_is_said()
    {
        var chronicle = new Chronicle(Head + Late + OneStage);
        var start = chronicle.Scene.Now;
        chronicle.Scene.Signal("page.viewed");
        var turn = chronicle.Frames[0].Turns[0];
        List<PastFrame> many = [.. Enumerable.Range(0, InOrder.MostTurns + 1).Select(i => new PastFrame(start.AddTicks(i), [turn], null))];
        var found = InOrder.Of(chronicle.Scene.Account, [], many, chronicle.Scene.Library, start, chronicle.Scene.Now);
        Assert.Equal($"{InOrder.MostTurns + 1} turns have happened since; at most {InOrder.MostTurns} are judged anew", found.Undetermined);
    }

    [Fact]
    public void A2_nor_beyond_so_many_instants_at_which_time_alone_would_have_its_turn()
    {
        var chronicle = new Chronicle(Head + Late + """
            stages: {a: {kind: inventory}, b: {kind: inventory}}
            transitions:
              - {id: there, from: a, to: b, at: "stage_since + duration('20s')"}
              - {id: back, from: b, to: a, at: "stage_since + duration('20s')"}

            """);
        var start = chronicle.Scene.Now;
        chronicle.Scene.Signal("page.viewed");
        Rederived Until(TimeSpan time) => InOrder.Of(chronicle.Scene.Account, [], chronicle.Frames, chronicle.Scene.Library, start, start + time);
        Assert.Contains($"more than {InOrder.MostWakes} turns", Until(TimeSpan.FromDays(30)).Undetermined, StringComparison.Ordinal);
        Assert.Equal(("", "a", start.AddHours(2)), (Until(2 * Hour).Undetermined, Until(2 * Hour).Stage, Until(2 * Hour).StageSince));
    }

    [Fact]
    public void A2_however_many_come_late_at_once_one_correction_answers_them_and_what_is_kept_of_them_is_bounded()
    {
        var chronicle = new Chronicle(Head + Late + OneStage);
        var scene = chronicle.Scene.Signal("page.viewed");
        scene.AfterDays(2);
        for (var i = 0; i < 100; i++)
        {
            chronicle.Late(scene.Now.AddHours(-2).AddSeconds(i), "page.viewed");
        }

        Assert.Equal(LatenessState.MostPending, chronicle.State!.Pending.Length);
        scene.After(TimeSpan.FromSeconds(20));
        chronicle.Correct();
        Assert.Equal((100L, LatenessState.MostPending), (chronicle.State!.LateSignals, chronicle.Correction.Signals.Length));
        Assert.Single(scene.Effects, e => e is Effect.Correct);
        Assert.DoesNotContain(scene.Journal, f => f.Event is AccountEvent.OfLateness { Event: LatenessEvent.RoomCorrected });
    }
}
