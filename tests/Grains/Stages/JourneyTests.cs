using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Stages;

public sealed class JourneyTests
{
    [Fact]
    public void D1_of_the_transitions_that_hold_the_first_wins()
    {
        var scene = Given("{a: {kind: inventory}, b: {kind: inventory}, c: {kind: inventory}}", "{id: x, from: a, to: b, when: \"signals.any(['meeting.booked'])\"}, {id: y, from: a, to: c, when: \"true\"}, {id: z, from: a, to: b, when: \"true\"}");
        Assert.Equal(("c", "y"), (scene.Signal("page.viewed").Account.Stage, scene.Account.StageBy));
        Assert.Equal("b", Given("{a: {kind: inventory}, b: {kind: inventory}, c: {kind: inventory}}", "{id: x, from: a, to: b, when: \"signals.any(['meeting.booked'])\"}, {id: y, from: a, to: c, when: \"true\"}").Signal("meeting.booked").Account.Stage);
    }

    [Fact]
    public void D4_several_stages_may_be_passed_in_one_turn()
    {
        var scene = Given("{a: {kind: gate}, b: {kind: gate}, c: {kind: inventory}}", "{id: x, from: a, to: b, when: \"true\"}, {id: y, from: b, to: c, when: \"stage == 'b'\"}").Signal("page.viewed");
        Assert.Equal(["b", "c"], Entered(scene));
    }

    [Fact]
    public void C12_a_circle_is_left_after_one_round()
    {
        var scene = Given("{a: {kind: inventory}, b: {kind: inventory}}", "{id: x, from: a, to: b, when: \"true\"}, {id: y, from: b, to: a, when: \"true\"}").Signal("page.viewed");
        Assert.Equal(["b"], Entered(scene));
        Assert.Equal(["a"], Entered(scene.Signal("page.viewed")));
    }

    [Fact]
    public void C12_at_most_eight_stages_are_passed_in_one_turn()
    {
        var stages = string.Join(", ", Enumerable.Range(0, 12).Select(i => $"s{i}: {{kind: inventory}}"));
        var transitions = string.Join(", ", Enumerable.Range(0, 11).Select(i => $"{{id: t{i}, from: s{i}, to: s{i + 1}, when: \"true\"}}"));
        Assert.Equal("s8", Given($"{{{stages}}}", transitions).Signal("page.viewed").Account.Stage);
    }

    [Fact]
    public void D9_a_transition_keeps_its_evidence_clause_by_clause_and_its_reason()
    {
        var scene = Given("{a: {kind: inventory}, b: {kind: inventory}}", "{id: x, from: a, to: b, when: \"signals.count('page.viewed') >= 2 && account.industry == 'mining'\", reason: \"'in ' + account.industry\"}");
        scene.Signal("account.updated", "", "industry", "mining").Signal("page.viewed").Signal("page.viewed");
        var entered = Assert.Single(scene.Facts.Select(f => f.Event).OfType<AccountEvent.StageEntered>());
        Assert.Equal(("a", "b", "x", "in mining", 1), (entered.From, entered.To, entered.Transition, entered.Reason, entered.PlaybookVersion));
        Assert.Equal(["signals.count('page.viewed') >= 2", "account.industry == 'mining'"], entered.Evidence.Select(c => c.Text));
        Assert.All(entered.Evidence, clause => Assert.True(clause.Held));
        Assert.Contains("2", entered.Evidence[0].Values, StringComparison.Ordinal);
    }

    [Fact]
    public void D2_a_transition_at_an_instant_happens_then()
    {
        var scene = Given("{a: {kind: inventory}, b: {kind: inventory}}", "{id: x, from: a, to: b, at: \"account.renews - duration('90d')\"}");
        scene.Signal("account.updated", "", "renews", scene.Now.AddDays(100));
        var due = scene.Now.AddDays(10);
        Assert.Equal("a", scene.At(due.AddTicks(-1)).Account.Stage);
        Assert.Equal(("b", due), (scene.At(due).Account.Stage, scene.Account.StageSince));
    }

    [Fact]
    public void D2_an_instant_that_had_passed_before_the_stage_was_entered_wakes_nobody()
    {
        var scene = Given("{a: {kind: inventory}, b: {kind: inventory}}", "{id: x, from: a, to: b, at: \"account.renews - duration('90d')\"}");
        var signal = scene.NewSignal("account.updated", "", "renews", scene.Now.AddDays(10));
        scene.Record(signal);
        Assert.Null(scene.Account.Wake);
    }

