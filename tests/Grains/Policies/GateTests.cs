using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Policies;

public sealed class GateTests
{
    [Fact]
    public void H9_a_push_needs_consent_to_its_purpose_on_its_channel()
    {
        const string policy = "contact-policy: {consent: {purposes: [marketing, service]}}\n";
        var scene = Scene.Given(Head + OneStage + OneMail + policy).Signal("page.viewed", "ann");
        Assert.Equal(NoneReason.NoConsent, scene.None);
        Assert.Equal(NoneReason.NoConsent, scene.Consent("ann", "service").None);
        Assert.Equal(NoneReason.NoConsent, scene.Consent("ann", channel: "phone").None);
        Assert.Equal("mail-a", scene.Consent("ann", channel: "email").Offered.Treatment);
    }

    [Fact]
    public void H9_the_later_word_counts_not_the_later_arrival()
    {
        const string policy = "contact-policy: {consent: {purposes: [marketing]}}\n";
        var scene = Scene.Given(Head + OneStage + policy);
        var yes = scene.NewSignal("consent.given", "ann", "purpose", "marketing", "channel", "email");
        var no = scene.AfterDays(1).NewSignal("consent.withdrawn", "ann", "purpose", "marketing");
        scene.Record(no).Record(yes);
        Assert.False(ConsentGiven.Allows(scene.Person("ann").Consents, "marketing", "email"));
        Assert.True(ConsentGiven.Allows(scene.AfterDays(1).Consent("ann", channel: "email").Person("ann").Consents, "marketing", "email"));
        Assert.False(ConsentGiven.Allows(scene.Person("ann").Consents, "marketing", "phone"));
    }

    [Fact]
    public void H10_withdrawal_takes_back_what_is_open_and_frees_its_slot()
    {
        const string policy = "contact-policy: {caps: [{per: contact, at-most: 1, rolling: 7d}], consent: {purposes: [marketing]}}\n";
        var scene = Scene.Given(Head + OneStage + OneMail + policy).Consent("ann");
        var action = scene.Action;
        scene.AfterDays(0.01).Signal("consent.withdrawn", "ann", "purpose", "marketing", "channel", "phone");
        Assert.Single(scene.Account.OpenActions);
        scene.Signal("consent.withdrawn", "ann", "purpose", "marketing", "channel", "email");
        Assert.Empty(scene.Account.OpenActions);
        Assert.Empty(scene.Person("ann").Slots);
        Assert.Equal(action.Id, Assert.Single(scene.Effects.OfType<Effect.Withdraw>()).ActionId);
    }

    [Fact]
    public void H14_accounts_on_an_exclusion_list_get_nothing()
    {
        var scene = Scene.Given(Head + OneStage + OneMail + "contact-policy: {exclusions: [competitor]}\n").Signal("account.updated", "", "exclusion", "competitor").Signal("page.viewed", "ann");
        Assert.Equal(NoneReason.Excluded, scene.None);
        Assert.Equal("mail-a", scene.Signal("account.updated", "", "exclusion", "other").Offered.Treatment);
    }

    [Fact]
    public void B9_accounts_of_the_class_never_get_no_effort()
    {
        var scene = Scene.Given(Head + "classification: {never: {when: \"account.industry == 'student'\"}, now: {when: \"true\"}}\n" + OneStage + OneMail);
        Assert.Equal(NoneReason.NeverClass, scene.Signal("account.updated", "", "industry", "student").Signal("page.viewed", "ann").None);
    }

    [Fact]
    public void While_a_suppression_holds_nothing_goes_out()
    {
        var scene = Scene.Given(Head + OneStage + OneMail + "contact-policy: {suppress-when: [\"signals.count('meeting.booked', '7d') > 0\"]}\n").Signal("meeting.booked", "ann");
        Assert.Equal(NoneReason.Suppressed, scene.None);
        Assert.Equal("mail-a", scene.AfterDays(7).Signal("page.viewed", "ann").Offered.Treatment);
    }

    [Fact]
    public void H6_after_so_many_outcomes_within_a_time_the_person_rests_in_any_order_of_arrival()
    {
        const string policy = "contact-policy: {rest-after: [{outcome: rejected, times: 3, within: 14d, rest: 30d}]}\n";
        foreach (var order in new int[][] { [0, 1, 2], [2, 1, 0], [1, 2, 0] })
        {
            var scene = Scene.Given(Head + OneStage + OnPage + policy);
            var start = scene.Now;
            var outcomes = Enumerable.Range(0, 3).Select(i => scene.At(start.AddDays(i * 5)).NewSignal("action.outcome", "ann", "outcome", "rejected")).ToList();
            foreach (var i in order)
            {
                scene.Record(outcomes[i]);
            }

            Assert.Equal(start.AddDays(10 + 30), scene.Person("ann").RestUntil);
            Assert.Equal(NoneReason.Resting, scene.AfterDays(29).Signal("page.viewed", "ann").None);
            Assert.Equal("mail-a", scene.At(start.AddDays(40)).Signal("page.viewed", "ann").Offered.Treatment);
        }
    }

