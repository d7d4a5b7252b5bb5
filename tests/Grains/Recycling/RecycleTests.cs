using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Recycling;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.Recycling;

public sealed class RecycleTests
{
    private const string Stages = """
        signals:
          page.viewed: {observed: true, properties: {topic: string?}}
          email.clicked: {observed: true}
          meeting.booked: {observed: true}
          form.submitted: {observed: true}
          deal.lost: {observed: true, properties: {reason: string}}
        scores: {engagement: {half-life: 10d, points: {page.viewed: 10}}}
        stages:
          nurture: {kind: inventory}
          opportunity: {kind: inventory}
          recycled: {kind: inventory}
          no-more: {kind: end-of-effort}
          customer: {kind: inventory}
        transitions:
          - {id: qualify, from: [nurture, recycled], to: opportunity, when: "score.engagement >= 10.0"}
          - {id: lose, from: opportunity, to: recycled, when: "signals.any(['deal.lost'])", reason: "signal.reason"}
          - {id: cold, from: [nurture, opportunity], to: recycled, when: "quiet_for('200d')"}
          - {id: buys, to: customer, when: "signals.any(['meeting.booked'])"}

        """;

    private const string Recycle = """
        recycle:
          sources: [nurture, opportunity]
          cool-down: {no-budget: 90d, timing: 60d, default: 30d}
          wake-on: ["score.engagement > 35.0", "signals.any(['form.submitted'])"]
          attempts: 2
          acquisition-cost: 45000

        """;

    [Fact]
    public void D6_the_pool_keeps_the_source_the_reason_and_the_attempt()
    {
        var scene = Lost("no-budget");
        var stay = scene.Account.Journey!.Recycle.Last!;
        Assert.Equal(new RecycleStay("opportunity", "no-budget", scene.Now, scene.Now.AddDays(90), 1, null, "", null), stay);
        Assert.Equal("recycled", scene.Account.Stage);
    }

    [Theory]
    [InlineData("no-budget", 90)]
    [InlineData("timing", 60)]
    [InlineData("lost-to-competitor", 30)]
    [InlineData("", 30)]
    public void D6_the_cool_down_is_that_of_the_reason_code_or_else_the_default(string reason, int days)
    {
        var scene = Lost(reason);
        Assert.Equal(scene.Now.AddDays(days), scene.Account.Journey!.Recycle.Last!.Until);
    }

    [Fact]
    public void D6_while_it_cools_down_nothing_wakes_it()
    {
        var scene = Lost("timing").AfterDays(1);
        for (var i = 0; i < 5; i++)
        {
            scene.Signal("page.viewed", "ann").Signal("form.submitted", "ann");
        }

        Assert.True(scene.Account.FindScore("engagement")!.Value.ValueAt(scene.Now) > 35);
        Assert.Equal(("recycled", null), (scene.Account.Stage, scene.Account.Journey!.Recycle.Last!.AwokenAt));
    }

    [Fact]
    public void D6_a_condition_that_still_holds_when_the_cool_down_ends_wakes_it_at_that_tick_and_the_criterion_moves_it()
    {
        var scene = Lost("other");
        var until = scene.Now.AddDays(30);
        scene.At(until.AddDays(-1));
        for (var i = 0; i < 5; i++)
        {
            scene.Signal("page.viewed", "ann");
        }

        Assert.Equal("recycled", scene.At(until.AddTicks(-1)).Account.Stage);
        scene.At(until);
        Assert.Equal(("opportunity", "qualify", until), (scene.Account.Stage, scene.Account.StageBy, scene.Account.StageSince));
        var awoken = Assert.Single(Journeys<JourneyEvent.Awoken>(scene));
        Assert.Equal((until, "score.engagement > 35.0"), (awoken.At, awoken.Condition));
        Assert.StartsWith("score.engagement = 4", awoken.Values, StringComparison.Ordinal);
    }

