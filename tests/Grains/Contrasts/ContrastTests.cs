using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contrasts;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.Contrasts;

public sealed class ContrastTests
{
    private const string Text = """
        playbook: small
        currency: GBP
        time-zone: Europe/London
        attributes: {account: {industry: string?}}
        signals:
          contract.signed: {observed: true}
          opportunity.lost: {observed: true}
          product.used: {observed: true, properties: {feature: string?}}
          course.taken: {observed: true}
          survey.answered: {observed: true, properties: {kind: string, score: int}}
        milestones:
          onboarding:
            - {id: first-value, when: "signals.count('product.used', {'feature': 'report'}) >= 1", within: 30d}
        stages: {lead: {kind: inventory}, onboarding: {kind: inventory}, customer: {kind: inventory}, lost: {kind: inventory}}
        classification: {happy: {when: "score.nps_last >= 9"}, other: {when: "true"}}
        transitions:
          - {id: win, from: lead, to: onboarding, when: "signals.any(['contract.signed'])"}
          - {id: onboarded, from: onboarding, to: customer, when: "milestones.done('onboarding')"}
          - {id: renewed, from: customer, to: onboarding, when: "signals.any(['contract.signed'])"}
          - {id: churned, from: [onboarding, customer], to: lost, when: "signals.any(['opportunity.lost'])"}

        """;

    private static readonly ContrastOutcome.Reached FirstValue = new("onboarding", ["first-value"], TimeSpan.FromDays(30));

    private static ContrastCase? CaseOf(Scene scene, ContrastOutcome outcome, double windowDays = 14)
    {
        var trace = new AccountTrace(Scene.Company);
        foreach (var fact in scene.Journal.Where(f => f.Grain == scene.Account.Key))
        {
            trace.Take((AccountEvent)fact.Event);
        }

        return trace.CaseOf(outcome, TimeSpan.FromDays(windowDays), scene.Now);
    }

    [Fact]
    public void K2_what_a_successful_onboarder_did_before_the_milestone_counts_and_nothing_before_the_start_or_after()
    {
        var scene = Scene.Given(Text).Signal("account.updated", "", "industry", "software").Signal("product.used", "ann", "feature", "trial").AfterDays(1)
            .Signal("contract.signed").AfterDays(2).Signal("course.taken", "ann").AfterDays(1).Signal("product.used", "ann", "feature", "report").AfterDays(1).Signal("product.used", "ann", "feature", "extra");
        var found = CaseOf(scene, FirstValue)!;
        Assert.True(found.Succeeded);
        Assert.Equal(["account.industry=software", "contract.signed", "course.taken", "product.used", "product.used{feature=report}"], found.Did.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void K2_who_has_had_the_time_and_did_not_reach_it_is_among_the_others_and_who_has_it_still_is_in_neither_group()
    {
        var scene = Scene.Given(Text).Signal("contract.signed").AfterDays(1).Signal("product.used", "ann", "feature", "other").AfterDays(20).Signal("course.taken", "ann");
        Assert.Null(CaseOf(scene, FirstValue));
        scene.AfterDays(9);
        Assert.Null(CaseOf(scene, FirstValue));
        scene.AfterDays(0.5);
        var found = CaseOf(scene, FirstValue)!;
        Assert.False(found.Succeeded);
        Assert.DoesNotContain("course.taken", found.Did);
        Assert.Contains("product.used{feature=other}", found.Did);

        // Too late is not in time.
        scene.Signal("product.used", "ann", "feature", "report");
        Assert.False(CaseOf(scene, FirstValue)!.Succeeded);
        Assert.True(CaseOf(scene, FirstValue with { Within = TimeSpan.FromDays(60) })!.Succeeded);
    }

    [Fact]
    public void M7_churned_and_renewed_are_told_apart_by_what_they_did_before()
    {
        var outcome = new ContrastOutcome.Moved(["renewed"], ["churned"]);
        var scene = Scene.Given(Text).Signal("contract.signed").Signal("product.used", "ann", "feature", "report").AfterDays(1).Signal("course.taken", "ann").AfterDays(40).Signal("product.used", "ann", "feature", "late").AfterDays(1);
        Assert.Null(CaseOf(scene, outcome));
        scene.Signal("contract.signed");
        var renewed = CaseOf(scene, outcome, windowDays: 30)!;
        Assert.True(renewed.Succeeded);
        Assert.Equal(["product.used", "product.used{feature=late}"], renewed.Did.Order(StringComparer.Ordinal));
        scene.AfterDays(1).Signal("opportunity.lost");
        Assert.False(CaseOf(scene, outcome)!.Succeeded);
    }

    [Fact]
    public void J9_promoters_and_detractors_are_told_apart_by_their_latest_answer()
    {
        var scene = Scene.Given(Text).Signal("course.taken", "ann").AfterDays(1).Signal("survey.answered", "ann", "kind", "nps", "score", 10);
        Assert.True(CaseOf(scene, new ContrastOutcome.Promoted())!.Succeeded);
        Assert.Contains("course.taken", CaseOf(scene, new ContrastOutcome.Promoted())!.Did);
        scene.AfterDays(1).Signal("survey.answered", "ann", "kind", "nps", "score", 7);
        Assert.Null(CaseOf(scene, new ContrastOutcome.Promoted()));
        scene.AfterDays(1).Signal("survey.answered", "ann", "kind", "nps", "score", 2);
        Assert.False(CaseOf(scene, new ContrastOutcome.Promoted())!.Succeeded);
    }

    [Fact]
    public void K3_what_goes_with_success_comes_first_with_counts_difference_and_lift_and_chance_comes_last()
    {
        var random = new Random(3);
        var cases = new List<ContrastCase>();
        for (var i = 0; i < 400; i++)
        {
            var report = i % 2 == 0;
            var did = new List<string> { "all" };
            if (report)
            {
                did.Add("product.used{feature=report}");
            }

            if (random.Next(2) == 0)
            {
                did.Add("chance");
            }

            if (i < 3)
            {
                did.Add("rare");
            }

            cases.Add(new ContrastCase($"a{i}", report ? i % 10 != 0 : i % 10 == 1, did));
        }

        var rows = Contrast.Of(cases, least: 5, confidence: 0.95);
        Assert.Equal(["product.used{feature=report}", "chance"], rows.Select(r => r.Did));
        Assert.Equal((160L, 200L, 40L, 200L), (rows[0].Succeeded, rows[0].All, rows[0].OthersSucceeded, rows[0].Others));
        Assert.Equal((0.6, 4), (Math.Round(rows[0].Difference.Value, 9), Math.Round(rows[0].Lift.Value, 9)));
        Assert.True(rows[0].Sureness > 0.5 && rows[0].Lift.Low > 2.9 && rows[0].Lift.High < 5.5);
        Assert.True(rows[1].Sureness < 0);
        cases.Reverse();
        Assert.Equal(rows, Contrast.Of(cases, least: 5, confidence: 0.95));
    }

    [Fact]
    public void K2_nobody_or_nothing_to_compare_gives_no_rows()
    {
        Assert.Empty(Contrast.Of([], 1, 0.95));
        Assert.Empty(Contrast.Of([new ContrastCase("a", true, ["x"])], 1, 0.95));
    }
}
