using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Counts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Promises;
using Orchestrator.Grains.Requests;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;
using Room = Orchestrator.Grains.Lateness.Room;

namespace Orchestrator.Grains.Tests.Lateness;

/// <summary>What putting a room right leaves behind, and what others hear of it.</summary>
public sealed class RoomTests
{
    private const string Late = "lateness: {tolerance: 5m, correct-after: 10s, reach: 30d}\n";

    private const string Asking = """
        lifecycle-owner: revenue-office
        stages: {a: {kind: inventory, accountable: sales}, b: {kind: inventory, accountable: sales}, c: {kind: inventory}, d: {kind: inventory}}
        transitions:
          - {id: on, from: a, to: b, when: "signal.type == 'email.clicked'"}
          - {id: out, from: b, to: d, when: "signal.type == 'purchase.made'"}
          - {id: accept, from: b, to: c, when: "signal.type == 'meeting.booked'", confirm: {by: sales, within: 2d, reject-to: d}}

        """;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void A2_a_promise_kept_in_time_of_which_word_came_late_is_kept_and_that_it_was_told_broken_stays_on_record()
    {
        var chronicle = new Chronicle(RoomPlaybook.Text);
        var scene = chronicle.Scene;
        var due = scene.Now.AddHours(2);
        scene.Signal("promise.made", "", "promise", "p-1", "text", "a call", "due", due).After(3 * Hour);
        Assert.Equal((PromiseStanding.Broken, due), (Promise(scene).Standing, Promise(scene).SettledAt));
        var word = scene.NewSignal("promise.kept", "", "promise", "p-1");
        word.Time = Timestamp.FromDateTimeOffset(due.AddHours(-1));
        scene.Record(word).After(Minute);
        chronicle.Correct();
        Assert.Equal((PromiseStanding.Kept, due.AddHours(-1), due), (Promise(scene).Standing, Promise(scene).SettledAt, Promise(scene).ToldBrokenAt));

        var fact = Assert.Single(Facts(scene));
        Assert.Equal((Room.Promises, scene.Now), (fact.Room, fact.At));
        Assert.Equal(word.Id, Assert.Single(fact.Signals));
        var change = Assert.Single(fact.Changes);
        Assert.Equal("promise `p-1` was told broken at 2026-03-02T12:00:00Z, which stays on record", change);
        Assert.Equal((Room.Promises, change), (Assert.Single(chronicle.Correction.Rooms).Room, chronicle.Correction.Rooms[0].Changes[0]));
        Assert.Contains(scene.Journal, f => f.Event is AccountEvent.OfDealings { Event: DealingsEvent.PromiseSettled { Kept: false } });
        var (read, _) = StateForm.Read(StateForm.Write(scene.Account, 1));
        Assert.Equal(StateForm.Write(scene.Account, 1), StateForm.Write(read, 1));
        Assert.Equal(due, Promise((Account)read).ToldBrokenAt);
    }

    [Fact]
    public void A2_a_question_that_would_be_open_is_asked_now_with_its_whole_time()
    {
        var chronicle = new Chronicle(Head + Late + Asking);
        var scene = chronicle.Scene.Signal("page.viewed");
        var clicked = scene.After(Hour).Now;
        scene.After(Hour).Signal("meeting.booked").After(Hour);
        Assert.Empty(scene.Account.OpenActions);
        chronicle.Late(clicked, "email.clicked");
        scene.After(Minute);
        chronicle.Correct();
        Assert.Equal("b", scene.Account.Stage);
        Assert.Equal(("confirmation", "accept", scene.Now, scene.Now.AddDays(2)), (scene.Action.Request!.Kind, scene.Action.Request.Subject, scene.Action.DecidedAt, scene.Action.ValidUntil));
        Assert.Contains("the confirmation of `accept` is asked now: it would have been open since 2026-03-02T12:00:00Z", chronicle.Correction.Also);
        Assert.Equal("c", scene.Done().Account.Stage);
    }