    [Fact]
    public void D6_a_wake_up_moves_nothing_by_itself_but_opens_the_way_for_the_criterion()
    {
        var scene = Lost("other").AfterDays(100).Signal("page.viewed", "ann");
        Assert.Equal(("recycled", null), (scene.Account.Stage, scene.Account.Journey!.Recycle.Last!.AwokenAt));
        var woken = scene.AfterDays(20).Signal("form.submitted", "ann").Now;
        Assert.Equal(("recycled", woken), (scene.Account.Stage, scene.Account.Journey!.Recycle.Last!.AwokenAt));
        Assert.Equal("opportunity", scene.AfterDays(1).Signal("page.viewed", "ann").Account.Stage);
    }

    [Fact]
    public void D6_what_decays_below_its_threshold_before_the_cool_down_ends_wakes_nobody()
    {
        var scene = Lost("other");
        for (var i = 0; i < 5; i++)
        {
            scene.Signal("page.viewed", "ann");
        }

        scene.AfterDays(40);
        Assert.Equal(("recycled", null), (scene.Account.Stage, scene.Account.Journey!.Recycle.Last!.AwokenAt));
    }

    [Fact]
    public void D6_without_wake_conditions_the_end_of_the_cool_down_opens_the_way()
    {
        var scene = Scene.Given(Text("recycle: {sources: [nurture, opportunity], cool-down: {default: 5d}}\n")).Signal("page.viewed", "ann").Signal("deal.lost", "ann", "reason", "x").Signal("page.viewed", "ann");
        Assert.Equal("recycled", scene.Account.Stage);
        var until = scene.Account.Journey!.Recycle.Last!.Until;
        scene.AfterDays(4).Signal("page.viewed", "ann");
        Assert.Equal("recycled", scene.At(until.AddTicks(-1)).Account.Stage);
        Assert.Equal(("opportunity", until), (scene.At(until).Account.Stage, scene.Account.StageSince));
    }

    [Fact]
    public void D6_recycled_too_often_no_effort_is_made_any_more()
    {
        var scene = Lost("a");
        for (var attempt = 2; attempt <= 3; attempt++)
        {
            scene.AfterDays(31).Signal("form.submitted", "ann").Signal("page.viewed", "ann");
            Assert.Equal("opportunity", scene.Account.Stage);
            scene.Signal("deal.lost", "ann", "reason", "b");
        }

        Assert.Equal(("no-more", "recycle"), (scene.Account.Stage, scene.Account.StageBy));
        Assert.Equal(2, scene.Account.Journey!.Recycle.Attempts);
        var ended = scene.Facts.Select(f => f.Event).OfType<AccountEvent.StageEntered>().Last();
        Assert.Equal(("recycled at most 2 times", false, "recycled 2 times before", "b"), (ended.Evidence[0].Text, ended.Evidence[0].Held, ended.Evidence[0].Values, ended.Reason));
    }

    [Fact]
    public void D6_an_account_that_comes_back_counts_as_yield_once_and_saves_what_a_new_lead_costs()
    {
        var scene = Lost("a").AfterDays(31).Signal("form.submitted", "ann").Signal("page.viewed", "ann");
        var record = scene.Account.Journey!.Recycle;
        Assert.Equal((1, 1, 45_000L), (record.Attempts, record.Returns, record.Saved));
        Assert.Equal(("opportunity", scene.Now), (record.Last!.ReturnedTo, record.Last.ReturnedAt));
        scene.Signal("deal.lost", "ann", "reason", "b").AfterDays(31).Signal("form.submitted", "ann").Signal("page.viewed", "ann");
        Assert.Equal((2, 90_000L), (scene.Account.Journey!.Recycle.Returns, scene.Account.Journey.Recycle.Saved));
        Assert.Equal(["a", "b"], scene.Account.Journey.Recycle.Stays.Select(s => s.Reason));
    }

