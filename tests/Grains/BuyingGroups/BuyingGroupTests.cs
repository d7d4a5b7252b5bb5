using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.BuyingGroups;

public sealed class BuyingGroupTests
{
    private const string Three = """
        playbook: groups
        currency: GBP
        time-zone: Europe/London
        buying-group:
          roles:
            sponsor: {required: 5, weight: 100}
            buyer: {required: 1, weight: 80}
            user: {required: 0, weight: 60}
          engagement: {window: 30d, cap-per-activity-day: 20, points: {page.viewed: 1, demo.seen: 12}}
        signals:
          page.viewed: {observed: true}
          demo.seen: {observed: true}
          noise: {observed: true}
        stages:
          start: {kind: inventory}
          warm: {kind: inventory}
          filled: {kind: inventory}
          joined: {kind: inventory}
        transitions:
          - {id: warms, from: start, to: warm, when: "buying_group.engagement >= 5.0"}
          - {id: cools, from: warm, to: start, when: "buying_group.engagement < 5.0"}

        """;

    [Fact]
    public void B4_role_weights_100_80_60_normalise_to_41_67_and_33_33_and_25_percent() =>
        Assert.Equal([41.67, 33.33, 25], Scene.Given(Three).Playbook.BuyingGroup.Roles.Select(r => Math.Round(r.Share * 100, 2)));

    [Fact]
    public void B3_three_of_five_required_is_60_percent_over_filled_is_100_and_the_group_is_the_mean_of_its_required_roles()
    {
        var scene = Scene.Given(Three);
        Assign(scene, "sponsor", "a", "b", "c");
        Assert.Equal((0.6, 0.0, 1.0, 0.3), Read(scene));
        Assign(scene, "buyer", "d", "e");
        Assert.Equal((0.6, 1.0, 1.0, 0.8), Read(scene));
        Assign(scene, "sponsor", "f", "g", "h");
        Assert.Equal((1.0, 1.0, 1.0, 1.0), Read(scene));
        scene.Signal("role.vacated", "d", "role", "buyer").Signal("role.vacated", "e", "role", "buyer");
        Assert.Equal((1.0, 0.0, 1.0, 0.5), Read(scene));
    }

    [Fact]
    public void B3_a_group_that_requires_nobody_is_complete()
    {
        var scene = Scene.Given(Three.Replace("required: 5", "required: 0", StringComparison.Ordinal).Replace("required: 1", "required: 0", StringComparison.Ordinal));
        scene.Signal("noise");
        Assert.Equal(1, BuyingGroup.Completeness(scene.Account, scene.Playbook.BuyingGroup));
    }

    [Fact]
    public void B4_an_activity_counts_at_most_20_times_for_one_person_on_one_day()
    {
        var scene = Scene.Given(Three);
        Assign(scene, "sponsor", "a", "b");
        for (var i = 0; i < 25; i++)
        {
            scene.Signal("page.viewed", "a");
        }

        scene.Signal("demo.seen", "a").Signal("noise", "a").Signal("page.viewed", "b");
        Assert.Equal((32, 1), (Of(scene, "a"), Of(scene, "b")));
        scene.At("2026-03-03T00:00:00Z").Signal("page.viewed", "a");
        Assert.Equal(33, Of(scene, "a"));
        Assert.Equal(34 * 100 / 240.0, Engagement(scene), 9);
    }

    [Fact]
    public void B4_a_person_counts_with_the_share_of_the_weightiest_role_and_nobody_without_a_role_counts()
    {
        var scene = Scene.Given(Three);
        scene.Signal("demo.seen", "a");
        Assert.Equal(0, Engagement(scene));
        Assign(scene, "user", "a");
        Assert.Equal(12 * 0.25, Engagement(scene), 9);
        Assign(scene, "sponsor", "a");
        Assert.Equal(12 * 100 / 240.0, Engagement(scene), 9);
        scene.Signal("role.vacated", "a", "role", "sponsor").Signal("role.vacated", "a", "role", "user");
        Assert.Equal(0, Engagement(scene));
    }

    [Fact]
    public void B4_a_day_leaves_the_window_at_an_exact_instant_without_any_signal()
    {
        var scene = Scene.Given(Three);
        Assign(scene, "sponsor", "a");
        scene.Signal("demo.seen", "a");
        Assert.Equal("warm", scene.Account.Stage);
        Assert.Equal(Scene.Utc("2026-04-01T00:00:00Z"), scene.Account.Wake);
        scene.At("2026-03-31T23:59:59.9999999Z");
        Assert.Equal(("warm", 5.0), (scene.Account.Stage, Engagement(scene)));
        scene.At("2026-04-01T00:00:00Z");
        Assert.Equal(("start", 0.0, scene.Now), (scene.Account.Stage, Engagement(scene), scene.Account.StageSince));
        Assert.Null(scene.Account.Wake);
    }

    [Fact]
    public void B4_what_happened_before_the_window_does_not_count_and_is_forgotten()
    {
        var scene = Scene.Given(Three);
        Assign(scene, "sponsor", "a");
        var late = scene.NewSignal("demo.seen", "a");
        scene.AfterDays(30).Record(late);
        Assert.Equal(0, Of(scene, "a"));
        scene.Signal("page.viewed", "a").AfterDays(40).Signal("page.viewed", "a");
        Assert.Single(scene.Account.Standing!.Activity.Single().Value.Days);
    }