    [Fact]
    public void A2_a_question_that_would_not_have_been_asked_is_taken_back_and_what_was_answered_stands()
    {
        var chronicle = new Chronicle(Head + Late + Asking.Replace("  - {id: out, from: b, to: d, when: \"signal.type == 'purchase.made'\"}\n", "  - {id: out, from: b, to: a, when: \"signal.type == 'purchase.made'\"}\n", StringComparison.Ordinal));
        var scene = chronicle.Scene.Signal("email.clicked");
        var left = scene.After(Hour).Now;
        scene.After(Hour).Signal("meeting.booked").After(Hour);
        var asked = scene.Action.Id;
        chronicle.Late(left, "purchase.made", "", "amount", new V1.Money { Currency = "GBP", MinorUnits = 1 });
        scene.After(Minute);
        chronicle.Correct();
        Assert.Equal("a", scene.Account.Stage);
        Assert.Empty(scene.Account.OpenActions);
        Assert.Contains(scene.Effects, e => e is Effect.Withdraw w && w.ActionId == asked);
    }

    [Fact]
    public void A2_whoever_brought_an_account_hears_of_it_though_word_came_late_and_whoever_was_told_before_keeps_it()
    {
        var chronicle = new Chronicle("""
            playbook: small
            currency: GBP
            time-zone: Europe/London
            signals:
              form.submitted: {observed: true, properties: {referred_by: string?}}
              page.viewed: {observed: true}
              survey.answered: {observed: true, properties: {kind: string, score: int}}
            stages: {lead: {kind: inventory}}
            plays:
              - {id: ask, for: contact, goal: form.submitted, horizon: 30d, advocacy: true, value: 45000, cost: 50, valid-for: 1d, cool-down: 180d, treatments: [{id: ask-mail, channel: email}]}

            """ + Late);
        var scene = chronicle.Scene;
        foreach (var advocate in new[] { "first", "second" })
        {
            scene.Record(scene.NewSignal("page.viewed", ""), advocate);
        }

        var came = scene.Signal("page.viewed").After(Hour).Now;
        scene.After(Hour).Signal("form.submitted", "", "referred_by", "second").After(Hour);
        Assert.Equal("second", scene.Account.Customer!.Referrer!.By);
        chronicle.Late(came, "form.submitted", "", "referred_by", "first");
        scene.After(Minute);
        chronicle.Correct();
        Assert.Equal(("first", came), (scene.Account.Customer!.Referrer!.By, scene.Account.Customer.Referrer.At));
        Assert.All(new[] { "first", "second" }, advocate => Assert.Equal(Scene.Company, Assert.Single(scene.AccountOf(advocate).Customer!.Referrals).Account));
        Assert.Contains("brought by `first`, not by `second`, who keeps what was told", Assert.Single(Facts(scene)).Changes[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A2_a_goal_counts_what_would_have_been_reached_and_never_twice()
    {
        const string text = SmallPlaybooks.Head + Late + """
            stages: {lead: {kind: inventory}, customer: {kind: inventory}, gone: {kind: inventory}}
            transitions:
              - {id: wins, from: lead, to: customer, when: "signal.type == 'purchase.made'"}
              - {id: goes, from: [lead, customer], to: gone, when: "signal.type == 'meeting.booked'"}
            goals: {wins: {pool: hunter, enters: customer, target: 9, period: year}}

            """;
        V1.Money pound = new() { Currency = "GBP", MinorUnits = 100 };
        var passed = new Chronicle(text.Replace("{title: Sales}", "{title: Sales, pool: hunter}", StringComparison.Ordinal));
        var won = passed.Scene.Signal("page.viewed").After(Hour).Now;
        passed.Scene.After(Hour).Signal("meeting.booked").After(Hour);
        passed.Late(won, "purchase.made", "", "amount", pound);
        passed.Scene.After(Minute);
        passed.Correct();
        Assert.Equal("gone", passed.Scene.Account.Stage);
        Assert.Equal($"{Scene.Company}/customer/{won.UtcTicks}", Assert.Single(Achieved(passed.Scene)).Key);

        var later = new Chronicle(text.Replace("{title: Sales}", "{title: Sales, pool: hunter}", StringComparison.Ordinal));
        won = later.Scene.Signal("page.viewed").After(Hour).Now;
        later.Scene.After(Hour);
        later.Late(won, "purchase.made", "", "amount", pound);
        later.Scene.After(Minute);
        later.Correct();
        Assert.Equal(("customer", won), (later.Scene.Account.Stage, later.Scene.Account.StageSince));
        Assert.Single(Achieved(later.Scene));
    }

    [Fact]
    public void A2_an_account_that_told_itself_tells_itself_nothing_twice_and_what_it_named_keeps_its_name()
    {
        var chronicle = new Chronicle("""
            playbook: small
            currency: GBP
            time-zone: Europe/London
            departments: {sales: {title: Sales}}
            signals:
              product.used: {observed: true, properties: {feature: string?}}
              page.viewed: {observed: true}
              contract.signed: {observed: true, properties: {opportunity: string}}
              opportunity.lost: {observed: true, properties: {opportunity: string}}
              opportunity.updated: {observed: true, properties: {opportunity: string, reason: string?}}
            milestones:
              onboarding: [{id: first-value, when: "signals.count('product.used', {'feature': 'report'}) >= 1"}]
            expansion-phase:
              when: "milestones.done('onboarding')"
              triggers:
                - {id: seats, when: "signals.count('page.viewed', '7d') > 1", signal: opportunity.updated, cool-down: 30d}
            deal: {questions: [{id: budget, ask: Who pays?}]}
            stages: {onboarding: {kind: inventory}}

            """ + Late);
        var scene = chronicle.Scene.Signal("page.viewed");
        var used = scene.After(Hour).Now;
        var ready = scene.After(Hour).Now;
        scene.Signal("page.viewed").After(3 * Hour);
        Assert.Null(scene.Account.Dealings);
        chronicle.Late(used, "product.used", "", "feature", "report");
        var deal = Assert.Single(scene.Account.Dealings!.Deals);
        Assert.Equal(scene.Now, deal.OpenedAt);
        var signals = scene.Account.SignalCount;
        scene.After(Minute);
        chronicle.Correct();
        Assert.Equal((deal.Id, ready), (Assert.Single(scene.Account.Dealings!.Deals).Id, scene.Account.Dealings.Deals[0].OpenedAt));
        Assert.Equal(ready, Assert.Single(scene.Account.Customer!.Triggers).At);
        Assert.Equal(signals, scene.AfterDays(3).Account.SignalCount);
    }

    [Fact]
    public void A2_a_correction_of_a_person_leaves_each_as_they_would_be_once_it_is_known_that_they_are_two()
    {
        const string text = Head + Late + OneStage + "scores: {engagement: {half-life: 7d, points: {page.viewed: {add: 4, when: \"has_role('buyer')\"}, email.clicked: 3}}}\n";
        var (merged, never) = (new Chronicle(text), new Chronicle(text));
        foreach (var (chronicle, isMerged) in new[] { (merged, true), (never, false) })
        {
            var scene = chronicle.Scene.Signal("email.clicked", "ann").Signal("email.clicked", "bob").After(Hour);
            scene.Signal("email.clicked", isMerged ? "ann bob" : "ann");
            var buys = scene.After(Hour).Now;
            scene.After(Hour).Signal("page.viewed", "bob").Signal("page.viewed", "ann").After(Hour);
            chronicle.Late(buys, "role.assigned", "bob", "role", "buyer");
            scene.After(Minute);
            chronicle.Correct();
            scene.After(Hour);
        }

        // As one, both looked; as two, only one of them was a buyer.
        Assert.Contains("score `engagement`", merged.Correction.Also);
        Identities.UnmergingTests.Unmerge(merged.Scene, "ann", "bob");
        Assert.Equal(["buyer"], never.Scene.Person("bob").Roles);
        Assert.Equal(never.Scene.Person("bob").Roles, merged.Scene.Person("bob").Roles);
        Assert.Empty(merged.Scene.Person("ann").Roles);
        Assert.Equal(Engagement(never.Scene, "ann") + Engagement(never.Scene, "bob") + 4, Engagement(merged.Scene, "ann") + Engagement(merged.Scene, "bob"), 0.5);
        Assert.Equal(Engagement(never.Scene, "ann"), Engagement(merged.Scene, "ann"), 6);
    }

    private static Promise Promise(Scene scene) => Promise(scene.Account);

    private static Promise Promise(Account account) => Assert.Single(account.Dealings!.Promises);

    private static double Engagement(Scene scene, string person) => scene.Person(person).FindScore("engagement")?.ValueAt(scene.Now) ?? 0;

    private static List<LatenessEvent.RoomCorrected> Facts(Scene scene) =>
        [.. scene.Journal.Select(f => f.Event).OfType<AccountEvent.OfLateness>().Select(e => e.Event).OfType<LatenessEvent.RoomCorrected>()];

    private static List<AccountBoardEvent.Achieved> Achieved(Scene scene) =>
        [.. scene.Journal.Select(f => f.Event).OfType<AccountEvent.OfBoard>().Select(e => e.Event).OfType<AccountBoardEvent.Achieved>()];
}
