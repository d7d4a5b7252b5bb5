using Orchestrator.Grains.Customers;
using Orchestrator.Grains.CustomerValue;
using Orchestrator.Grains.Health;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Milestones;
using Orchestrator.V1;
using Xunit;
using Severity = Orchestrator.Grains.Playbooks.Severity;

namespace Orchestrator.Grains.Tests.Customers;

public sealed class CustomerScoreTests
{
    private const string Head = """
        playbook: small
        currency: GBP
        time-zone: Europe/London
        departments: {cs: {title: Customer success}}
        signals:
          product.used: {observed: true, properties: {feature: string?}}
          ticket.opened: {observed: true}
          survey.answered: {observed: true, properties: {kind: string, score: int}}
          purchase.made: {observed: true, properties: {amount: money, product: string}}
          page.viewed: {observed: true}
        stages: {onboarding: {kind: inventory}, at-risk: {kind: inventory}}
        milestones:
          onboarding:
            - {id: one, when: "signals.count('product.used', {'feature': 'one'}) > 0"}
            - {id: two, when: "signals.count('product.used', {'feature': 'two'}) > 0"}

        """;

    private const string Health = """
        scores:
          health:
            measures: {usage: {weight: 40, on: product.used, window: 30d}, adoption: {weight: 20, milestones: onboarding}, support: {weight: 20, on: ticket.opened, bad: true}, sentiment: {weight: 20, on: survey.answered}}

        """;

    private const string Value = """
        scores:
          clv: {model: bg-nbd+gamma-gamma, on: purchase.made, horizon: 365d, margin: 0.7, discount: 0}
          health: {measures: {usage: {weight: 1, on: product.used, window: 30d, full: 10}}}
          churn-risk: {from: [health, clv.alive]}

        """;

    private static Money Pounds(long minor) => new() { MinorUnits = minor, Currency = "GBP" };

    [Fact]
    public void J6_health_is_the_weighted_mean_of_its_measures_and_each_says_what_it_gave()
    {
        var scene = Scene.Given(Head + Health).Signal("page.viewed").AfterDays(40);
        for (var i = 0; i < 4; i++)
        {
            scene.Signal("product.used", "ann", "feature", "one");
        }

        scene.AfterDays(30).Signal("product.used", "ann").Signal("ticket.opened").Signal("survey.answered", "ann", "kind", "nps", "score", 9).Signal("survey.answered", "bob", "kind", "csat", "score", 2);

        // Usage 1 against 4 in the 30 days before; 1 of 2 milestones; 1 ticket halves; 9 of 10 and 2 on the scale from 1 to 5.
        double[] shares = [0.25, 0.5, 0.5, (0.9 + 0.25) / 2];
        var expected = (40 * shares[0]) + (20 * shares[1]) + (20 * shares[2]) + (20 * shares[3]);
        Assert.Equal(expected, Asking.Number(scene, "score.health")!.Value, 1e-9);
        var parts = scene.Playbook.Customer!.Scores.Health.Single().PartsAt(scene.Account, scene.Now).ToList();
        Assert.Equal(["usage", "adoption", "support", "sentiment"], parts.Select(p => p.Measure));
        Assert.Equal(shares, parts.Select(p => p.Share!.Value));
        Assert.Equal(expected, parts.Sum(p => p.Points), 1e-9);
        Assert.Equal(["1 in the last 30 days, 4 in the 30 before", "1 of 2 milestones of `onboarding`", "1 in the last 30 days", "2 answers"], parts.Select(p => p.Seen));
    }

    [Fact]
    public void J6_what_is_not_known_is_left_out_of_health_and_the_rest_weighs_more()
    {
        var scene = Scene.Given(Head.Replace("  onboarding:\n    - {id: one", "  onboarding:\n    from: at-risk\n    all:\n    - {id: one", StringComparison.Ordinal) + Health).Signal("page.viewed");
        Assert.Equal(100 * ((40 * 0) + (20 * 1)) / 60.0, Asking.Number(scene, "score.health")!.Value, 1e-9);
        var parts = scene.Playbook.Customer!.Scores.Health.Single().PartsAt(scene.Account, scene.Now).ToList();
        Assert.Equal([0, null, 1, null], parts.Select(p => p.Share));
        Assert.Equal("`onboarding` has not begun", parts[1].Seen);
        Assert.Equal("nobody answered", parts[3].Seen);
    }

