using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Playbooks;
using Google.Protobuf;
using Xunit;

namespace Orchestrator.Grains.Tests.Journeys;

public sealed class CompetingJourneyTests
{
    private const string Head = """
        playbook: rivals
        currency: GBP
        time-zone: Europe/London
        attributes: {account: {tier: string?}, contact: {vip: bool?}}
        signals:
          low: {observed: true}
          mid: {observed: true}
          high: {observed: true}
          stop: {observed: true}
          page.viewed: {observed: true}
        stages: {lead: {kind: inventory}}

        """;

    internal static string Playbook(string group, string of = "contact") => Head + $$$"""
        journey-groups: {care: {{{group}}}}
        journeys:
          low: {of: {{{of}}}, group: care, priority: 1, stages: {out: {}, in: {}, done: {}}, ends: [done], transitions: [{id: stops, from: in, to: done, when: "signals.any(['stop'])"}], enter: [{id: comes, to: in, on: [low]}]}
          mid: {of: {{{of}}}, group: care, priority: 5, stages: {out: {}, in: {}, done: {}}, ends: [done], transitions: [{id: starts, from: [out, done], to: in, when: "signals.any(['mid'])"}, {id: tires, from: in, to: done, when: "journey_days('mid') >= 3.0"}]}
          high: {of: {{{of}}}, group: care, priority: 9, stages: {out: {}, in: {}, done: {}}, ends: done, transitions: [{id: stops, from: in, to: done, when: "signals.any(['stop'])"}], enter: [{id: comes, to: in, on: high}]}

        """;

    [Fact]
    public void C13_a_full_group_keeps_who_is_under_way_and_says_why_the_other_is_not_let_in()
    {
        var scene = Scene.Given(Playbook("{on-conflict: keep}")).Signal("low", "ann").Signal("high", "ann");
        Assert.Equal(["low"], Active(scene, "ann"));
        var refused = Assert.Single(Book(scene, "ann").Refused);
        Assert.Equal(("high", "comes", "at most 1 of group `care` at a time, and `low` is under way"), (refused.Journey, refused.Entry, refused.Reason));
        scene.Signal("stop", "ann").Signal("high", "ann");
        Assert.Equal(["high"], Active(scene, "ann"));
        Assert.Empty(Book(scene, "ann").Refused);
    }

    [Fact]
    public void C13_a_higher_priority_displaces_the_lowest_and_never_the_other_way_round()
    {
        var scene = Scene.Given(Playbook("{on-conflict: displace}")).Signal("low", "ann").Signal("high", "ann");
        Assert.Equal(["high"], Active(scene, "ann"));
        Assert.Equal("out", JourneyWalk.PlaceOf(scene.Playbook.Journeys[0], scene.Account, scene.Person("ann")).Stage);
        Assert.Contains(Told(scene), e => e is EntryEvent.Left { Journey: "low", Reason: "`high` has priority 9 over 1 in group `care`" });
        scene.Signal("mid", "ann");
        Assert.Equal(["high"], Active(scene, "ann"));
        Assert.Equal("mid", Assert.Single(Book(scene, "ann").Refused).Journey);
        scene.Signal("mid", "bob");
        Assert.Equal(["mid"], Active(scene, "bob"));
    }

    [Fact]
    public void C13_whoever_is_displaced_may_wait_and_goes_on_where_they_were()
    {
        var scene = Scene.Given(Playbook("{on-conflict: displace, displaced: wait}")).Signal("low", "ann").Signal("mid", "ann");
        Assert.Equal(("low", "in", true), Assert.Single(Book(scene, "ann").Waiting) is var w ? (w.Journey, w.To, w.Resumes) : default);
        scene.AfterDays(3);
        Assert.Equal(["low"], Active(scene, "ann"));
        Assert.Equal(1, Book(scene, "ann").EntryOf("low", "")!.Count);
        Assert.Empty(Book(scene, "ann").Waiting);
    }

    [Fact]
    public void C13_of_those_who_wait_the_highest_priority_comes_first_at_the_instant_the_place_is_free()
    {
        var scene = Scene.Given(Playbook("{on-conflict: queue}")).Signal("mid", "ann").AfterDays(1).Signal("low", "ann").AfterDays(1).Signal("high", "ann");
        Assert.Equal(["mid"], Active(scene, "ann"));
        Assert.Equal(["low", "high"], Book(scene, "ann").Waiting.Select(e => e.Journey));
        scene.At("2026-03-05T09:59:59.9999999Z");
        Assert.Equal(["mid"], Active(scene, "ann"));
        scene.At("2026-03-05T10:00:00Z");
        Assert.Equal(["high"], Active(scene, "ann"));
        Assert.Equal(["low"], Book(scene, "ann").Waiting.Select(e => e.Journey));
    }

