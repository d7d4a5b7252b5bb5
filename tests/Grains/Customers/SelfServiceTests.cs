using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.Customers;

public sealed class SelfServiceTests
{
    private const string Text = """
        playbook: small
        currency: GBP
        time-zone: Europe/London
        departments: {cs: {title: Customer success}}
        signals:
          product.used: {observed: true}
          page.viewed: {observed: true}
        stages: {onboarding: {kind: inventory}, customer: {kind: inventory}}
        transitions: [{id: on, from: onboarding, to: customer, when: "signals.count('page.viewed') >= 5"}]
        plays:
          - {id: course, for: contact, stages: [onboarding], goal: product.used, horizon: 7d, cool-down: 3d, self-service: true, saves: 30m, value: 50, valid-for: 1d, treatments: [{id: course-mail, channel: email}]}
          - {id: call, for: owner, department: cs, stages: [onboarding, customer], goal: product.used, horizon: 14d, cool-down: 1d, value: 5000, cost: 10, valid-for: 2d, treatments: [{id: call-task, channel: task}]}

        """;

    private static IEnumerable<string> Plays(Scene scene) => scene.Account.OpenActions.Select(a => a.Play);

    [Fact]
    public void K7_people_wait_until_the_customer_had_a_chance_to_do_it_alone()
    {
        var scene = Scene.Given(Text).Signal("page.viewed", "ann");
        Assert.Equal(["course"], Plays(scene));
        scene.Signal("page.viewed", "ann");
        Assert.Equal(["course"], Plays(scene));
        scene.AfterDays(1).Signal("page.viewed", "ann");
        Assert.Equal(1, scene.Account.Customer!.SelfService.Single().Tries);
        Assert.Equal(["call"], Plays(scene));
    }

    [Fact]
    public void K7_one_who_cannot_be_offered_it_is_helped_when_its_time_is_over_at_the_exact_instant()
    {
        var scene = Scene.Given(Text.Replace("self-service: true,", "self-service: true, eligible: \"false\",", StringComparison.Ordinal)).Signal("page.viewed");
        var entered = scene.Now;
        Assert.Equal(NoneReason.NotEligible, scene.None);
        scene.At(entered.AddDays(7).AddTicks(-1));
        Assert.Empty(scene.Account.OpenActions);
        scene.At(entered.AddDays(7));
        Assert.Equal(["call"], Plays(scene));
    }

    [Fact]
    public void K7_where_there_is_no_self_service_people_do_not_wait()
    {
        var scene = Scene.Given(Text);
        for (var i = 0; i < 5; i++)
        {
            scene.Signal("page.viewed");
        }

        Assert.Equal(("customer", "call"), (scene.Account.Stage, scene.Action.Play));
    }

    [Fact]
    public void K7_what_was_done_alone_is_counted_once_with_the_time_it_saved()
    {
        var scene = Scene.Given(Text[..Text.IndexOf("  - {id: call", StringComparison.Ordinal)]).Signal("page.viewed", "ann");
        Assert.Equal(["course"], Plays(scene));
        scene.Signal("product.used", "ann").Signal("product.used", "ann");
        var use = scene.Account.Customer!.SelfService.Single();
        Assert.Equal((1L, 1L, TimeSpan.FromMinutes(30)), (use.Tries, use.Solved, use.Saved));

        scene.AfterDays(4).Signal("page.viewed", "ann");
        scene.Done().AfterDays(2).Signal("product.used", "ann").Signal("product.used", "ann");
        use = scene.Account.Customer!.SelfService.Single();
        Assert.Equal((2L, 2L, TimeSpan.FromMinutes(60)), (use.Tries, use.Solved, use.Saved));
    }

    [Fact]
    public void K7_a_goal_reached_long_after_or_by_somebody_else_saved_nothing()
    {
        var scene = Scene.Given(Text.Replace("cool-down: 3d", "cool-down: 30d", StringComparison.Ordinal)).Signal("page.viewed", "ann").Signal("product.used", "bob");
        Assert.Empty(scene.Account.Customer?.SelfService ?? []);
        scene.AfterDays(1).AfterDays(8).Signal("product.used", "ann");
        Assert.Equal((0L, TimeSpan.Zero), (scene.Account.Customer!.SelfService.Single().Solved, scene.Account.Customer.SelfService.Single().Saved));
    }

    [Fact]
    public void K7_what_is_mandatory_waits_for_nobody()
    {
        var scene = Scene.Given(Text.Replace("- {id: call,", "- {id: call, mandatory: true,", StringComparison.Ordinal)).Signal("page.viewed");
        Assert.Contains("call", Plays(scene));
    }

    [Theory]
    [InlineData("{id: call, self-service: true,", "`self-service: true` is for what customers do themselves; found a play for an owner")]
    [InlineData("{id: call, saves: 10m,", "`saves` tells what self-service saves us; set `self-service: true` or leave it out")]
    public void K7_a_mistake_in_self_service_is_refused(string keys, string message) =>
        Assert.Contains(PlaybookCompiler.Compile(Text.Replace("{id: call,", keys, StringComparison.Ordinal), "p.yaml", 1).Diagnostics, d => d.Severity == Severity.Error && d.Message == message);
}