    [Theory]
    [InlineData("quiet_for('45d')")]
    [InlineData("stage_days >= 12.5")]
    [InlineData("stage_days > 12.5")]
    [InlineData("signals.days_since('page.viewed') >= 30.0")]
    [InlineData("score.engagement < 3.0")]
    [InlineData("score.engagement <= 3.0")]
    [InlineData("score.engagement * 2.0 < 7.0 && stage_days > 3.0")]
    [InlineData("signals.count('page.viewed', '30d') == 0")]
    [InlineData("signals.count('page.viewed', '30d') < 3")]
    [InlineData("signals.sum('purchase.made', 'amount', '20d') < 100.0")]
    [InlineData("score.trend < 1.0")]
    [InlineData("!(score.engagement > 2.0) || signals.count('page.viewed', '10d') == 0")]
    [InlineData("account.renews - now < duration('480h')")]
    [InlineData("score.fit == 'B'")]
    public void D8_a_criterion_that_time_fulfils_does_so_at_one_exact_tick(string when)
    {
        const string scores = "scores: {engagement: {half-life: 9d, points: {page.viewed: 10, meeting.booked: -4}}, trend: {window: 7d, versus: 21d, on: [page.viewed]}, fit: {points: [{when: \"signals.count('page.viewed', '15d') > 0\", add: 10}], grades: {A: 10, B: 0}}}\n";
        var playbook = Head + scores + "stages: {a: {kind: inventory}, b: {kind: inventory}}\ntransitions: [{id: x, from: a, to: b, when: \"" + when + "\"}]\n";
        for (var seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            var scene = Scene.Given(playbook);
            scene.Signal("account.updated", "", "renews", scene.Now.AddDays(60));
            for (var i = 0; i < 3; i++)
            {
                scene.After(TimeSpan.FromTicks((long)(random.NextDouble() * TimeSpan.TicksPerDay)));
                scene.Signal("page.viewed", "ann").Signal("page.viewed", "ann").Signal("purchase.made", "ann", "amount", new Money { MinorUnits = 90, Currency = "GBP" });
            }

            if (scene.Account.Stage == "b")
            {
                continue;
            }

            // Look at every step from now to the move: the stage must change at the wake, and the criterion must not have held a tick before.
            var facts = scene.Workspace.Facts;
            var criterion = scene.Playbook.Stages["a"].Transitions[0].When!;
            while (scene.Account is { Stage: "a", Wake: { } wake })
            {
                facts.Set(scene.Playbook, scene.Account, null, null, wake.AddTicks(-1));
                Assert.False(criterion.Holds(facts), $"seed {seed}: held a tick before {wake:O}");
                scene.At(wake);
            }

            Assert.Equal("b", scene.Account.Stage);
            Assert.Equal(scene.Now, scene.Account.StageSince);
        }
    }

    [Fact]
    public void D4_a_stage_that_must_be_left_in_time_says_so_once_at_the_instant()
    {
        var scene = Given("{a: {kind: sla, sla: {within: 2d, then: escalate}}, b: {kind: inventory}}", "{id: x, from: a, to: b, when: \"signals.any(['meeting.booked'])\"}").Signal("page.viewed");
        var due = scene.Now.AddDays(2);
        Assert.False(scene.At(due.AddTicks(-1)).Account.SlaBreached);
        Assert.True(scene.At(due).Account.SlaBreached);
        scene.AfterDays(5).Signal("page.viewed");
        Assert.Equal(due, Assert.Single(scene.Journal.Select(f => f.Event).OfType<AccountEvent.SlaBreached>()).At);
        Assert.False(scene.Signal("meeting.booked").Account.SlaBreached);
    }

    [Fact]
    public void P2_what_an_outage_made_late_is_judged_at_its_own_instant_in_order()
    {
        var scene = Given("{a: {kind: inventory}, b: {kind: sla, sla: {within: 10d, then: escalate}}, c: {kind: inventory}}", "{id: x, from: a, to: b, when: \"quiet_for('20d')\"}, {id: y, from: b, to: c, when: \"stage_days >= 15.0\"}").Signal("page.viewed", "ann");
        var start = scene.Now;
        scene.Outage(TimeSpan.FromDays(90));
        var moves = scene.Journal.Select(f => f.Event).OfType<AccountEvent.StageEntered>().Select(e => (e.To, e.At));
        Assert.Equal([("b", start.AddDays(20)), ("c", start.AddDays(35))], moves);
        Assert.Equal(start.AddDays(30), Assert.Single(scene.Journal.Select(f => f.Event).OfType<AccountEvent.SlaBreached>()).At);
    }

