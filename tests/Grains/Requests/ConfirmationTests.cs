using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Requests;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Requests;

public sealed class ConfirmationTests
{
    private const string Journey = """
        lifecycle-owner: revenue-office
        stages:
          appointment: {kind: inventory, accountable: sales}
          opportunity: {kind: inventory}
          recycled: {kind: inventory}
        transitions:
          - {id: accept, from: appointment, to: opportunity, when: "signals.any(['meeting.booked'])", confirm: {by: sales, within: 2d, reject-to: recycled, reasons: [no-need, timing]}}
          - {id: cold, from: appointment, to: recycled, when: "quiet_for('45d')"}

        """;

    private const string Plays = """
        plays:
          - {id: brief, for: contact, stages: [opportunity], goal: email.clicked, horizon: 7d, value: 100, valid-for: 1d, treatments: [{id: brief-mail, channel: email}]}

        """;

    [Fact]
    public void D7_a_criterion_that_takes_a_persons_word_asks_and_the_account_stays()
    {
        var scene = Asked();
        Assert.Equal("appointment", scene.Account.Stage);
        var action = scene.Action;
        Assert.Equal(("task", "sales", "", "", scene.Now.AddDays(2)), (action.Channel, action.Department, action.Contact, action.Play, action.ValidUntil));
        var request = Assert.IsType<Request.Confirmation>(action.Request);
        Assert.Equal(("confirmation", "accept", "opportunity", "recycled"), (request.Kind, request.Subject, request.To, request.RejectTo));
        Assert.Equal(["no-need", "timing"], request.Reasons);
        Assert.Equal([("from", "appointment"), ("to", "opportunity"), ("signals.any(['meeting.booked'])", "signals.any(['meeting.booked']) = true")], request.Packet.Select(p => (p.Name, p.Text)));
        Assert.Equal(action.Id, Assert.Single(scene.Effects.OfType<Effect.Offer>()).Action.Id);
    }

    [Fact]
    public void D7_what_is_asked_already_is_not_asked_again() =>
        Assert.Single(Asked().Signal("meeting.booked").Signal("meeting.booked").Account.OpenActions);

    [Fact]
    public void D2_a_confirmed_transition_keeps_the_criterion_and_whose_word_it_was()
    {
        var scene = Asked().After(TimeSpan.FromHours(3));
        scene.Settle(scene.Action.Id, new Settlement.Done("", "") { By = "ann@sales" });
        Assert.Equal(("opportunity", "accept", scene.Now), (scene.Account.Stage, scene.Account.StageBy, scene.Account.StageSince));
        var entered = Assert.Single(scene.Facts.Select(f => f.Event).OfType<AccountEvent.StageEntered>());
        Assert.Equal(
            [("signals.any(['meeting.booked'])", true, "signals.any(['meeting.booked']) = true"), ("confirmed by sales", true, "asserted by `ann@sales` of sales at 2026-03-02T13:00:00Z")],
            entered.Evidence.Select(c => (c.Text, c.Held, c.Values)));
        Assert.Empty(scene.Account.OpenActions);
    }

    [Fact]
    public void D2_what_is_best_at_the_stage_that_a_word_led_to_is_decided_at_once()
    {
        var scene = Asked(Journey + Plays, "ann");
        scene.Settle(scene.Action.Id, new Settlement.Done("", ""));
        Assert.Empty(scene.Account.OpenActions);
        scene.After(TimeSpan.FromTicks(1));
        Assert.Equal("brief-mail", scene.Action.Treatment);
    }

    [Fact]
    public void D7_declined_the_account_goes_where_a_no_leads_with_the_reason()
    {
        var scene = Asked();
        scene.Settle(scene.Action.Id, new Settlement.Declined("timing", null) { By = "ann" });
        var entered = Assert.Single(scene.Facts.Select(f => f.Event).OfType<AccountEvent.StageEntered>());
        Assert.Equal(("appointment", "recycled", "accept", "timing"), (entered.From, entered.To, entered.Transition, entered.Reason));
        Assert.Equal(("confirmed by sales", false), (entered.Evidence[^1].Text, entered.Evidence[^1].Held));
        Assert.Equal("ann", Assert.Single(scene.Facts.Select(f => f.Event).OfType<AccountEvent.ActionEnded>()).By);
    }