    [Fact]
    public void D6_the_yield_may_be_a_stage_that_is_reached_later()
    {
        var scene = Scene.Given(Text(Recycle + "  yield: [customer]\n")).Signal("page.viewed", "ann").Signal("deal.lost", "ann", "reason", "a");
        scene.AfterDays(31).Signal("form.submitted", "ann").Signal("page.viewed", "ann");
        Assert.Equal(("opportunity", 0), (scene.Account.Stage, scene.Account.Journey!.Recycle.Returns));
        scene.Signal("meeting.booked", "ann");
        Assert.Equal(("customer", 1), (scene.Account.Stage, scene.Account.Journey!.Recycle.Returns));
    }

    [Fact]
    public void D6_an_exit_from_anywhere_is_open_while_it_cools_down() =>
        Assert.Equal("customer", Lost("no-budget").Signal("meeting.booked", "ann").Account.Stage);

    [Fact]
    public void D6_a_play_may_wait_until_the_account_has_cooled_down()
    {
        const string play = "plays: [{id: again, for: contact, stages: [recycled], goal: email.clicked, horizon: 7d, applicable: \"!recycle.cooling && recycle.reason == 'a'\", value: 100, valid-for: 1d, treatments: [{id: again-web, channel: web}]}]\n";
        var scene = Scene.Given(Text(Recycle) + play).Signal("page.viewed", "ann").Signal("deal.lost", "ann", "reason", "a");
        var until = scene.Account.Journey!.Recycle.Last!.Until;
        Assert.Empty(scene.At(until.AddTicks(-1)).Account.OpenActions);
        Assert.Equal("again-web", scene.At(until).Action.Treatment);
    }

    [Fact]
    public void D6_the_history_of_stays_is_bounded_and_the_count_goes_on()
    {
        var scene = Scene.Given(Text("recycle: {sources: [nurture, opportunity], cool-down: {default: 1d}}\n"));
        for (var i = 0; i < 20; i++)
        {
            scene.Signal("page.viewed", "ann").Signal("page.viewed", "ann").Signal("deal.lost", "ann", "reason", $"r{i}").AfterDays(1);
        }

        var record = scene.Account.Journey!.Recycle;
        Assert.Equal((20, RecycleRecord.MostStays, "r4", "r19"), (record.Attempts, record.Stays.Length, record.Stays[0].Reason, record.Last!.Reason));
    }

    [Fact]
    public void D6_after_an_outage_the_pool_opens_for_its_own_instant()
    {
        var scene = Scene.Given(Text("recycle: {sources: [nurture, opportunity], cool-down: {default: 5d}}\n")).Signal("page.viewed", "ann").Signal("deal.lost", "ann", "reason", "x").Signal("page.viewed", "ann").Signal("page.viewed", "ann");
        var until = scene.Account.Journey!.Recycle.Last!.Until;
        scene.Outage(TimeSpan.FromDays(30));
        Assert.Equal(until, Assert.Single(Journeys<JourneyEvent.Awoken>(scene)).At);
        Assert.Equal(("opportunity", until), (scene.Account.Stage, scene.Account.StageSince));
    }

    [Fact]
    public void D6_an_account_that_stood_in_the_stage_before_it_was_a_pool_is_not_held_back()
    {
        var scene = Scene.Given(Text("")).Signal("page.viewed", "ann").Signal("deal.lost", "ann", "reason", "x");
        Assert.Null(scene.Account.Journey);
        scene.Publish(Text(Recycle)).AfterDays(1);
        Assert.Equal("opportunity", scene.Signal("page.viewed", "ann").Account.Stage);
    }

    [Fact]
    public void D6_the_pool_its_end_and_its_yield_are_inferred_from_the_model_as_it_stands()
    {
        var definition = Samples.Definition(Samples.Model);
        var recycle = definition.Recycle!;
        Assert.Equal((5, 4, 45_000L, TimeSpan.FromDays(30)), (recycle.Sources.Length, recycle.Attempts, recycle.AcquisitionCost, recycle.Default));
        Assert.Equal(["no-budget 90", "timing 60", "wrong-person 14"], recycle.CoolDowns.Select(c => $"{c.Reason} {c.For.TotalDays}"));
        var pool = RecyclePool.Of(definition, recycle);
        Assert.Equal(("recycled", "not-for-nurture", "qualified"), (pool.Stage, pool.Then, string.Join(",", pool.Yield)));
        Assert.Empty(pool.Mistakes);
    }