    [Fact]
    public void B5_the_group_score_moves_the_stage_in_the_turn_of_the_event_that_raised_it()
    {
        var scene = Scene.Given(Three);
        Assign(scene, "sponsor", "a");
        scene.Signal("demo.seen", "a");
        Assert.Contains(scene.Facts, f => f.Event is AccountEvent.StageEntered { To: "warm", Evidence: [{ Held: true, Values: ['b', ..] values }] } && values.StartsWith("buying_group.engagement = 5", StringComparison.Ordinal));
    }

    [Fact]
    public void B4_without_points_of_its_own_the_group_counts_the_first_score_with_a_half_life()
    {
        var scene = Scene.Given(Three.Replace(", points: {page.viewed: 1, demo.seen: 12}", "", StringComparison.Ordinal) + "scores: {engagement: {half-life: 7d, points: {demo.seen: 30}}}\n");
        Assign(scene, "sponsor", "a");
        scene.Signal("demo.seen", "a").Signal("page.viewed", "a");
        Assert.Equal(30, Of(scene, "a"));
    }

    [Fact]
    public void B2_a_condition_asks_for_vacant_roles_and_for_who_joined()
    {
        var scene = Scene.Given(Three + """
              - {id: fills, from: start, to: filled, when: "!buying_group.vacant(['sponsor', 'buyer']) && buying_group.completeness('buyer') == 1.0"}
              - {id: joins, from: filled, to: joined, when: "contact_joined('user')"}

            """);
        Assign(scene, "sponsor", "a");
        Assert.Equal("start", scene.Account.Stage);
        Assign(scene, "buyer", "b");
        Assert.Equal("filled", scene.Account.Stage);
        scene.Signal("noise", "c");
        Assert.Equal("filled", scene.Account.Stage);
        Assign(scene, "user", "c");
        Assert.Equal("joined", scene.Account.Stage);
    }

    [Fact]
    public void B2_who_joined_is_asked_only_of_the_signal_with_which_they_joined()
    {
        var scene = Scene.Given(Three + """
              - {id: joins, from: filled, to: joined, when: "contact_joined('user')"}
              - {id: fills, from: start, to: filled, when: "!buying_group.vacant(['sponsor'])"}

            """);
        Assign(scene, "user", "c");
        Assign(scene, "sponsor", "a");
        scene.Signal("noise", "c").Signal("role.assigned", "c", "role", "user");
        Assert.Equal("filled", scene.Account.Stage);
    }

    [Fact]
    public void B2_people_are_active_for_as_long_as_their_last_signal_is_in_the_window()
    {
        var scene = Scene.Given(Three + """
              - {id: many, from: start, to: filled, when: "contacts.active('10d') >= 2"}
              - {id: few, from: filled, to: start, when: "contacts.active('10d') < 2"}

            """);
        scene.Signal("noise", "a").AfterDays(1).Signal("noise", "b");
        Assert.Equal("filled", scene.Account.Stage);
        scene.At("2026-03-12T09:59:59.9999999Z");
        Assert.Equal("filled", scene.Account.Stage);
        scene.At("2026-03-12T10:00:00Z");
        Assert.Equal("start", scene.Account.Stage);
    }

    [Fact]
    public void S4_11_a_changed_title_changes_the_role_and_a_missing_one_gives_none()
    {
        var scene = Scene.Given(Three.Replace("sponsor: {required: 5, weight: 100}", "sponsor: {required: 1, weight: 100, assign: \"contact.title_matches(['head of','director'])\"}", StringComparison.Ordinal) + "attributes: {contact: {title: string?, phone: string?}}\n");
        scene.Signal("contact.updated", "a", "phone", "1");
        Assert.Empty(scene.Person("a").Roles);
        scene.Signal("contact.updated", "a", "title", "Managing DIRECTOR");
        Assert.Equal(["sponsor"], scene.Person("a").Roles);
        scene.Signal("contact.updated", "a", "title", "Engineer");
        Assert.Empty(scene.Person("a").Roles);
        scene.Signal("contact.updated", "a", "title", "Head of it").Signal("contact.updated", "a", "title", null!);
        Assert.Empty(scene.Person("a").Roles);
    }

    private static void Assign(Scene scene, string role, params string[] people)
    {
        foreach (var person in people)
        {
            scene.Signal("role.assigned", person, "role", role);
        }
    }

    private static (double, double, double, double) Read(Scene scene)
    {
        var group = scene.Playbook.BuyingGroup;
        double Role(int i) => BuyingGroup.Completeness(scene.Account, group, group.Roles[i]);
        return (Role(0), Role(1), Role(2), BuyingGroup.Completeness(scene.Account, group));
    }

    private static double Engagement(Scene scene) => BuyingGroup.Engagement(scene.Account, scene.Playbook.BuyingGroup, scene.Now);

    private static double Of(Scene scene, string person) =>
        BuyingGroup.EngagementOf(scene.Account, scene.Account.Identifiers[Scene.Name(person)], scene.Playbook.BuyingGroup.Engagement!, scene.Now);
}
