using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Requests;
using Orchestrator.Grains.Tests.Deals;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Ownership.HandoffPlaybook;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Tests.Ownership;

public sealed class HandoffTests
{
    [Fact]
    public void L2_a_transition_that_is_a_handoff_asks_the_other_department_with_a_deadline_and_a_packet()
    {
        var scene = Qualified();
        var (asked, handoff) = (Asked(scene), Assert.IsType<Request.Handoff>(Asked(scene).Request));
        Assert.Equal(("inside-sales", "task", scene.Now + TimeSpan.FromHours(4)), (asked.Department, asked.Channel, asked.ValidUntil));
        Assert.Equal(("qualify", "marketing", "inside-sales", "nurture", HandoffElse.Return), (handoff.Subject, handoff.From, handoff.To, handoff.Stage, handoff.Else));
        Assert.Contains(scene.Effects, e => e is Effect.Offer offer && offer.Action.Id == asked.Id);
        Assert.Equal("30", Item(handoff, "engagement/engagement"));
        Assert.Contains(handoff.Packet, p => p.Name.StartsWith("engagement/c", StringComparison.Ordinal) && p.Text.Contains("email:ann@x.test, champion, last active 2026-03-02", StringComparison.Ordinal));
        Assert.Equal(["topics/roi", "topics/price"], handoff.Packet.Where(p => p.Name.StartsWith("topics", StringComparison.Ordinal)).Select(p => p.Name));
        Assert.Equal("2 times in 28 days", Item(handoff, "topics/roi"));
        Assert.Equal("they hate lock-in (marketing, 2026-03-02)", Item(handoff, "insights/risk"));
        Assert.Equal("a demo on site (open, promised by marketing)", Item(handoff, "promises/p-1"));
    }

    [Fact]
    public void L2_the_note_of_the_meeting_the_answers_and_the_expectations_go_along_and_what_is_missing_is_said()
    {
        var scene = Qualified();
        Accept(scene, "ivy");
        scene.Record(DealTests.By("sales", scene.NewSignal("opportunity.updated", "", "opportunity", "o-1", "budget", "the CFO")));
        scene.Record(DealTests.By("inside-sales", scene.NewSignal("meeting.held", "ann", "note", "met the board")));
        var toSales = Assert.IsType<Request.Handoff>(Asked(scene).Request);
        Assert.Equal("met the board (meeting.held, inside-sales, 2026-03-02)", Item(toSales, "meeting-note"));
        Assert.Equal("the CFO (asserted by sales, 2026-03-02)", Item(toSales, "answers/budget"));
        Accept(scene, "sam");
        scene.Signal("contract.signed", "", "opportunity", "o-1");
        var toSuccess = Assert.IsType<Request.Handoff>(Asked(scene).Request);
        Assert.Equal("first result in a week (delivered by customer-success)", Item(toSuccess, "expectations/champion"));
        Assert.Equal("the CFO (asserted by sales, 2026-03-02)", Item(toSuccess, "answers/budget"));

        var bare = Scene.Given(All).Signal("page.viewed").Signal("page.viewed").Signal("page.viewed");
        Assert.Equal("nothing is known", Item(Assert.IsType<Request.Handoff>(Asked(bare).Request), "insights"));
    }

    [Fact]
    public void L1_the_giver_stays_accountable_until_the_other_one_has_accepted()
    {
        var scene = Qualified();
        Assert.Equal("qualified", scene.Account.Stage);
        Assert.Equal(new Accountable("marketing", ""), Accountable(scene));
        scene.After(TimeSpan.FromHours(3));
        Accept(scene, "ivy");
        Assert.Equal(new Accountable("inside-sales", "ivy"), Accountable(scene));
        Assert.Equal("revenue-office", OwnerOf.EndToEnd(scene.Account, scene.Playbook));
    }

    [Fact]
    public void L2_a_rejection_with_its_reason_takes_the_account_back_and_does_not_bounce()
    {
        var scene = Qualified();
        var asked = Asked(scene);
        scene.Settle(asked.Id, new Settlement.Declined("bored", null));
        Assert.Equal("`bored` is no reason to decline this; expected one of wrong-person, too-early", Assert.IsType<Rejection.BadAnswer>(scene.Rejection).Why);
        scene.Settle(asked.Id, new Settlement.Declined("too-early", null) { By = "ivy" });
        Assert.Equal(("nurture", "qualify"), (scene.Account.Stage, scene.Account.StageBy));
        Assert.Equal(new Accountable("marketing", ""), Accountable(scene));
        var moved = Assert.Single(scene.Facts.Select(f => f.Event).OfType<AccountEvent.StageEntered>());
        Assert.Equal("too-early", moved.Reason);
        Assert.Contains("rejected (too-early), asserted by `ivy` of inside-sales", moved.Evidence[0].Values, StringComparison.Ordinal);

        // The criterion still holds: it does not hand over the same account again.
        scene.Signal("page.viewed", "ann");
        Assert.Equal("nurture", scene.Account.Stage);
        Assert.Equal("too-early", Assert.Single(scene.Account.Dealings!.Returned).Reason);
    }

