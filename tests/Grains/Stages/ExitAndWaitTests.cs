using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Stages;

public sealed class ExitAndWaitTests
{
    private const string Goal = """
        stages: {start: {kind: inventory}, one: {kind: inventory}, two: {kind: inventory}, goal: {kind: inventory}}
        transitions:
          - {id: reached, to: goal, when: "signals.count('meeting.booked') >= 1"}
          - {id: begin, from: start, to: one, when: "signals.any(['page.viewed'])"}
          - {id: next, from: one, to: two, when: "stage_days >= 3.0"}

        """;

    [Theory]
    [InlineData(0, "one")]
    [InlineData(5, "two")]
    public void C9_the_goal_is_an_exit_from_any_step(int days, string from)
    {
        var scene = Scene.Given(Head + Goal).Signal("page.viewed").AfterDays(days);
        Assert.Equal(from, scene.Account.Stage);
        Assert.Equal(("goal", "reached"), (scene.Signal("meeting.booked").Account.Stage, scene.Account.StageBy));
    }

    [Fact]
    public void C9_a_goal_that_came_before_the_entry_is_an_exit_in_the_turn_of_the_entry()
    {
        // While the playbook did not know the exit, the account stayed at the start though its goal had been reached.
        var scene = Scene.Given(Head + Goal.Replace("- {id: reached, to: goal,", "- {id: reached, from: one, to: goal,", StringComparison.Ordinal)).Signal("meeting.booked");
        Assert.Equal("start", scene.Account.Stage);
        scene.AfterDays(10).Signal("page.viewed");
        Assert.Equal([("start", "one"), ("one", "goal")], scene.Facts.Select(f => f.Event).OfType<AccountEvent.StageEntered>().Select(e => (e.From, e.To)));
    }

    [Fact]
    public void C9_the_exit_stands_before_every_other_way_that_holds()
    {
        var scene = Scene.Given(Head + Goal).Signal("meeting.booked");
        Assert.Equal("goal", scene.Account.Stage);
        Assert.Equal("goal", scene.Signal("page.viewed").AfterDays(10).Account.Stage);
    }

    private const string Wait = """
        stages: {start: {kind: inventory}, wait: {kind: inventory}, met: {kind: inventory}, late: {kind: inventory}}
        transitions:
          - {id: begin, from: start, to: wait, when: "signals.any(['page.viewed'])"}
          - {id: met, from: wait, to: met, when: "signals.count('meeting.booked') >= 1"}
          - {id: time-out, from: wait, to: late, at: "stage_since + duration('7d')"}

        """;

    [Fact]
    public void C10_what_is_waited_for_ends_the_wait()
    {
        var scene = Scene.Given(Head + Wait).Signal("page.viewed").AfterDays(3).Signal("meeting.booked");
        Assert.Equal(("met", scene.Now), (scene.Account.Stage, scene.Account.StageSince));
        Assert.Equal("met", scene.AfterDays(30).Account.Stage);
    }

    [Fact]
    public void C10_a_wait_is_over_at_the_very_end_of_its_time()
    {
        var scene = Scene.Given(Head + Wait).Signal("page.viewed");
        var due = scene.Now.AddDays(7);
        Assert.Equal("wait", scene.At(due.AddTicks(-1)).Account.Stage);
        Assert.Equal(("late", "time-out", due), (scene.At(due).Account.Stage, scene.Account.StageBy, scene.Account.StageSince));
    }

    [Fact]
    public void C10_what_holds_already_is_not_waited_for()
    {
        var scene = Scene.Given(Head + Wait).Signal("meeting.booked").AfterDays(1).Signal("page.viewed");
        Assert.Equal(("met", scene.Now), (scene.Account.Stage, scene.Account.StageSince));
    }

    [Fact]
    public void C10_signals_in_between_do_not_prolong_the_wait()
    {
        var scene = Scene.Given(Head + Wait).Signal("page.viewed");
        var due = scene.Now.AddDays(7);
        for (var i = 0; i < 6; i++)
        {
            scene.AfterDays(1).Signal("email.clicked");
        }

        Assert.Equal(("late", due), (scene.At(due).Account.Stage, scene.Account.StageSince));
    }

    [Fact]
    public void C10_after_an_outage_a_wait_that_was_over_is_over_whatever_came_since()
    {
        var scene = Scene.Given(Head + Wait).Signal("page.viewed");
        var due = scene.Now.AddDays(7);
        scene.Outage(TimeSpan.FromDays(8)).Signal("meeting.booked");
        Assert.Equal(("late", due), (scene.Account.Stage, scene.Account.StageSince));
    }
}
