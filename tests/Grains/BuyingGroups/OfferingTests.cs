using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.BuyingGroups;

public sealed class OfferingTests
{
    private const string Two = """
        playbook: groups
        currency: GBP
        time-zone: Europe/London
        buying-group:
          roles:
            sponsor: {required: 1, weight: 100}
            buyer: {required: 1, weight: 80}
            user: {required: 1, weight: 60}
          engagement: {window: 30d, cap-per-activity-day: 20, points: {page.viewed: 1}}
        buying-groups:
          storage: {priority: 1, roles: [sponsor, buyer]}
          analytics: {priority: 10, interest: "signals.count('page.viewed', '7d') >= 2", members: "contact.unit == 'data'"}
        attributes: {contact: {unit: string?}}
        signals:
          page.viewed: {observed: true}
        stages:
          start: {kind: inventory}
          deciding: {kind: inventory}
        transitions:
          - {id: decides, from: start, to: deciding, when: "buying_group('analytics').interested && buying_group('analytics').completeness > 0.3"}
          - {id: stops, from: deciding, to: start, when: "!buying_group('analytics').interested"}

        """;

    [Fact]
    public void B2_a_group_is_an_account_and_an_offering_with_the_roles_of_the_template_that_it_names()
    {
        var scene = Scene.Given(Two);
        Assert.Equal(["analytics", "storage"], scene.Playbook.Offerings.Select(o => o.Id));
        Assert.Equal([55.56, 44.44], scene.Playbook.OfferingOf("storage")!.Group.Roles.Select(r => Math.Round(r.Share * 100, 2)));
        scene.Signal("role.assigned", "a", "role", "sponsor");
        Assert.Equal((0.5, 0.0), (Complete(scene, "storage"), Complete(scene, "analytics")));
    }

    [Fact]
    public void B2_a_role_for_one_offering_counts_in_no_other_group()
    {
        var scene = Scene.Given(Two);
        scene.Signal("contact.updated", "a", "unit", "data").Signal("role.assigned", "a", "role", "sponsor", "offering", "storage");
        Assert.Equal((0.5, 0.0), (Complete(scene, "storage"), Complete(scene, "analytics")));
        scene.Signal("role.assigned", "a", "role", "sponsor", "offering", "analytics");
        Assert.Equal((0.5, 1 / 3.0), (Complete(scene, "storage"), Complete(scene, "analytics")));
        scene.Signal("role.vacated", "a", "role", "sponsor", "offering", "storage");
        Assert.Equal((0.0, 1 / 3.0), (Complete(scene, "storage"), Complete(scene, "analytics")));
        Assert.True(scene.Person("a").HasRole("sponsor"));
        scene.Signal("role.vacated", "a", "role", "sponsor", "offering", "analytics");
        Assert.False(scene.Person("a").HasRole("sponsor"));
        Assert.Empty(scene.Account.Standing!.OfferingRoles);
    }

    [Fact]
    public void B2_a_role_held_for_all_offerings_does_not_shrink_to_one_but_may_be_given_up_altogether()
    {
        var scene = Scene.Given(Two);
        scene.Signal("role.assigned", "a", "role", "sponsor").Signal("role.assigned", "a", "role", "sponsor", "offering", "storage");
        scene.Signal("contact.updated", "a", "unit", "data");
        Assert.Equal((0.5, 1 / 3.0), (Complete(scene, "storage"), Complete(scene, "analytics")));
        scene.Signal("role.vacated", "a", "role", "sponsor", "offering", "storage");
        Assert.Equal((0.5, 1 / 3.0), (Complete(scene, "storage"), Complete(scene, "analytics")));
        scene.Signal("role.vacated", "a", "role", "sponsor");
        Assert.Equal((0.0, 0.0), (Complete(scene, "storage"), Complete(scene, "analytics")));
    }

    [Fact]
    public void B2_only_whom_the_condition_for_members_lets_in_belongs_to_the_group()
    {
        var scene = Scene.Given(Two);
        scene.Signal("role.assigned", "a", "role", "user").Signal("page.viewed", "a");
        Assert.Equal((0.0, 0.0), (Complete(scene, "analytics"), BuyingGroup.Engagement(scene.Account, scene.Playbook.OfferingOf("analytics")!.Group, scene.Now)));
        scene.Signal("contact.updated", "a", "unit", "data");
        Assert.Equal(1 / 3.0, Complete(scene, "analytics"));
        Assert.Equal(60 / 240.0, BuyingGroup.Engagement(scene.Account, scene.Playbook.OfferingOf("analytics")!.Group, scene.Now), 9);
        scene.Signal("contact.updated", "a", "unit", "law");
        Assert.Equal(0, Complete(scene, "analytics"));
    }

    [Fact]
    public void B2_interest_in_an_offering_ends_at_an_exact_instant()
    {
        var scene = Scene.Given(Two);
        scene.Signal("contact.updated", "a", "unit", "data").Signal("role.assigned", "a", "role", "user");
        scene.Signal("page.viewed", "a").AfterDays(1).Signal("page.viewed", "a");
        Assert.Equal("deciding", scene.Account.Stage);
        scene.At("2026-03-09T09:59:59.9999999Z");
        Assert.Equal("deciding", scene.Account.Stage);
        scene.At("2026-03-09T10:00:00Z");
        Assert.Equal("start", scene.Account.Stage);
    }

    [Theory]
    [InlineData("buying-groups: {x: {roles: [nobody]}}", "6:29 buying-groups.x.roles[0]: unknown role `nobody`; no role is declared")]
    [InlineData("buying-groups: {x: {prioriti: 1}}", "6:21 buying-groups.x.prioriti: unknown key `prioriti` in a buying group of an offering; did you mean `priority`?; known keys: title, interest, members, roles, priority")]
    public void B2_mistakes_are_told_with_their_place(string added, string expected) => Assert.Equal([expected], Samples.Findings(Samples.Small + added));

    [Theory]
    [InlineData("members: \"contact.unit == 'data'\"", "members: \"contact.score.e >= 1.0\"", "time alone may not change it")]
    [InlineData("buying_group('analytics').interested &&", "buying_group('analytic').interested &&", "did you mean `analytics`?")]
    public void B2_conditions_of_groups_are_checked_when_published(string old, string with, string expected) =>
        Assert.Contains(expected, Assert.Single(Compiling.Errors(Two.Replace(old, with, StringComparison.Ordinal) + "scores: {e: {half-life: 7d, points: {page.viewed: 1}}}\n")), StringComparison.Ordinal);

    private static double Complete(Scene scene, string offering) => BuyingGroup.Completeness(scene.Account, scene.Playbook.OfferingOf(offering)!.Group);
}