    [Fact]
    public void H6_outcomes_too_far_apart_start_no_rest()
    {
        var scene = Scene.Given(Head + OneStage + "contact-policy: {rest-after: [{outcome: rejected, times: 2, within: 14d, rest: 30d}]}\n");
        scene.Signal("action.outcome", "ann", "outcome", "rejected").AfterDays(14).Signal("action.outcome", "ann", "outcome", "rejected");
        Assert.Equal(DateTimeOffset.MinValue, scene.Person("ann").RestUntil);
    }

    [Fact]
    public void H2_a_rolling_cap_has_room_again_at_one_exact_tick()
    {
        var scene = Sending("{per: contact, channel: email, at-most: 2, rolling: 7d}");
        var first = scene.Now;
        scene.Signal("page.viewed", "ann").Done().AfterDays(2).Signal("page.viewed", "ann").Done().AfterDays(1).Signal("page.viewed", "ann");
        Assert.Equal(NoneReason.OverCap, scene.None);
        Assert.Equal(NoneReason.OverCap, scene.At(first.AddDays(7).AddTicks(-1)).Signal("page.viewed", "ann").None);
        Assert.Equal("mail-a", scene.At(first.AddDays(7)).Signal("page.viewed", "ann").Offered.Treatment);
    }

    [Theory]
    [InlineData("day", "2026-03-28T12:00:00Z", "2026-03-29T00:00:00Z")]
    [InlineData("day", "2026-03-29T12:00:00Z", "2026-03-29T23:00:00Z")]
    [InlineData("week", "2026-03-27T12:00:00Z", "2026-03-29T23:00:00Z")]
    [InlineData("month", "2026-03-27T12:00:00Z", "2026-03-31T23:00:00Z")]
    public void H2_a_calendar_cap_has_room_again_when_the_next_one_begins_in_the_zone(string unit, string sent, string next)
    {
        var scene = Sending($"{{per: contact, at-most: 1, calendar: {unit}}}").At(sent).Signal("page.viewed", "ann").Done();
        Assert.Equal(NoneReason.OverCap, scene.At(Scene.Utc(next).AddTicks(-1)).Signal("page.viewed", "ann").None);
        Assert.Equal("mail-a", scene.At(next).Signal("page.viewed", "ann").Offered.Treatment);
    }

    [Fact]
    public void H5_an_accounts_calendar_day_is_one_whatever_zones_its_people_live_in()
    {
        var scene = Sending("{per: account, at-most: 1, calendar: day}").Signal("contact.updated", "bob", "time-zone", "Asia/Tokyo").At("2026-03-02T14:00:00Z").Signal("page.viewed", "ann").Done();
        // In Tokyo it is the next day from 15:00Z on.
        Assert.Equal(NoneReason.OverCap, scene.At("2026-03-02T16:00:00Z").Signal("page.viewed", "bob").None);
        Assert.Equal("mail-a", scene.At("2026-03-03T00:00:00Z").Signal("page.viewed", "bob").Offered.Treatment);
    }

    [Fact]
    public void H5_an_account_cap_counts_all_its_people()
    {
        var scene = Sending("{per: account, at-most: 2, rolling: 7d}").Signal("page.viewed", "ann").Signal("page.viewed", "bob");
        Assert.Equal(2, scene.Account.OpenActions.Length);
        Assert.Equal(NoneReason.OverCap, scene.Signal("page.viewed", "cyd").None);
    }

    [Fact]
    public void B10_a_cap_for_a_segment_leaves_the_others_alone()
    {
        const string segments = "segments: {large: {when: \"account.employees >= 100\"}, rest: {when: \"true\"}}\n";
        var scene = Scene.Given(Head + segments + OneStage + OnPage + "contact-policy: {caps: [{per: contact, at-most: 1, rolling: 7d, segments: [rest]}]}\n");
        Assert.Equal(NoneReason.OverCap, scene.Signal("page.viewed", "ann").Done().After(TimeSpan.FromMinutes(1)).Signal("page.viewed", "ann").None);
        Assert.Equal("mail-a", scene.Signal("account.updated", "", "employees", 500).Signal("page.viewed", "ann").Offered.Treatment);
    }

    [Fact]
    public void H8_a_new_policy_decides_the_very_next_time()
    {
        var scene = Sending("{per: contact, at-most: 9, rolling: 7d}").Signal("page.viewed", "ann").Done().After(TimeSpan.FromMinutes(1));
        scene.Publish(Head + OneStage + OnPage + "contact-policy: {caps: [{per: contact, at-most: 1, rolling: 7d}]}\n");
        Assert.Equal(NoneReason.OverCap, scene.Signal("page.viewed", "ann").None);
    }

