using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.Journeys;

public sealed class EntryWayTests
{
    private static string Playbook(string of, string enter, string rest = "") => $$$"""
        playbook: ways
        currency: GBP
        time-zone: Europe/London
        attributes: {account: {tier: string?}, contact: {vip: bool?, time-zone: string?}}
        signals:
          page.viewed: {observed: true}
          order.placed: {observed: true, properties: {order: string}}
          stop: {observed: true}
        stages: {lead: {kind: inventory}}
        journeys:
          tour: {of: {{{of}}}, stages: {out: {}, in: {}, done: {}}, ends: [done], {{{rest}}} transitions: [{id: stops, from: in, to: done, when: "signals.any(['stop'])"}], enter: [{{{enter}}}]}

        """;

    [Theory]
    [InlineData("contact")]
    [InlineData("account")]
    public void C7_a_signal_lets_in_and_its_condition_decides(string of)
    {
        var scene = Scene.Given(Playbook(of, "{id: buys, to: in, on: order.placed, when: \"signal.order != ''\"}")).Signal("order.placed", "ann", "order", "");
        Assert.Equal("out", Stage(scene, of));
        scene.Signal("order.placed", "ann", "order", "o-1");
        Assert.Equal("in", Stage(scene, of));
        var entered = Assert.Single(CompetingJourneyTests.Told(scene).OfType<EntryEvent.Entered>());
        Assert.Equal(("tour", "buys", EntryWay.Signal), (entered.Journey, entered.Entry, entered.Way));
    }

    [Theory]
    [InlineData("contact")]
    [InlineData("account")]
    public void C7_becoming_a_member_of_a_segment_lets_in_and_staying_one_does_not_again(string of)
    {
        var scene = Scene.Given(Playbook(of, "{id: gold, to: in, when: \"account.tier == 'gold'\"}")).Signal("page.viewed", "ann").Signal("account.updated", "", "tier", "gold").After(TimeSpan.FromSeconds(1));
        Assert.Equal("in", Stage(scene, of));
        scene.Signal("stop", "ann").Signal("page.viewed", "ann");
        Assert.Equal("done", Stage(scene, of));
        scene.Signal("account.updated", "", "tier", "tin").After(TimeSpan.FromSeconds(1)).Signal("account.updated", "", "tier", "gold").After(TimeSpan.FromSeconds(1));
        Assert.Equal("in", Stage(scene, of));
    }

    [Fact]
    public void C7_time_alone_makes_a_member_at_its_exact_instant()
    {
        var scene = Scene.Given(Playbook("contact", "{id: quiet, to: in, when: \"quiet_for('5d')\"}")).Signal("page.viewed", "ann").AfterDays(1).Signal("page.viewed", "ann");
        scene.At("2026-03-08T09:59:59.9999999Z");
        Assert.Equal("out", Stage(scene, "contact"));
        scene.At("2026-03-08T10:00:00Z");
        Assert.Equal("in", Stage(scene, "contact"));
    }

    [Fact]
    public void C7_what_is_heard_of_one_person_makes_members_of_the_others()
    {
        var scene = Scene.Given(Playbook("contact", "{id: many, to: in, when: \"signals.count('order.placed') >= 2\"}")).Signal("page.viewed", "ann").Signal("order.placed", "bob", "order", "1").Signal("order.placed", "bob", "order", "2");
        scene.After(TimeSpan.FromTicks(1));
        Assert.Equal(("in", "in"), (Stage(scene, "contact"), Stage(scene, "contact", "bob")));
    }

    [Fact]
    public void C7_a_new_version_looks_for_members_among_those_who_are_there()
    {
        var scene = Scene.Given(Playbook("contact", "{id: gold, to: in, when: \"account.tier == 'lead'\"}")).Signal("account.updated", "ann", "tier", "gold");
        Assert.Equal("out", Stage(scene, "contact"));
        scene.Publish(Playbook("contact", "{id: golden, to: in, when: \"account.tier == 'gold'\"}")).Do(new AccountCommand.Adopt(scene.Account.Key)).After(TimeSpan.FromTicks(1));
        Assert.Equal("in", Stage(scene, "contact"));
        scene.Do(new AccountCommand.Adopt(scene.Account.Key));
        Assert.Empty(scene.Facts);
    }