    [Fact]
    public void J6_health_changes_at_the_exact_tick_at_which_use_leaves_its_window_and_moves_the_stage()
    {
        var scene = Scene.Given(Head + Health + "transitions: [{id: sinks, from: onboarding, to: at-risk, when: \"score.health < 40\"}]\n");
        scene.Signal("product.used", "ann", "feature", "one").Signal("page.viewed");
        var used = scene.Now;
        Assert.Equal("onboarding", scene.Account.Stage);
        scene.At(used.AddDays(30).AddTicks(-1));
        Assert.Equal("onboarding", scene.Account.Stage);
        scene.At(used.AddDays(30));
        Assert.Equal(("at-risk", used.AddDays(30)), (scene.Account.Stage, scene.Account.StageSince));
    }

    [Fact]
    public void J6_the_trend_is_health_now_less_health_as_it_was_then()
    {
        var scene = Scene.Given(Head + Health).Signal("page.viewed").Signal("survey.answered", "ann", "kind", "nps", "score", 10);
        Assert.Null(Asking.Number(scene, "score.health_trend"));
        scene.AfterDays(29).Signal("product.used", "ann");
        var before = Asking.Number(scene, "score.health")!.Value;
        var then = scene.Now;
        scene.AfterDays(20).Signal("survey.answered", "ann", "kind", "nps", "score", 0).Signal("ticket.opened");
        scene.At(then.AddDays(30));
        Assert.Equal(Asking.Number(scene, "score.health")!.Value - before, Asking.Number(scene, "score.health_trend")!.Value, 1e-9);
        Assert.True(Asking.Holds(scene, "score.health_trend < -10.0"));
        Assert.Equal(Asking.NextChange(scene, "score.health_trend < -10.0"), new[] { Asking.NextChange(scene, "score.health < 1.0"), then.AddDays(20).AddDays(30) }.Min());
    }

    [Fact]
    public void J9_the_latest_answer_the_net_promoter_score_and_the_persons_own_are_known_in_any_order_of_arrival()
    {
        var scene = Scene.Given(Head + "classification: {promoter: {when: \"score.nps_last >= 9\"}, other: {when: \"true\"}}\n");
        scene.Signal("page.viewed");
        Assert.Null(Asking.Number(scene, "score.nps_last"));
        scene.AfterDays(2).Signal("survey.answered", "ann", "kind", "nps", "score", 10).AfterDays(0.1).Signal("survey.answered", "bob", "kind", "nps", "score", 3).AfterDays(0.1).Signal("survey.answered", "cid", "kind", "nps", "score", 8);
        var late = scene.NewSignal("survey.answered", "ann", "kind", "nps", "score", 1);
        late.Time = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(scene.Now.AddDays(-1));
        scene.AfterDays(1).Record(late);
        Assert.Equal(8, Asking.Number(scene, "score.nps_last"));
        Assert.Equal(10, Asking.Number(scene, "contact.score.nps_last", "ann"));
        Assert.Equal(3, Asking.Number(scene, "contact.score.nps_last", "bob"));
        Assert.Equal(0, Asking.Number(scene, "score.nps")!.Value, 1e-9);
        scene.AfterDays(1).Signal("survey.answered", "bob", "kind", "nps", "score", 9);
        Assert.Equal(100 * 2 / 3.0, Asking.Number(scene, "score.nps")!.Value, 1e-9);
    }

    [Fact]
    public void J9_answers_that_no_condition_asks_for_are_not_kept()
    {
        var scene = Scene.Given(Head).Signal("survey.answered", "ann", "kind", "nps", "score", 10);
        Assert.Empty(scene.Account.Customer!.Answers);
    }

    [Fact]
    public void J8_what_a_customer_is_worth_is_the_published_function_of_what_they_bought()
    {
        var scene = Scene.Given(Head + Value).Signal("page.viewed");
        Assert.Null(Asking.Number(scene, "clv.expected"));
        Assert.Null(Asking.Number(scene, "clv.alive"));
        var first = scene.Now;
        foreach (var (day, amount) in new[] { (0, 5_000L), (30, 2_000L), (90, 4_000L) })
        {
            scene.At(first.AddDays(day)).Signal("purchase.made", "ann", "amount", Pounds(amount), "product", "base");
        }

        scene.AfterDays(20);
        var (x, lastAt, age) = (2.0, 90 / 7.0, 110 / 7.0);
        Assert.Equal(BuyingModel.Alive(ValueModelDefinition.Published.Buying, x, lastAt, age), Asking.Number(scene, "clv.alive")!.Value, 1e-12);
        Assert.Equal(BuyingModel.Expected(ValueModelDefinition.Published.Buying, x, lastAt, age, 365 / 7.0), Asking.Number(scene, "clv.purchases")!.Value, 1e-12);
        // Nothing is discounted here, so the steps add up: 0.7 x 3,000 x purchases.
        Assert.Equal(0.7 * 3_000 * Asking.Number(scene, "clv.purchases")!.Value, Asking.Number(scene, "clv.expected")!.Value, 1e-6);
    }

