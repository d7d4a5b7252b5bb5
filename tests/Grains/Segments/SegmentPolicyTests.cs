using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.Segments;

public sealed class SegmentPolicyTests
{
    private const string Playbook = """
        playbook: segments
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        segments:
          large: {when: "account.employees >= 1000", cadence: 3d, people-per-week: 1, plays: [dinner, mail], training: {sales: {en: "https://learn.example/large"}}}
          small: {when: "true", cadence: 1h, plays: [mail]}
        attributes: {account: {employees: int?}}
        signals:
          page.viewed: {observed: true}
          dinner.asked: {observed: true}
        stages:
          start: {kind: inventory}
        plays:
          - {id: mail, for: contact, on: page.viewed, goal: page.viewed, horizon: 7d, cool-down: 1s, value: 100, valid-for: 3d, treatments: [{id: mail-a, channel: web}]}
          - {id: dinner, for: contact, on: dinner.asked, goal: page.viewed, horizon: 7d, cool-down: 1s, value: 900, valid-for: 3d, eligible: "signals.any(['dinner.asked'])", treatments: [{id: dinner-a, channel: web}]}

        """;

    [Fact]
    public void B10_each_segment_has_a_cadence_of_its_own()
    {
        Assert.Equal((1, NoneReason.OverCap), Second(Given(5_000), TimeSpan.FromDays(2)));
        Assert.Equal(2, Second(Given(5_000), TimeSpan.FromDays(3)).Offered);
        Assert.Equal((1, NoneReason.OverCap), Second(Given(10), TimeSpan.FromMinutes(59)));
        Assert.Equal(2, Second(Given(10), TimeSpan.FromHours(1)).Offered);
    }

    [Fact]
    public void B10_a_play_of_other_segments_is_not_eligible()
    {
        Assert.Equal("dinner", Given(5_000).Signal("dinner.asked", "ann").Offered.Play);
        Assert.Equal(NoneReason.NotEligible, Given(10).Signal("dinner.asked", "ann").None);
    }

    [Fact]
    public void B10_each_segment_has_a_limit_of_its_own_on_different_people()
    {
        var large = Given(5_000).Signal("page.viewed", "ann").Signal("page.viewed", "bob");
        Assert.Equal(NoneReason.PeoplePerWeek, large.None);
        var small = Given(10).Signal("page.viewed", "ann").Signal("page.viewed", "bob");
        Assert.Equal(2, small.Account.OpenActions.Length);
    }

    [Fact]
    public void B10_a_segment_says_what_its_people_learn()
    {
        var training = Assert.Single(Given(10).Playbook.Definition.Segments[0].Training);
        Assert.Equal(("sales", "https://learn.example/large"), (training.Department.Id, training.Content.In("en")));
    }

    [Fact]
    public void B10_without_policies_of_their_own_segments_change_nothing()
    {
        var playbook = Scene.Given(SmallPlaybooks.Head + "segments: {all: {when: 'true'}}\n" + SmallPlaybooks.OneStage).Playbook;
        Assert.Empty(playbook.Policy.Definition.Caps);
        Assert.False(playbook.SegmentsLimitPeople);
    }

    [Theory]
    [InlineData("segments: {x: {when: 'true', plays: [none]}}", "6:38 segments.x.plays[0]: unknown play `none`; no play is declared")]
    [InlineData("segments: {x: {when: 'true', training: {nobody: a}}}", "6:41 segments.x.training.nobody: unknown department `nobody`; no department is declared")]
    public void B10_mistakes_are_told_with_their_place(string added, string expected) => Assert.Equal([expected], Samples.Findings(Samples.Small + added));

    [Fact]
    public void B9_never_gets_no_effort_and_now_and_later_are_told_apart()
    {
        var scene = Scene.Given(Playbook.Replace("employees: int?", "employees: int?, kind: string?", StringComparison.Ordinal) + """
            scores: {engagement: {half-life: 7d, points: {page.viewed: 10}}}
            classification:
              never: {when: "account.kind in ['partner','student','competitor']"}
              now: {when: "score.engagement >= 20.0"}
              later: {when: "true"}

            """);
        scene.Signal("account.updated", "", "employees", 10).Signal("page.viewed", "ann");
        Assert.Equal(("later", 1), (ClassOf(scene), scene.Account.OpenActions.Length));
        scene.Signal("page.viewed", "ann");
        Assert.Equal("now", ClassOf(scene));
        scene.AfterDays(1).Signal("account.updated", "", "kind", "student").Signal("page.viewed", "ann");
        Assert.Equal(("never", NoneReason.NeverClass), (ClassOf(scene), scene.None));
    }

    private static string ClassOf(Scene scene)
    {
        var facts = new Facts();
        facts.Set(scene.Playbook, scene.Account, null, null, scene.Now);
        return scene.Playbook.ClassOf(facts);
    }

    private static Scene Given(int employees) => Scene.Given(Playbook).Signal("account.updated", "", "employees", employees);

    /// <summary>How many mails a person got who came back after a while, and why not the second.</summary>
    private static (int Offered, NoneReason None) Second(Scene scene, TimeSpan after)
    {
        scene.Signal("page.viewed", "ann").Done();
        scene.After(after).Signal("page.viewed", "ann");
        var offered = scene.Journal.Count(f => f.Event is AccountEvent.ActionOffered);
        return (offered, offered == 1 ? scene.None : default);
    }
}