    [Fact]
    public void P2_after_an_outage_only_the_last_stage_offers_anything()
    {
        const string plays = """
            plays:
              - {id: old, for: contact, stages: [b], goal: email.clicked, horizon: 7d, value: 100, valid-for: 30d, treatments: [{id: old-mail, channel: email}]}
              - {id: new, for: contact, stages: [c], goal: email.clicked, horizon: 7d, value: 100, valid-for: 30d, treatments: [{id: new-mail, channel: email}]}

            """;
        var scene = Scene.Given(Head + "stages: {a: {kind: inventory}, b: {kind: inventory}, c: {kind: inventory}}\ntransitions: [{id: x, from: a, to: b, when: \"quiet_for('20d')\"}, {id: y, from: b, to: c, when: \"stage_days >= 15.0\"}]\n" + plays).Signal("page.viewed", "ann");
        scene.Outage(TimeSpan.FromDays(90));
        Assert.Equal("new-mail", scene.Action.Treatment);
        Assert.Equal(scene.Now, scene.Action.DecidedAt);
        Assert.Single(scene.Journal.Select(f => f.Event).OfType<AccountEvent.ActionOffered>());
    }

    [Fact]
    public void D5_leaving_a_stage_takes_back_what_belongs_to_it()
    {
        const string plays = """
            plays:
              - {id: here, for: contact, stages: [a], goal: email.clicked, horizon: 7d, value: 100, valid-for: 30d, treatments: [{id: here-mail, channel: email}]}
              - {id: both, for: owner, department: sales, stages: [a, b], goal: meeting.booked, horizon: 7d, value: 50, valid-for: 30d, treatments: [{id: both-task, channel: task}]}

            """;
        var scene = Scene.Given(Head + "stages: {a: {kind: inventory}, b: {kind: inventory}}\ntransitions: [{id: x, from: a, to: b, when: \"signals.any(['purchase.made'])\"}]\n" + plays);
        scene.Signal("page.viewed", "ann").Signal("page.viewed", "ann");
        var mail = scene.Account.OpenActions.Single(a => a.Play == "here");
        scene.Signal("purchase.made", "ann");
        Assert.Equal("both", scene.Action.Play);
        Assert.Equal(mail.Id, scene.Effects.OfType<Effect.Withdraw>().Single().ActionId);
    }

    [Fact]
    public void J12_reaching_a_score_moves_the_stage_in_the_same_turn()
    {
        var scene = Scene.Given(Head + "scores: {engagement: {half-life: 9d, points: {page.viewed: 10}}}\nstages: {a: {kind: inventory}, b: {kind: inventory}}\ntransitions: [{id: x, from: a, to: b, when: \"score.engagement >= 20.0\"}]\n");
        scene.Signal("role.assigned", "ann", "role", "buyer").Signal("page.viewed", "ann");
        Assert.Equal("a", scene.Account.Stage);
        Assert.Equal("b", scene.Signal("page.viewed", "ann").Account.Stage);
    }

    [Fact]
    public void A_condition_about_a_person_is_false_where_there_is_none()
    {
        const string scores = "scores: {engagement: {half-life: 9d, points: {page.viewed: 10}}}\n";
        var scene = Scene.Given(Head + scores + "stages: {a: {kind: inventory}, b: {kind: inventory}}\ntransitions: [{id: x, from: a, to: b, when: \"contact.score.engagement < 5.0\"}]\n");
        Assert.Equal("a", scene.Signal("account.updated", "", "industry", "mining").AfterDays(30).Account.Stage);
    }

    [Fact]
    public void A_play_that_waits_for_one_persons_score_is_not_forgotten_when_another_sends_a_signal()
    {
        const string rest = """
            scores: {engagement: {half-life: 9d, points: {page.viewed: 10}}}
            stages: {a: {kind: inventory}}
            plays: [{id: p, for: contact, goal: email.clicked, horizon: 7d, applicable: "contact.score.engagement < 5.0 && contact.score.engagement > 0.0", value: 100, valid-for: 1d, treatments: [{id: m, channel: email}]}]

            """;
        var scene = Scene.Given(Head + rest).Signal("page.viewed", "ann");
        var due = scene.Now.AddDays(9);
        scene.AfterDays(1).Signal("meeting.booked", "bob").Signal("page.viewed", "bob");
        scene.At(due.AddTicks(1));
        Assert.Equal(scene.Person("ann").Key.Id, scene.Action.Contact);
    }

    private static Scene Given(string stages, string transitions) => Scene.Given(Head + $"stages: {stages}\ntransitions: [{transitions}]\n");

    private static IEnumerable<string> Entered(Scene scene) => scene.Facts.Select(f => f.Event).OfType<AccountEvent.StageEntered>().Select(e => e.To);
}