    [Fact]
    public void J8_parameters_of_the_company_draw_spend_to_its_mean_and_discount_what_comes_later()
    {
        var text = Head + """
            scores:
              clv: {model: bg-nbd+gamma-gamma, on: purchase.made, horizon: 60d, margin: 1, discount: 0.21, parameters: {unit: 1d, r: 0.25, alpha: 30, a: 0.8, b: 2.5, p: 6, q: 4, v: 1500}}

            """;
        Assert.DoesNotContain(PlaybookCompiler.Compile(text, "p.yaml", 1).Diagnostics, d => d.Path == "scores.clv");
        var scene = Scene.Given(text).Signal("purchase.made", "ann", "amount", Pounds(9_000), "product", "base").AfterDays(10).Signal("purchase.made", "ann", "amount", Pounds(9_000), "product", "base");
        var p = new BuyingParameters(0.25, 30, 0.8, 2.5);
        var spend = 6 * (1500 + 9_000) / (6.0 + 4 - 1);
        var (one, two) = (BuyingModel.Expected(p, 1, 10, 10, 30), BuyingModel.Expected(p, 1, 10, 10, 60));
        Assert.Equal(spend * ((one * Math.Pow(1.21, -30 / 365.0)) + ((two - one) * Math.Pow(1.21, -60 / 365.0))), Asking.Number(scene, "clv.expected")!.Value, 1e-6);
    }

    [Theory]
    [InlineData("clv.alive < 0.5")]
    [InlineData("clv.expected < 3000.0")]
    [InlineData("clv.purchases * 2.0 < 1.5")]
    [InlineData("score.churn_risk > 0.7")]
    public void J7_silence_crosses_a_threshold_at_one_exact_tick_known_beforehand(string condition)
    {
        var scene = Scene.Given(Head + Value);
        var first = scene.Now;
        foreach (var day in new[] { 0, 10, 20, 30 })
        {
            scene.At(first.AddDays(day)).Signal("purchase.made", "ann", "amount", Pounds(3_000), "product", "base").Signal("product.used", "ann");
        }

        var crossed = DateTimeOffset.MinValue;
        for (var hop = 0; hop < 20 && !Asking.Holds(scene, condition); hop++)
        {
            crossed = Asking.NextChange(scene, condition)!.Value;
            scene.At(crossed.AddTicks(-1));
            Assert.False(Asking.Holds(scene, condition));
            scene.At(crossed);
        }

        Assert.True(Asking.Holds(scene, condition));
    }

    [Fact]
    public void J7_churn_risk_is_what_health_and_the_probability_to_buy_again_are_short_of()
    {
        var scene = Scene.Given(Head + Value).Signal("product.used");
        Assert.Equal(1 - 0.1, Asking.Number(scene, "score.churn_risk")!.Value, 1e-12);
        scene.Signal("purchase.made", "ann", "amount", Pounds(100), "product", "base").AfterDays(5).Signal("purchase.made", "ann", "amount", Pounds(100), "product", "base").AfterDays(10);
        var alive = Asking.Number(scene, "clv.alive")!.Value;
        var risk = Asking.Number(scene, "score.churn_risk")!.Value;
        Assert.Equal(1 - ((0.1 + alive) / 2), risk, 1e-12);
        Assert.Equal(risk, scene.Playbook.Customer!.Scores.Risk.Single().PartsAt(scene.Account, scene.Now).Sum(p => p.Adds), 1e-12);
    }