    [Fact]
    public void C13_a_wait_ends_at_its_instant()
    {
        var scene = Scene.Given(Playbook("{on-conflict: queue, wait-at-most: 12h}")).Signal("mid", "ann").Signal("low", "ann");
        scene.At("2026-03-02T21:59:59Z");
        Assert.Single(Book(scene, "ann").Waiting);
        scene.At("2026-03-02T22:00:00Z");
        Assert.Empty(Book(scene, "ann").Waiting);
        scene.AfterDays(4);
        Assert.Empty(Active(scene, "ann"));
    }

    [Fact]
    public void C13_journeys_of_accounts_compete_too_and_others_do_not_share_their_places()
    {
        var scene = Scene.Given(Playbook("{at-most: 2, on-conflict: keep}", "account")).Signal("low", "ann").Signal("mid", "bob").Signal("high");
        Assert.Equal(["low", "mid"], Active(scene));
        Assert.Equal("at most 2 of group `care` at a time, and `mid`, `low` are under way", Assert.Single(scene.Account.Standing!.Entries!.Refused).Reason);
    }

    [Fact]
    public void C13_two_who_are_one_end_with_one_journey_and_undoing_it_gives_both_back()
    {
        var scene = Scene.Given(Playbook("{on-conflict: keep}")).Signal("low", "ann").AfterDays(1).Signal("high", "bob");
        scene.Signal("page.viewed", "ann bob");
        Assert.Equal(["high"], Active(scene, "ann"));
        Assert.Contains(Told(scene), e => e is EntryEvent.Left { Journey: "low", ByMerge: true });
        var kept = scene.Person("ann");
        var past = scene.Past.ToLookup(p => p.Grain, p => p.Fact);
        var merges = Grains.Identities.Unmerging.MergesOf(kept.Key, past[scene.Account.Key], past[kept.Key]);
        var merge = Assert.Single(merges);
        var parting = Grains.Identities.Unmerging.Split(merge, merges, [.. past[scene.Account.Key]], [.. past[kept.Key]], kept, scene.ContactOf(Scene.Company, merge.Other.Id));
        Assert.Equal("in", JourneyWalk.PlaceOf(scene.Playbook.Journeys.Single(j => j.Id == "low"), scene.Account, parting.Kept).Stage);
        Assert.Equal("in", JourneyWalk.PlaceOf(scene.Playbook.Journeys.Single(j => j.Id == "high"), scene.Account, parting.Restored).Stage);
        Assert.NotNull(parting.Kept.Standing!.Entries!.OpenOf("low"));
        Assert.Null(parting.Kept.Standing!.Entries!.OpenOf("high"));
    }

    [Fact]
    public void C13_a_version_that_allows_fewer_takes_the_lowest_out_when_it_visits()
    {
        var scene = Scene.Given(Playbook("{at-most: 2}")).Signal("low", "ann").Signal("mid", "ann");
        scene.Publish(Playbook("{at-most: 1}")).Do(new AccountCommand.Adopt(scene.Account.Key));
        Assert.Equal(["mid"], Active(scene, "ann"));
        scene.Do(new AccountCommand.Adopt(scene.Account.Key));
        Assert.Empty(scene.Facts);
    }