    [Fact]
    public void L2_what_came_back_may_be_handed_over_again_once_its_criterion_failed_or_the_giver_offers_it()
    {
        var offered = Qualified();
        offered.Settle(Asked(offered).Id, new Settlement.Declined("too-early", null) { By = "ivy" });
        Assert.Contains("there is nothing to offer again", Assert.IsType<Rejection.BadSignal>(offered.Signal("handoff.offered", "", "handoff", "accept").Rejection).Reason, StringComparison.Ordinal);
        offered.Signal("handoff.offered", "", "handoff", "qualify");
        Assert.Equal("qualified", offered.Account.Stage);

        var cooled = Qualified();
        cooled.Settle(Asked(cooled).Id, new Settlement.Declined("too-early", null) { By = "ivy" });
        cooled.AfterDays(10);
        Assert.True(Assert.Single(cooled.Account.Dealings!.Returned).IsReady);
        Assert.Equal("nurture", cooled.Account.Stage);
        cooled.Signal("page.viewed", "ann").Signal("page.viewed", "ann");
        Assert.Equal("qualified", cooled.Account.Stage);
    }

    [Fact]
    public void L2_what_nobody_accepts_in_time_goes_back_at_the_exact_deadline()
    {
        var scene = Qualified();
        var due = scene.Now + TimeSpan.FromHours(4);
        Assert.Equal("qualified", scene.At(due.AddTicks(-1)).Account.Stage);
        Assert.Equal(("nurture", due), (scene.At(due).Account.Stage, scene.Account.StageSince));
        Assert.Equal(new Accountable("marketing", ""), Accountable(scene));
        Assert.Equal("not accepted within 4h", Assert.Single(scene.Account.Dealings!.Returned).Reason);
    }

    [Fact]
    public void L2_what_nobody_accepts_in_time_escalates_and_an_answer_to_that_is_the_answer()
    {
        var scene = Qualified();
        Accept(scene, "ivy");
        scene.Record(DealTests.By("sales", scene.NewSignal("meeting.held", "ann", "note", "met")));
        scene.AfterDays(1);
        Assert.IsType<Request.Escalation>(Asked(scene).Request);
        Assert.Equal(new Accountable("inside-sales", "ivy"), Accountable(scene));
        scene.Settle(Asked(scene).Id, new Settlement.Done("", "") { By = "sam" });
        Assert.Equal(new Accountable("sales", "sam"), Accountable(scene));
    }

    [Fact]
    public void L2_an_account_that_goes_to_yet_another_department_leaves_the_handoff_behind()
    {
        var scene = Qualified().Signal("dropped");
        Assert.Equal("lost", scene.Account.Stage);
        Assert.Null(OwnerOf.Pending(scene.Account));
        Assert.Equal(new Accountable("", "revenue-office"), Accountable(scene));
    }

    [Theory]
    [InlineData("{from: marketing, to: marketing, on: qualify, accept-within: 4h, else: return}", "`marketing` cannot hand over to itself")]
    [InlineData("{from: marketing, to: sales, on: qualify, accept-within: 4h, else: return}", "`qualify` leads to stage `qualified`, for which `inside-sales` is accountable, not `sales`")]
    [InlineData("{from: marketing, to: inside-sales, on: qualfy, accept-within: 4h, else: return}", "unknown transition `qualfy`; did you mean `qualify`?")]
    [InlineData("{from: marketing, to: inside-sales, on: qualify, packet: [topcs], accept-within: 4h, else: return}", "did you mean `topics`?")]
    [InlineData("{from: marketing, to: inside-sales, on: qualify, accept-within: 4h, else: retrn}", "expected return or escalate, found `retrn`")]
    [InlineData("{from: marketing, to: inside-sales, on: qualify, else: return}", "a handoff needs `accept-within`")]
    public void L2_a_mistake_in_a_handoff_is_told_at_publish(string handoff, string message)
    {
        var result = PlaybookCompiler.Compile(Head + "handoffs: [" + handoff + "]\n", "p.yaml", 1);
        Assert.Null(result.Playbook);
        Assert.Contains(result.Diagnostics, d => d.Severity == Severity.Error && d.Message.Contains(message, StringComparison.Ordinal));
    }

    private static Scene Qualified()
    {
        var scene = Scene.Given(All);
        scene.Signal("role.assigned", "ann", "role", "champion");
        scene.Record(DealTests.By("marketing", scene.NewSignal("insight.noted", "", "about", "risk", "text", "they hate lock-in")));
        scene.Record(DealTests.By("marketing", scene.NewSignal("promise.made", "", "promise", "p-1", "text", "a demo on site")));
        scene.Signal("page.viewed", "ann", "topic", "roi").Signal("page.viewed", "ann", "topic", "roi").Signal("page.viewed", "ann", "topic", "price");
        Assert.Equal("qualified", scene.Account.Stage);
        return scene;
    }

    private static OpenAction Asked(Scene scene) => Assert.Single(scene.Account.OpenActions, a => a.Request is not null);

    private static void Accept(Scene scene, string by)
    {
        scene.Settle(Asked(scene).Id, new Settlement.Done("", "") { By = by });
        Assert.Null(OwnerOf.Pending(scene.Account));
    }

    private static Accountable Accountable(Scene scene) => OwnerOf.Accountable(scene.Account, scene.Playbook);

    private static string Item(Request request, string name) => Assert.Single(request.Packet, p => p.Name == name).Text;
}