    [Fact]
    public void E13_the_value_of_a_play_is_reckoned_from_what_the_customer_is_worth()
    {
        const string Plays = """
            plays:
              - {id: keep, for: owner, department: cs, goal: purchase.made, horizon: 14d, value: "clv.expected * 0.2", cost: 1, valid-for: 2d, treatments: [{id: keep-call, channel: task}]}
              - {id: flat, for: owner, department: cs, goal: purchase.made, horizon: 14d, value: 300, cost: 1, valid-for: 2d, treatments: [{id: flat-call, channel: task}]}

            """;
        var small = Scene.Given(Head + Value + Plays).Signal("purchase.made", "", "amount", Pounds(100), "product", "base");
        Assert.Equal("flat", small.Action.Play);
        var big = Scene.Given(Head + Value + Plays).Signal("purchase.made", "", "amount", Pounds(500_000), "product", "base");
        Assert.Equal("keep", big.Action.Play);
        Assert.Equal(0.2 * Asking.Number(big, "clv.expected")!.Value, big.Action.Factors.Value, 1e-9);
    }

    [Theory]
    [InlineData("scores: {health: {measures: {}}}", "expected at least one measure, found none")]
    [InlineData("scores: {health: {measures: {usage: {on: product.used}}}}", "a measure needs `weight`")]
    [InlineData("scores: {health: {measures: {usage: {weight: 1}}}}", "a measure needs `on`, the signals that count, or `milestones`")]
    [InlineData("scores: {health: {measures: {usage: {weight: 1, on: product.usd}}}}", "unknown signal `product.usd`; did you mean `product.used`?")]
    [InlineData("scores: {health: {measures: {adoption: {weight: 1, milestones: onbording}}}}", "unknown set of milestones `onbording`; did you mean `onboarding`?")]
    [InlineData("scores: {health: {measures: {mood: {weight: 1, on: page.viewed, property: score}}}}", "`page.viewed` has no number `score`")]
    [InlineData("scores: {clv: {model: bg-nbd, on: purchase.made}}", "expected `bg-nbd+gamma-gamma`, found `bg-nbd`")]
    [InlineData("scores: {clv: {model: bg-nbd+gamma-gamma, on: page.viewed}}", "`page.viewed` has no amount; expected one property that is money, or `amount` with its name")]
    [InlineData("scores: {clv: {model: bg-nbd+gamma-gamma, on: purchase.made, parameters: {r: 1, alpha: 1, a: 1, b: 0}}}", "expected a number above 0, found `0`")]
    [InlineData("scores: {clv: {model: bg-nbd+gamma-gamma, on: purchase.made, parameters: {r: 1, alpha: 1, a: 1, b: 1, p: 2}}}", "`p`, `q` and `v` belong together; found not all of them")]
    [InlineData("scores: {contract: {model: bg-nbd+gamma-gamma, on: purchase.made}}", "`contract` cannot name a value, which conditions read as `contract.expected`: it means something else; expected a name such as `clv`")]
    [InlineData("scores: {risk: {from: [helth]}}", "`helth` is no health score and no `name.alive` of a value; none is declared")]
    public void J6_J8_a_mistake_in_a_score_of_customers_is_refused_with_its_place(string section, string message)
    {
        var errors = PlaybookCompiler.Compile(Head + section, "p.yaml", 1).Diagnostics.Where(d => d.Severity == Severity.Error).ToList();
        Assert.Contains(errors, e => e.Line == 16 && e.Message == message);
    }

    [Fact]
    public void J8_a_value_without_parameters_of_the_company_is_told_at_publish() =>
        Assert.Contains(PlaybookCompiler.Compile(Head + Value, "p.yaml", 1).Diagnostics, d => d.Severity == Severity.Warning && d.Path == "scores.clv" && d.Message.StartsWith("no `parameters` are given", StringComparison.Ordinal));

    [Fact]
    public void J9_answers_keep_the_latest_of_each_person_and_kind_and_the_ones_before()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var all = Enumerable.Range(0, 10).Aggregate(System.Collections.Immutable.ImmutableArray<SurveyAnswer>.Empty, (a, i) => SurveyAnswer.Add(a, new SurveyAnswer("nps", "ann", i, start.AddDays(i), "s")));
        Assert.Equal([7, 8, 9], all.Select(a => a.Score));
        all = Enumerable.Range(0, 300).Aggregate(all, (a, i) => SurveyAnswer.Add(a, new SurveyAnswer("nps", $"c{i}", 1, start.AddDays(i), "s")));
        Assert.Equal(SurveyAnswer.Most, all.Length);
        Assert.Equal(all.Select(a => a.At).Order(), all.Select(a => a.At));
    }
}
