using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Requests;
using Orchestrator.Grains.Tests.Deals;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Ownership.HandoffPlaybook;

namespace Orchestrator.Grains.Tests.Ownership;

public sealed class OwnerTests
{
    private const string Task = """
        plays:
          - {id: call, for: owner, department: sales, stages: [opportunity], goal: contract.signed, horizon: 7d, cool-down: 1s, value: 100, valid-for: 1d, treatments: [{id: call-a, channel: task}]}

        """;

    [Fact]
    public void L1_a_person_assigned_in_the_accountable_department_answers_and_their_actions_name_them()
    {
        var scene = Scene.Given(Head + Task).Signal("owner.assigned", "", "department", "sales", "owner", "sam").Signal("owner.assigned", "", "owner", "rita");
        Assert.Equal(new Accountable("marketing", ""), OwnerOf.Accountable(scene.Account, scene.Playbook));
        Assert.Equal("rita", OwnerOf.EndToEnd(scene.Account, scene.Playbook));
        scene.Signal("page.viewed").Signal("page.viewed").Signal("page.viewed");
        scene.Record(DealTests.By("sales", scene.NewSignal("meeting.held", "ann", "note", "met")));
        Assert.Equal(new Accountable("sales", "sam"), OwnerOf.Accountable(scene.Account, scene.Playbook));
        Assert.Equal(("sales", "sam"), (scene.Offered.Department, scene.Offered.Owner));
        var before = scene.Action;
        scene.Effects.Clear();
        scene.Signal("owner.assigned", "", "department", "sales", "owner", "");
        Assert.Equal(new Accountable("sales", ""), OwnerOf.Accountable(scene.Account, scene.Playbook));

        // What was in sam's hands is in theirs now: the same action, taken from one and offered to the other.
        Assert.Equal((before.Id, ""), (scene.Action.Id, scene.Action.Owner));
        Assert.Equal(before.Id, Assert.IsType<Effect.Withdraw>(scene.Effects[0]).ActionId);
        Assert.Equal((before.Id, ""), Assert.IsType<Effect.Offer>(scene.Effects[1]) is var offer ? (offer.Action.Id, offer.Action.Owner) : default);
    }

    [Fact]
    public void L1_a_late_assignment_does_not_undo_a_later_one_and_an_unknown_department_is_refused()
    {
        var scene = Scene.Given(All).Signal("page.viewed");
        var late = scene.NewSignal("owner.assigned", "", "department", "sales", "owner", "old");
        scene.AfterDays(1).Signal("owner.assigned", "", "department", "sales", "owner", "new").Record(late);
        Assert.Equal("new", OwnerOf.Assigned(scene.Account, "sales"));
        Assert.Equal("unknown department `sale`; did you mean `sales`?", Assert.IsType<Rejection.BadSignal>(scene.Signal("owner.assigned", "", "department", "sale", "owner", "x").Rejection).Reason);
    }

    [Fact]
    public void L2_what_was_in_hand_with_an_account_joins_the_one_it_is_merged_into()
    {
        const string other = "a-2";
        var scene = Scene.Given(All).Signal("page.viewed").Signal("owner.assigned", "", "department", "sales", "owner", "sam").Signal("insight.noted", "", "about", "risk", "text", "old");
        scene.AfterDays(1);
        scene.Record(DealTests.By("sales", scene.NewSignal("opportunity.updated", "", "opportunity", "o-2", "budget", "the CFO")), other);
        scene.Record(scene.NewSignal("owner.assigned", "", "department", "sales", "owner", "sue"), other);
        scene.Record(scene.NewSignal("owner.assigned", "", "department", "marketing", "owner", "mia"), other);
        scene.Record(scene.NewSignal("insight.noted", "", "about", "risk", "text", "new"), other);
        scene.Record(scene.NewSignal("promise.made", "", "promise", "p-1", "text", "a demo"), other);
        scene.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, other), Scene.Company));
        var dealings = scene.Account.Dealings!;
        Assert.Equal("the CFO", dealings.FindDeal("o-2")!.Find("budget")!.Text);
        Assert.Equal([("marketing", "mia"), ("sales", "sam")], dealings.Owners.Select(o => (o.Department, o.Owner)));
        Assert.Equal(("new", "a demo"), (dealings.FindInsight("risk")!.Text, dealings.FindPromise("p-1")!.Text));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void L1_exactly_one_is_accountable_at_every_instant_of_any_history(int seed)
    {
        var random = new Random(seed);
        var passed = 0;
        for (var history = 0; history < 12; history++)
        {
            var scene = Scene.Given(All).Signal("page.viewed", "ann");
            var before = OwnerOf.Accountable(scene.Account, scene.Playbook);
            scene.AfterTurn = () => before = Check(scene, before, seed, ref passed);
            for (var step = 0; step < 120; step++)
            {
                Step(scene, random);
            }
        }

        Assert.True(passed >= 10, $"seed {seed}: only {passed} handoffs were accepted");
    }

    /// <summary>One of a company's days.</summary>
    private static void Step(Scene scene, Random random)
    {
        switch (random.Next(12))
        {
            case 0 or 1 or 2: scene.Signal("page.viewed", "", "topic", "roi"); break;
            case 3: scene.Record(DealTests.By("sales", scene.NewSignal("meeting.held", "ann", "note", "met"))); break;
            case 4: scene.Signal("contract.signed", "", "opportunity", $"o-{random.Next(3)}"); break;
            case 5 when random.Next(3) == 0: scene.Signal("dropped"); break;
            case 6: scene.Signal("qualified.manually"); break;
            case 7: scene.Signal("owner.assigned", "", "department", random.Next(2) == 0 ? "sales" : "inside-sales", "owner", random.Next(3) == 0 ? "" : $"p-{random.Next(4)}"); break;
            case 8: scene.After(TimeSpan.FromHours(random.Next(60))); break;
            default:
                if (scene.Account.OpenActions.FirstOrDefault(a => a.Request is not null) is { } asked)
                {
                    scene.Settle(asked.Id, random.Next(4) > 0 ? new Settlement.Done("", "") { By = $"p-{random.Next(4)}" } : new Settlement.Declined("too-early", null) { By = "p-0" });
                }

                break;
        }
    }

    private static Accountable Check(Scene scene, Accountable before, int seed, ref int passed)
    {
        var account = scene.Account;
        var now = OwnerOf.Accountable(account, scene.Playbook);
        var what = $"seed {seed} at {scene.Now:O}, stage {account.Stage}: {before} became {now}";
        Assert.True(account.OpenActions.Count(a => a.Request is Request.Handoff or Request.Escalation { Of: Request.Handoff }) <= 1, $"two handoffs are open: {what}");
        Assert.True(now.Department.Length > 0 || now.Owner == "revenue-office", $"nobody is accountable: {what}");
        Assert.True(now.Department.Length == 0 || scene.Playbook.Definition.Departments.Any(d => d.Id == now.Department), what);
        Assert.Equal("revenue-office", OwnerOf.EndToEnd(account, scene.Playbook));

        // Across a declared handoff the account passes only if somebody of the other department said yes.
        if (scene.Playbook.Definition.Handoffs.Any(h => h.From.Id == before.Department && h.To.Id == now.Department))
        {
            var ended = scene.Journal.AsEnumerable().Reverse().Select(f => f.Event).OfType<AccountEvent.ActionEnded>().First();
            Assert.True(ended.How == EndedHow.Done, $"passed without a yes: {what}");
            passed++;
        }

        return now;
    }
}