    private const string TwoPlays = """
        plays:
          - {id: mail, for: contact, on: page.viewed, goal: email.clicked, horizon: 7d, cool-down: 1s, value: 1000, valid-for: 30m, treatments: [{id: mail-a, channel: email}]}
          - {id: banner, for: contact, on: page.viewed, goal: email.clicked, horizon: 7d, cool-down: 1s, value: 10, valid-for: 30m, treatments: [{id: banner-a, channel: web}]}

        """;

    [Theory]
    [InlineData("next-best")]
    [InlineData("wait")]
    [InlineData("skip")]
    public void H4_over_the_cap_the_policy_says_whether_the_next_best_goes_out_or_nothing_and_whether_it_waits(string overCap)
    {
        var scene = Scene.Given(Head + OneStage + TwoPlays + $"contact-policy: {{over-cap: {overCap}, caps: [{{per: contact, channel: email, at-most: 1, rolling: 7d}}]}}\n");
        var sent = scene.Now;
        scene.Signal("page.viewed", "ann").Done().AfterDays(1).Signal("page.viewed", "ann");
        if (overCap == "next-best")
        {
            Assert.Equal("banner-a", scene.Offered.Treatment);
            return;
        }

        Assert.Equal(NoneReason.OverCap, scene.None);
        scene.At(sent.AddDays(7).AddTicks(-1));
        Assert.Empty(scene.Account.OpenActions);
        scene.At(sent.AddDays(7));
        Assert.Equal(overCap == "wait" ? ["mail-a"] : [], scene.Account.OpenActions.Select(a => a.Treatment));
    }

    [Fact]
    public void H4_a_worse_candidate_over_its_cap_holds_nothing_back()
    {
        var scene = Scene.Given(Head + OneStage + TwoPlays + "contact-policy: {over-cap: skip, caps: [{per: contact, channel: web, at-most: 0, rolling: 7d}]}\n");
        Assert.Equal("mail-a", scene.Signal("page.viewed", "ann").Offered.Treatment);
    }

    [Fact]
    public void E9_at_most_so_many_different_people_of_an_account_a_week()
    {
        var scene = Scene.Given(Head + OneStage + OnPage + "arbitration: {per-account: {people-per-week: 2}}\n");
        var start = scene.Now;
        scene.Signal("page.viewed", "ann").Done().AfterDays(1).Signal("page.viewed", "bob").Done().AfterDays(1).Signal("page.viewed", "ann").Done();
        Assert.Equal(NoneReason.PeoplePerWeek, scene.AfterDays(1).Signal("page.viewed", "cyd").None);
        // Ann's latest was on day 2, Bob's on day 1: Bob's week is over first.
        Assert.Equal(NoneReason.PeoplePerWeek, scene.At(start.AddDays(8).AddTicks(-1)).Signal("page.viewed", "cyd").None);
        Assert.NotNull(scene.At(start.AddDays(8)).Signal("page.viewed", "cyd").Offered);
    }

    [Fact]
    public void E5_H13_what_is_mandatory_and_transactional_passes_every_gate_and_counts_apart()
    {
        const string plays = """
            plays:
              - {id: notice, for: contact, mandatory: true, class: transactional, on: page.viewed, valid-for: 6h, treatments: [{id: notice-mail, channel: email}]}
              - {id: mail, for: contact, on: meeting.booked, goal: email.clicked, horizon: 7d, cool-down: 1s, value: 100, valid-for: 30m, treatments: [{id: mail-a, channel: email}]}

            """;
        const string policy = "contact-policy: {exempt: [transactional], caps: [{per: contact, at-most: 1, rolling: 7d}], quiet-hours: {from: \"20:00\", to: \"08:00\"}, exclusions: [bad], consent: {purposes: [marketing]}}\n";
        var scene = Scene.Given(Head + OneStage + plays + policy).Signal("account.updated", "", "exclusion", "bad").At("2026-03-02T23:00:00Z").Signal("page.viewed", "ann");
        Assert.Equal(("notice-mail", true), (scene.Offered.Treatment, scene.Offered.Transactional));
        scene.Done().At("2026-03-03T10:00:00Z").Signal("account.updated", "", "exclusion", null!).Consent("ann");
        Assert.Equal("mail-a", scene.Signal("meeting.booked", "ann").Offered.Treatment);
    }

    private const string OnPage = """
        plays:
          - {id: mail, for: contact, on: page.viewed, goal: email.clicked, horizon: 7d, cool-down: 1s, value: 100, valid-for: 30m, treatments: [{id: mail-a, channel: email}]}

        """;

    private static Scene Sending(string cap) => Scene.Given(Head + OneStage + OnPage + $"contact-policy: {{caps: [{cap}]}}\n");
}