    [Theory]
    [InlineData("{on-conflict: keep}", 1, 1)]
    [InlineData("{on-conflict: displace}", 1, 2)]
    [InlineData("{on-conflict: displace, displaced: wait}", 1, 3)]
    [InlineData("{on-conflict: queue}", 1, 4)]
    [InlineData("{on-conflict: queue, wait-at-most: 2d}", 1, 5)]
    [InlineData("{at-most: 2, on-conflict: displace, displaced: wait}", 2, 6)]
    [InlineData("{at-most: 2, on-conflict: queue}", 2, 7)]
    public void C13_never_more_than_k_are_under_way_under_any_order_of_signals_wakes_and_merges(string group, int most, int seed)
    {
        for (var run = 0; run < 12; run++)
        {
            var random = new Random((seed * 1_000) + run);
            var scene = Scene.Given(Playbook(group));
            var where = $"seed {seed}, run {run}";
            string[] people = ["ann", "bob", "cid", "anonymous:1", "anonymous:2"];
            scene.AfterTurn = () =>
            {
                foreach (var person in scene.States.OfType<Contacts.Contact>().Where(c => c.MovedTo is null))
                {
                    var active = scene.Playbook.Journeys.Where(j => j.IsActive(JourneyWalk.PlaceOf(j, scene.AccountOf(person.Key.Affinity), person).Stage)).Select(j => j.Id).ToList();
                    Assert.True(active.Count <= most, $"{where}: {string.Join(", ", active)} at once at {person.Key}");
                    Assert.True(active.All(j => person.Standing!.Entries!.OpenOf(j) is not null), $"{where}: no book is kept of {string.Join(", ", active)}");
                    Assert.True(person.Standing?.Entries?.Entries.Count(e => e.LeftAt is null) == active.Count || person.Standing?.Entries is null, $"{where}: the book has others than {string.Join(", ", active)}");
                    Assert.True(person.Standing?.Entries?.Waiting.All(w => !active.Contains(w.Journey)) ?? true, $"{where}: waits for what is under way");
                    var read = StateForm.Read(Orchestrator.V1.StoredState.Parser.ParseFrom(StateForm.Write(person, 1).ToByteArray())).State;
                    Assert.Equal(StateForm.Write(person, 1), StateForm.Write(read, 1));
                }
            };
            for (var step = 0; step < 40; step++)
            {
                switch (random.Next(10))
                {
                    case < 6:
                        var type = (string[])["low", "mid", "high", "stop"] switch { var types => types[random.Next(4)] };
                        var person = people[random.Next(people.Length)];
                        _ = person.StartsWith("anonymous", StringComparison.Ordinal) && random.Next(2) == 0 ? scene.Route(type, person) : scene.Signal(type, person);
                        break;
                    case < 8:
                        scene.After(TimeSpan.FromHours(random.Next(1, 80)));
                        break;
                    default:
                        scene.Signal("page.viewed", $"{people[random.Next(people.Length)]} {people[random.Next(people.Length)]}");
                        break;
                }
            }
        }
    }

    [Theory]
    [InlineData("journey-groups: {g: {on-conflict: fight}}", "journey-groups.g.on-conflict: expected keep, displace or queue, found `fight`")]
    [InlineData("journey-groups: {g: {displaced: wait}}", "journey-groups.g.displaced: `displaced` needs `on-conflict: displace`; nobody is displaced otherwise")]
    [InlineData("journey-groups: {g: {wait-at-most: 3d}}", "journey-groups.g.wait-at-most: `wait-at-most` needs `on-conflict: queue` or `displaced: wait`; nobody waits otherwise")]
    [InlineData("journey-groups: {care: {}}\njourneys: {x: {group: caer, stages: {a: {}}}}", "journeys.x.group: unknown group of journeys `caer`; did you mean `care`?")]
    [InlineData("journeys: {x: {stages: {a: {}, b: {}}, enter: [{id: e, to: b}]}}", "journeys.x.enter[0]: an entry needs one of `on` (signals), `schedule` (local times), `by` (api, manual) or `when` alone (a condition that becomes true)")]
    [InlineData("journeys: {x: {stages: {a: {}, b: {}}, enter: [{id: e, to: a, by: api}]}}", "journeys.x.enter[0]: entry `e` leads to `a`, where nobody is under way; expected a stage that is neither the start nor one of `ends`")]
    [InlineData("journeys: {x: {stages: {a: {}, b: {}}, enter: [{id: e, to: b, schedule: {at: '9'}}]}}", "journeys.x.enter[0].schedule.at: expected a time of day such as \"09:00\", found the quoted text `9`")]
    public void C13_C7_mistakes_are_told_with_their_place(string added, string expected) => Assert.Contains(expected, string.Join('\n', Samples.Findings(Samples.Small + added)), StringComparison.Ordinal);

    [Fact]
    public void C13_a_group_is_of_accounts_or_of_people() =>
        Assert.Contains("group `g` has journeys of accounts and of people", Assert.Single(Compiling.Errors(Head + """
            journey-groups: {g: {}}
            journeys: {a: {group: g, stages: {x: {}, y: {}}}, b: {of: contact, group: g, stages: {x: {}, y: {}}}}
            """)), StringComparison.Ordinal);

    internal static IReadOnlyList<string> Active(Scene scene, string person = "") =>
        [.. scene.Playbook.Journeys.Where(j => j.IsActive(JourneyWalk.PlaceOf(j, scene.Account, person.Length > 0 ? scene.Person(person) : null).Stage)).Select(j => j.Id)];

    internal static EntryBook Book(Scene scene, string person) => scene.Person(person).Standing!.Entries!;

    internal static IReadOnlyList<EntryEvent> Told(Scene scene) =>
        [.. scene.Facts.Select(f => f.Event).OfType<AccountEvent.OfStanding>().Select(e => e.Event).OfType<StandingEvent.OfEntry>().Select(e => e.Event)];
}