    [Fact]
    public void D7_a_reason_that_the_playbook_does_not_list_is_refused_with_those_that_it_does()
    {
        var scene = Asked();
        var id = scene.Action.Id;
        scene.Settle(id, new Settlement.Declined("too dear", null));
        Assert.Equal(new Rejection.BadAnswer("`too dear` is no reason to decline this; expected one of no-need, timing"), scene.Rejection);
        Assert.Equal(("appointment", id), (scene.Account.Stage, scene.Action.Id));
        scene.Settle(id, new Settlement.Declined("timing", TimeSpan.FromDays(1)));
        Assert.Contains("`snooze` is for plays", Assert.IsType<Rejection.BadAnswer>(scene.Rejection).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void D7_not_answered_in_time_it_escalates_at_the_instant_and_the_escalation_answers_it()
    {
        var scene = Asked();
        var due = scene.Action.ValidUntil;
        scene.At(due.AddTicks(-1));
        Assert.IsType<Request.Confirmation>(scene.Action.Request);
        scene.At(due);
        var escalation = Assert.IsType<Request.Escalation>(scene.Action.Request);
        Assert.Equal(("accept", 1, TimeSpan.FromDays(4), due.AddDays(4)), (escalation.Subject, escalation.Level, escalation.Within, scene.Action.ValidUntil));
        Assert.Equal("the confirmation of `accept` was not answered within 2d by sales", scene.Action.Reason);
        Assert.Equal("appointment", scene.Account.Stage);
        scene.Signal("meeting.booked");
        Assert.Single(scene.Account.OpenActions);
        scene.Settle(scene.Action.Id, new Settlement.Declined("no-need", null));
        Assert.Equal("recycled", scene.Account.Stage);
    }

    [Fact]
    public void D7_an_escalation_goes_on_to_the_lifecycle_owner_and_takes_longer_each_time()
    {
        var scene = Asked("""
            lifecycle-owner: revenue-office
            stages: {appointment: {kind: inventory, accountable: sales}, opportunity: {kind: inventory}, recycled: {kind: inventory}}
            transitions:
              - {id: accept, from: appointment, to: opportunity, when: "signals.any(['meeting.booked'])", confirm: {by: sales, within: 2d, reject-to: recycled}}

            """);
        List<(string Owner, TimeSpan Within)> asked = [];
        for (var i = 0; i < 6; i++)
        {
            scene.At(scene.Action.ValidUntil);
            asked.Add((scene.Action.Owner, scene.Action.Request!.Within));
        }

        Assert.Equal([("", 4), ("revenue-office", 8), ("revenue-office", 16), ("revenue-office", 30), ("revenue-office", 30), ("revenue-office", 30)], asked.Select(a => (a.Owner, (int)a.Within.TotalDays)));
        scene.Settle(scene.Action.Id, new Settlement.Done("", ""));
        Assert.Equal("opportunity", scene.Account.Stage);
    }

    [Fact]
    public void D7_whoever_leaves_the_stage_is_no_longer_asked_about()
    {
        var scene = Asked().AfterDays(44).Signal("meeting.booked");
        var asked = scene.Action.Id;
        scene.AfterDays(45);
        Assert.Equal("recycled", scene.Account.Stage);
        Assert.Empty(scene.Account.OpenActions);
        Assert.NotEqual(asked, scene.Effects.OfType<Effect.Withdraw>().Last().ActionId);
    }

    [Fact]
    public void D7_a_request_that_nobody_could_be_asked_escalates_at_once()
    {
        var scene = Asked();
        scene.Settle(scene.Action.Id, new Settlement.Reject("no such queue"));
        Assert.IsType<Request.Escalation>(scene.Action.Request);
    }

    [Fact]
    public void D7_a_request_given_back_is_offered_again_as_it_was()
    {
        var scene = Asked();
        var id = scene.Action.Id;
        scene.Settle(id, new Settlement.Retry(TimeSpan.FromHours(1), 1, "later"));
        Assert.Equal((id, 1), (scene.Action.Id, scene.Action.Attempt));
        Assert.Equal(2, scene.Effects.OfType<Effect.Offer>().Count(o => o.Action.Request is Request.Confirmation));
    }

    [Fact]
    public void D7_after_an_outage_whoever_was_never_asked_is_not_late()
    {
        var scene = Scene.Given(Head + """
            stages: {a: {kind: inventory}, b: {kind: inventory}, c: {kind: inventory}}
            transitions: [{id: x, from: a, to: b, when: "quiet_for('5d')", confirm: {by: sales, within: 1d, reject-to: c}}]

            """).Signal("page.viewed");
        scene.Outage(TimeSpan.FromDays(30));
        Assert.IsType<Request.Confirmation>(scene.Action.Request);
        Assert.Equal(scene.Now.AddDays(1), scene.Action.ValidUntil);
    }

    [Fact]
    public void D7_an_instant_that_has_come_asks_once_and_wakes_nobody_again()
    {
        var scene = Scene.Given(Head + """
            stages: {a: {kind: inventory}, b: {kind: inventory}, c: {kind: inventory}}
            transitions: [{id: x, from: a, to: b, at: "account.renews", confirm: {by: sales, within: 5d, reject-to: c}}]

            """).Signal("account.updated", "", "renews", Scene.Utc("2026-04-01T00:00:00Z"));
        scene.At("2026-04-01T00:00:00Z");
        Assert.IsType<Request.Confirmation>(scene.Action.Request);
        var wakes = scene.Wakes.Count;
        scene.AfterDays(4).Signal("page.viewed");
        Assert.Equal(wakes, scene.Wakes.Count);
        Assert.Single(scene.Account.OpenActions);
    }

    private static Scene Asked(string journey = Journey, string person = "") => Scene.Given(Head + journey).Signal("meeting.booked", person);
}
