using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Requests;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Stages;

public sealed class SlaTests
{
    [Fact]
    public void D4_an_account_that_stays_too_long_is_escalated_to_the_department_that_answers_for_it()
    {
        var scene = Given("escalate").Signal("page.viewed");
        var due = scene.Now.AddDays(2);
        Assert.Empty(scene.At(due.AddTicks(-1)).Account.OpenActions);
        scene.At(due);
        Assert.Equal(("sales", "", "task", "the account stayed in stage `a` longer than 2d"), (scene.Action.Department, scene.Action.Owner, scene.Action.Channel, scene.Action.Reason));
        Assert.Equal(("escalation", "a", 1), (scene.Action.Request!.Kind, scene.Action.Request.Subject, Assert.IsType<Request.Escalation>(scene.Action.Request).Level));
        Assert.Null(scene.Account.Journey);
    }

    [Fact]
    public void D4_an_escalation_that_nobody_answers_goes_to_the_one_end_to_end_owner()
    {
        var scene = Given("escalate").Signal("page.viewed").AfterDays(2);
        scene.At(scene.Action.ValidUntil);
        Assert.Equal(("sales", "revenue-office", "nobody answered escalation 1 of `a`"), (scene.Action.Department, scene.Action.Owner, scene.Action.Reason));
    }

    [Fact]
    public void D4_an_escalation_that_is_answered_is_not_made_again()
    {
        var scene = Given("escalate").Signal("page.viewed").AfterDays(2);
        scene.Settle(scene.Action.Id, new Settlement.Done("seen-to", "") { By = "ann" }).AfterDays(300).Signal("page.viewed");
        Assert.Empty(scene.Account.OpenActions);
        Assert.Equal("a", scene.Account.Stage);
    }

    [Fact]
    public void D4_leaving_the_stage_takes_its_escalation_back() =>
        Assert.Empty(Given("escalate").Signal("page.viewed").AfterDays(2).Signal("meeting.booked").Account.OpenActions);

    [Fact]
    public void D4_reassign_says_that_somebody_else_of_the_department_must_take_it_over()
    {
        var scene = Given("reassign").Signal("page.viewed").AfterDays(2);
        var due = Assert.Single(scene.Journal.Select(f => f.Event).OfType<AccountEvent.OfJourney>()).Event;
        Assert.Equal(new JourneyEvent.ReassignmentDue("a", "sales", scene.Now), due);
        Assert.Equal(new Reassignment("a", "sales", scene.Now), scene.Account.Journey!.Reassignment);
        Assert.Equal("the account stayed in stage `a` longer than 2d: somebody else must take it over", scene.Action.Reason);
    }

    [Fact]
    public void D4_reassign_takes_the_account_from_whoever_was_late_and_their_tasks_go_to_somebody_else()
    {
        const string play = "plays: [{id: call, for: owner, department: sales, stages: [a], goal: meeting.booked, horizon: 1d, cool-down: 1h, value: 100, valid-for: 30d, treatments: [{id: call-a, channel: task}]}]\n";
        var scene = Scene.Given(Text("reassign") + play).Signal("owner.assigned", "", "department", "sales", "owner", "sam").Signal("page.viewed");
        var task = scene.Action;
        Assert.Equal("sam", task.Owner);
        scene.AfterDays(2);
        Assert.Equal("", OwnerOf.Assigned(scene.Account, "sales"));
        Assert.Contains(scene.Effects.OfType<Effect.Withdraw>(), w => w.ActionId == task.Id && w.Reason == "somebody else must take the account over");
        Assert.All(scene.Account.OpenActions, a => Assert.Equal("", a.Owner));
        Assert.Equal("call", Assert.Single(scene.Account.OpenActions, a => a.Request is null).Play);
        Assert.Equal("stage `a` was overdue with `sam`", scene.Account.Dealings!.Owners.Single(o => o.Department == "sales").By);
    }

    [Fact]
    public void D4_escalate_leaves_the_account_with_whoever_acts_for_it()
    {
        var scene = Given("escalate").Signal("owner.assigned", "", "department", "sales", "owner", "sam").AfterDays(2);
        Assert.Equal("sam", OwnerOf.Assigned(scene.Account, "sales"));
    }

    [Fact]
    public void D4_an_end_to_end_owner_of_the_account_stands_before_that_of_the_playbook()
    {
        var scene = Given("escalate").Signal("owner.assigned", "", "owner", "rita").AfterDays(2);
        Assert.Equal("rita", scene.At(scene.Action.ValidUntil).Action.Owner);
    }

    [Fact]
    public void D4_a_stage_that_begins_anew_is_timed_anew()
    {
        var scene = Scene.Given(Head + "stages: {a: {kind: sla, accountable: sales, sla: {within: 2d, then: escalate}}, b: {kind: inventory}}\ntransitions: [{id: again, from: b, to: a, when: \"signals.any(['page.viewed'])\", re-entry: any-time}, {id: out, from: a, to: b, when: \"signals.any(['meeting.booked'])\"}]\n");
        scene.Signal("email.clicked").Signal("meeting.booked").Signal("page.viewed").AfterDays(1.5).Signal("page.viewed").AfterDays(1.5);
        Assert.False(scene.Account.SlaBreached);
        Assert.True(scene.AfterDays(0.5).Account.SlaBreached);
    }

    private static Scene Given(string then) => Scene.Given(Text(then));

    private static string Text(string then) =>
        Head + $"lifecycle-owner: revenue-office\nstages: {{a: {{kind: sla, accountable: sales, sla: {{within: 2d, then: {then}}}}}, b: {{kind: inventory}}}}\ntransitions: [{{id: x, from: a, to: b, when: \"signals.any(['meeting.booked'])\"}}]\n";
}
