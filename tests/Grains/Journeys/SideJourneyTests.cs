using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.Journeys;

public sealed class SideJourneyTests
{
    private const string Playbook = """
        playbook: sides
        currency: GBP
        time-zone: Europe/London
        attributes: {account: {renews: timestamp?}}
        signals:
          page.viewed: {observed: true}
          price.viewed: {observed: true}
          order.placed: {observed: true}
        stages:
          lead: {kind: inventory}
          active: {kind: inventory}
        transitions:
          - {id: activate, from: lead, to: active, when: "journey('buyer') == 'comparing'"}
        journeys:
          buyer:
            title: {en: The customer's view}
            stages: {unaware: {}, curious: {title: Curious}, comparing: {}, gone: {}}
            transitions:
              - {id: wonders, from: unaware, to: curious, when: "signals.any(['page.viewed'])"}
              - {id: compares, from: curious, to: comparing, when: "signals.count('price.viewed') >= 1", reason: "signal.type"}
              - {id: forgets, from: [curious, comparing], to: gone, when: "journey_days('buyer') >= 5.0"}
              - {id: renews, from: gone, to: comparing, at: account.renews}
          habit:
            of: contact
            start: new
            stages: {new: {}, regular: {}, lapsed: {}}
            transitions:
              - {id: returns, from: [new, lapsed], to: regular, when: "signals.any(['order.placed'])"}
              - {id: lapses, from: regular, to: lapsed, when: "journey_days('habit') >= 3.0"}

        """;

    [Fact]
    public void B12_an_account_stands_in_several_journeys_side_by_side_and_they_may_ask_about_each_other()
    {
        var scene = Scene.Given(Playbook).Signal("page.viewed");
        Assert.Equal(("lead", "curious"), (scene.Account.Stage, Stage(scene, "buyer")));
        scene.Signal("price.viewed");
        Assert.Equal(("active", "comparing"), (scene.Account.Stage, Stage(scene, "buyer")));
        var step = Assert.Single(scene.Facts.Select(f => f.Event).OfType<AccountEvent.OfStanding>().Select(e => e.Event).OfType<StandingEvent.JourneyEntered>()).Step;
        Assert.Equal(("buyer", "curious", "comparing", "compares", "price.viewed"), (step.Journey, step.From, step.To, step.Transition, step.Reason));
        Assert.Equal("signals.count('price.viewed') = 1", Assert.Single(step.Evidence).Values);
    }

    [Fact]
    public void B12_time_alone_moves_a_journey_at_its_exact_instant()
    {
        var scene = Scene.Given(Playbook).Signal("page.viewed");
        scene.At("2026-03-07T09:59:59.9999999Z");
        Assert.Equal("curious", Stage(scene, "buyer"));
        scene.At("2026-03-07T10:00:00Z");
        Assert.Equal(("gone", scene.Now, "forgets"), (Stage(scene, "buyer"), Place(scene, "buyer").Since, Place(scene, "buyer").By));
        scene.Signal("account.updated", "", "renews", Scene.Utc("2026-04-01T00:00:00Z")).At("2026-04-01T00:00:00Z");
        Assert.Equal("comparing", Stage(scene, "buyer"));
    }

    [Fact]
    public void B1_each_person_has_a_journey_of_their_own()
    {
        var scene = Scene.Given(Playbook).Signal("order.placed", "ann").AfterDays(1).Signal("order.placed", "bob").Signal("page.viewed", "cid");
        Assert.Equal(("regular", "regular", "new"), (Stage(scene, "habit", "ann"), Stage(scene, "habit", "bob"), Stage(scene, "habit", "cid")));
        scene.AfterDays(2);
        Assert.Equal(("lapsed", "regular"), (Stage(scene, "habit", "ann"), Stage(scene, "habit", "bob")));
        scene.AfterDays(1);
        Assert.Equal("lapsed", Stage(scene, "habit", "bob"));
        Assert.Equal("new", Stage(scene, "habit", "cid"));
        Assert.Equal(Scene.Utc("2026-03-06T10:00:00Z"), Place(scene, "habit", "bob").Since);
    }

    [Fact]
    public void B1_whoever_moves_elsewhere_takes_their_journey_along()
    {
        var scene = Scene.Given(Playbook);
        scene.Route("order.placed", "anonymous:1").Signal("page.viewed", "anonymous:1 ann");
        Assert.Equal("regular", Stage(scene, "habit", "ann"));
    }

    [Fact]
    public void B1_a_stage_that_a_later_version_does_not_have_counts_as_the_start()
    {
        var scene = Scene.Given(Playbook).Signal("page.viewed");
        scene.Publish(Playbook.Replace("curious", "interested", StringComparison.Ordinal)).Signal("order.placed");
        Assert.Equal("unaware", Stage(scene, "buyer"));
        scene.Signal("page.viewed");
        Assert.Equal("interested", Stage(scene, "buyer"));
    }

    [Theory]
    [InlineData("journeys: {x: {stages: {a: {}, b: {}}, transitions: [{id: t, from: a, to: zzz, when: 'true'}]}}", "6:75 journeys.x.transitions[0].to: unknown stage `zzz`; expected one of a, b")]
    [InlineData("journeys: {x: {stages: {}}}", "6:12 journeys.x: expected at least one stage, found none")]
    [InlineData("journeys: {x: {stages: {a: {}, b: {}}, transitions: [{id: t, from: a, to: b}]}}", "6:54 journeys.x.transitions[0]: a transition needs either `when` (a condition) or `at` (an instant)")]
    [InlineData("journeys: {x: {of: people, stages: {a: {}}}}", "6:20 journeys.x.of: expected account or contact, found `people`")]
    public void B12_mistakes_are_told_with_their_place(string added, string expected) => Assert.Equal([expected], Samples.Findings(Samples.Small + added));

    [Fact]
    public void B12_an_unknown_journey_is_refused_with_the_nearest_name() =>
        Assert.Contains("`buyr` is not a declared journey; did you mean `buyer`?", Assert.Single(Compiling.Errors(Playbook.Replace("journey('buyer') ==", "journey('buyr') ==", StringComparison.Ordinal))), StringComparison.Ordinal);

    private static string Stage(Scene scene, string journey, string person = "") => Place(scene, journey, person).Stage;

    private static JourneyPlace Place(Scene scene, string journey, string person = "") =>
        JourneyWalk.PlaceOf(scene.Playbook.Journeys.Single(j => j.Id == journey), scene.Account, person.Length > 0 ? scene.Person(person) : null);
}