    [Theory]
    [InlineData("recycle: {}", "recycle: the recycle section needs `cool-down`", "recycle: the recycle section needs `sources`")]
    [InlineData("recycle: {sources: nurture, cool-down: {timing: 3d}}", "recycle.cool-down: a cool-down needs `default`, for reasons that are not listed")]
    [InlineData("recycle: {sources: nurtur, cool-down: {default: 3d}, wake: x}", "recycle.sources: unknown stage `nurtur`; did you mean `nurture`?", "recycle.wake: unknown key `wake` in the recycle section; known keys: sources, cool-down, stage, wake-on, attempts, then, yield, acquisition-cost")]
    [InlineData("recycle: {sources: [nurture, opportunity, customer], cool-down: {default: 3d}}", "recycle.stage: no stage is reached by transitions from all `sources`; say with `stage` which one is the pool")]
    [InlineData("recycle: {sources: nurture, cool-down: {default: 3d}}", "recycle.stage: transitions lead from all `sources` to opportunity, recycled; say with `stage` which one is the pool")]
    [InlineData("recycle: {sources: nurture, stage: recycled, cool-down: {default: 3d}}", "recycle.sources: transition `lose` leads from `opportunity` to the pool `recycled`, but `opportunity` is none of the sources", "recycle.sources: transition `cold` leads from `opportunity` to the pool `recycled`, but `opportunity` is none of the sources")]
    [InlineData("recycle: {sources: [nurture, opportunity, customer], stage: recycled, cool-down: {default: 3d}}", "recycle.sources: no transition leads from `customer` to the pool `recycled`")]
    [InlineData("recycle: {sources: [nurture, opportunity], cool-down: {default: 3d}, then: no-more}", "recycle: `then: no-more` says where an account goes after so many attempts; say how many with `attempts`")]
    [InlineData("recycle: {sources: [nurture, opportunity], cool-down: {default: 3d}, attempts: 1, then: recycled}", "recycle.then: `recycled` is the pool itself; expected the stage for accounts that were recycled often enough")]
    [InlineData("recycle: {sources: [nurture, opportunity], cool-down: {default: 3d}, attempts: 0}", "recycle.attempts: 0 is out of range; expected a whole number from 1 to 1000")]
    public void D6_a_mistake_in_the_section_is_told_with_what_was_expected(string section, params string[] expected)
    {
        var found = PlaybookCompiler.Compile(Text(section), "p.yaml", 1).Diagnostics.Where(d => d.Severity == Severity.Error).ToList();
        Assert.Equal(expected.Order(), found.Select(d => $"{d.Path}: {d.Message}").Order());
        Assert.All(found, d => Assert.True(d.Line > 0 && d.Column > 0));
    }

    [Fact]
    public void D6_a_wake_condition_is_checked_at_publish()
    {
        var found = Assert.Single(PlaybookCompiler.Compile(Text("recycle: {sources: [nurture, opportunity], cool-down: {default: 3d}, wake-on: [\"score.engagment > 3.0\"]}"), "p.yaml", 1).Diagnostics, d => d.Severity == Severity.Error);
        Assert.Equal("recycle.wake-on[0]", found.Path);
        Assert.Contains("did you mean `score.engagement`?", found.Message, StringComparison.Ordinal);
    }

    private static Scene Lost(string reason) => Scene.Given(Text(Recycle)).Signal("page.viewed", "ann").Signal("deal.lost", "ann", "reason", reason);

    private static string Text(string recycle) => "playbook: small\ncurrency: GBP\ntime-zone: Europe/London\n" + Stages + recycle;

    private static IEnumerable<T> Journeys<T>(Scene scene) => scene.Journal.Select(f => f.Event).OfType<AccountEvent.OfJourney>().Select(e => e.Event).OfType<T>();
}