    [Fact]
    public void C7_a_schedule_lets_in_at_its_local_time_on_its_days_right_through_daylight_saving()
    {
        // Clocks in London went forward on Sunday the 29th.
        var scene = Scene.Given(Playbook("contact", "{id: mondays, to: in, schedule: {at: '09:00', days: [mon]}}"));
        scene.At("2026-03-24T10:00:00Z").Signal("page.viewed", "ann").At("2026-03-30T07:59:59Z");
        Assert.Equal("out", Stage(scene, "contact"));
        scene.At("2026-03-30T08:00:00Z");
        Assert.Equal("in", Stage(scene, "contact"));
        scene.Signal("stop", "ann").At("2026-04-06T07:59:59Z");
        Assert.Equal("done", Stage(scene, "contact"));
        scene.At("2026-04-06T08:00:00Z");
        Assert.Equal("in", Stage(scene, "contact"));
    }

    [Fact]
    public void C7_a_schedule_follows_the_persons_own_clock_its_dates_and_the_holidays()
    {
        // 29 April is a holiday in Japan, so of the two dates only the second counts.
        var scene = Scene.Given(Playbook("contact", "{id: days, to: in, schedule: {at: '09:00', dates: ['2026-05-11', '2026-04-29'], not-on-holidays: jp}}"));
        scene.Signal("contact.updated", "ann", "time-zone", "Asia/Tokyo").At("2026-05-10T23:59:59Z");
        Assert.Equal("out", Stage(scene, "contact"));
        scene.At("2026-05-11T00:00:00Z");
        Assert.Equal("in", Stage(scene, "contact"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void C7_after_an_outage_a_schedule_lets_in_once_whatever_comes_first(bool signalFirst)
    {
        var scene = Scene.Given(Playbook("contact", "{id: daily, to: in, schedule: {at: '09:00'}}", "re-entry: any-time,")).Signal("page.viewed", "ann");
        scene.Outage(TimeSpan.FromDays(3));
        if (signalFirst)
        {
            scene.Signal("page.viewed", "ann");
        }

        // One entry for each morning, none of them twice.
        Assert.Equal(3, CompetingJourneyTests.Book(scene, "ann").EntryOf("tour", "")!.Count);
        scene.After(TimeSpan.FromHours(1)).Signal("page.viewed", "ann");
        Assert.Equal(3, CompetingJourneyTests.Book(scene, "ann").EntryOf("tour", "")!.Count);
        Assert.Equal(3, scene.Journal.Select(f => f.Event).OfType<AccountEvent.OfStanding>().Count(e => e.Event is Standings.StandingEvent.OfEntry { Event: EntryEvent.Entered }));
    }

    [Fact]
    public void C7_somebody_may_be_let_in_by_hand_and_a_system_only_where_the_playbook_says_so()
    {
        var scene = Scene.Given(Playbook("contact", "{id: hand, to: in, by: manual}")).Signal("page.viewed", "ann").Signal("journey.requested", "ann", "journey", "tour");
        Assert.Equal("out", Stage(scene, "contact"));
        scene.Record(By(scene, "meg"));
        Assert.Equal("in", Stage(scene, "contact"));
        var entered = Assert.Single(CompetingJourneyTests.Told(scene).OfType<EntryEvent.Entered>());
        Assert.Equal((EntryWay.Manual, "meg"), (entered.Way, entered.By));
        scene.Record(By(scene, "meg"));
        Assert.Equal("it is under way already", Assert.Single(CompetingJourneyTests.Told(scene).OfType<EntryEvent.Refused>()).Reason);
        scene = Scene.Given(Playbook("account", "{id: crm, to: in, by: [api]}")).Signal("journey.requested", "", "journey", "tour");
        Assert.Equal("in", Stage(scene, "account"));
    }

    [Fact]
    public void C7_the_same_request_sent_again_changes_nothing()
    {
        var scene = Scene.Given(Playbook("contact", "{id: hand, to: in, by: manual}", "re-entry: any-time,")).Signal("page.viewed", "ann");
        var asked = By(scene, "meg");
        scene.Record(asked).Record(asked);
        Assert.Equal(1, CompetingJourneyTests.Book(scene, "ann").EntryOf("tour", "")!.Count);
        Assert.Empty(scene.Facts);
    }

    [Theory]
    [InlineData("re-entry: never,", new[] { 0 }, "it is entered once and not again")]
    [InlineData("re-entry: {at-most: 2},", new[] { 0, 1 }, "it was entered 2 times, at most 2 are allowed")]
    [InlineData("re-entry: {cool-down: 10d, since: end},", new[] { 0, 2 }, "it is not entered again before 2026-03-12 10:00:00 UTC")]
    public void C8_C7_the_rules_for_coming_again_hold_for_every_way_in(string rule, int[] entered, string refusal)
    {
        foreach (var enter in (string[])["{id: way, to: in, on: order.placed}", "{id: way, to: in, by: [api, manual]}", "{id: way, to: in, when: \"account.tier == 'gold'\"}"])
        {
            var scene = Scene.Given(Playbook("contact", enter, rule));
            var times = new List<int>();
            string? told = null;
            // Days 0, 6 and 12: each time in and out again.
            for (var i = 0; i < 3; i++)
            {
                _ = enter switch
                {
                    var e when e.Contains("on:", StringComparison.Ordinal) => scene.Signal("order.placed", "ann", "order", "o"),
                    var e when e.Contains("by:", StringComparison.Ordinal) => scene.Signal("journey.requested", "ann", "journey", "tour"),
                    _ => scene.Signal("account.updated", "ann", "tier", "gold"),
                };
                if (Stage(scene, "contact") == "in")
                {
                    times.Add(i);
                }

                told ??= CompetingJourneyTests.Told(scene).OfType<EntryEvent.Refused>().FirstOrDefault()?.Reason;
                scene.Signal("stop", "ann").Signal("account.updated", "ann", "tier", "tin").AfterDays(6);
            }

            Assert.Equal(entered, times);
            Assert.Equal(refusal, told);
        }
    }

    [Fact]
    public void C8_C7_each_business_key_counts_for_itself()
    {
        var scene = Scene.Given(Playbook("contact", "{id: way, to: in, on: order.placed}", "re-entry: {rule: never, per: signal.order}, ".Replace("rule: never, per", "at-most: 1, per", StringComparison.Ordinal)));
        scene.Signal("order.placed", "ann", "order", "a").Signal("stop", "ann").Signal("order.placed", "ann", "order", "a");
        Assert.Equal("done", Stage(scene, "contact"));
        scene.Signal("order.placed", "ann", "order", "b");
        Assert.Equal("in", Stage(scene, "contact"));
    }

    [Fact]
    public void C7_history_that_is_loaded_lets_nobody_in_by_a_time_that_is_long_past()
    {
        var scene = Scene.Given(Playbook("contact", "{id: daily, to: in, schedule: {at: '09:00'}}"));
        var old = scene.NewSignal("page.viewed", "ann");
        old.BackFill = true;
        old.Time = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(scene.Now.AddDays(-30));
        scene.Record(old).After(TimeSpan.FromHours(2));
        Assert.Equal("out", Stage(scene, "contact"));
        scene.AfterDays(1);
        Assert.Equal("in", Stage(scene, "contact"));
    }

    private static V1.Signal By(Scene scene, string who)
    {
        var signal = scene.NewSignal("journey.requested", "ann", "journey", "tour", "reason", "asked for");
        signal.AssertedBy = who;
        return signal;
    }

    private static string Stage(Scene scene, string of, string person = "ann") =>
        JourneyWalk.PlaceOf(scene.Playbook.Journeys[0], scene.Account, of == "contact" ? scene.Person(person) : null).Stage;
}
