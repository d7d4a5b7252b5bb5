using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Stages;

/// <summary>Delays to local clocks and calendars: an account enters stage `wait` at an instant and leaves it at another, to the tick.</summary>
public sealed class LocalTimeTests
{
    /// <remarks>
    /// Cases that other products test, transcribed as facts: PostHog (tests of `wait_until_time_window`), Mautic (`IntervalTest` of its campaign scheduler), Dittofeed (tests of
    /// `findNextLocalizedTime`). Where one of them waits for a window, its beginning is the time.
    /// </remarks>
    [Theory]
    // PostHog: 14:00 UTC; today, tomorrow, with minutes, before midnight.
    [InlineData("2025-01-01T12:00:00Z", "UTC", "next_local('14:00')", "2025-01-01T14:00:00Z")]
    [InlineData("2025-01-01T17:00:00Z", "UTC", "next_local('14:00')", "2025-01-02T14:00:00Z")]
    [InlineData("2025-01-01T12:00:00Z", "UTC", "next_local('14:30')", "2025-01-01T14:30:00Z")]
    [InlineData("2025-01-01T22:00:00Z", "UTC", "next_local('23:00')", "2025-01-01T23:00:00Z")]
    // PostHog: days. 1 January 2025 was a Wednesday.
    [InlineData("2025-01-04T17:00:00Z", "UTC", "next_local('14:00', ['mon','tue','wed','thu','fri'])", "2025-01-06T14:00:00Z")]
    [InlineData("2025-01-01T17:00:00Z", "UTC", "next_local('14:00', ['sat','sun'])", "2025-01-04T14:00:00Z")]
    [InlineData("2025-01-01T17:00:00Z", "UTC", "next_local('14:00', ['mon','wed','fri'])", "2025-01-03T14:00:00Z")]
    [InlineData("2025-01-01T17:00:00Z", "UTC", "next_local('14:00', ['mon'])", "2025-01-06T14:00:00Z")]
    [InlineData("2025-01-01T17:00:00Z", "UTC", "next_local('14:00', ['mon','tue','wed'])", "2025-01-06T14:00:00Z")]
    // PostHog: zones, in winter and in summer.
    [InlineData("2025-01-01T12:00:00Z", "America/New_York", "next_local('14:00')", "2025-01-01T19:00:00Z")]
    [InlineData("2025-07-01T12:00:00Z", "America/New_York", "next_local('14:00')", "2025-07-01T18:00:00Z")]
    [InlineData("2025-01-01T12:00:00Z", "Asia/Tokyo", "next_local('14:00')", "2025-01-02T05:00:00Z")]
    // Mautic: from a Thursday to Saturday at nine, at once and after seven days; to an hour of the day seven days on; across the end of summer time.
    [InlineData("2018-10-18T15:00:00Z", "America/New_York", "next_local('09:00', ['sat'])", "2018-10-20T13:00:00Z")]
    [InlineData("2018-10-18T15:00:00Z", "America/New_York", "next_local(stage_since + duration('7d'), '09:00', ['sat'])", "2018-10-27T13:00:00Z")]
    [InlineData("2018-10-18T15:00:00Z", "America/New_York", "local_day(stage_since, 7, '10:00')", "2018-10-25T14:00:00Z")]
    [InlineData("2021-10-24T17:00:00Z", "America/New_York", "local_day(stage_since, 15, '12:00')", "2021-11-08T17:00:00Z")]
    // Dittofeed: eight in the evening in Los Angeles.
    [InlineData("2023-12-19T23:00:12.123Z", "America/Los_Angeles", "next_local('20:00')", "2023-12-20T04:00:00Z")]
    public void C11_a_delay_to_a_local_time_ends_when_other_products_end_it(string entered, string zone, string at, string left) => AssertLeft(entered, zone, at, left);

    [Theory]
    // The clocks of London go from 01:00 to 02:00 on 29 March 2026: 01:30 is as long after midnight as ever.
    [InlineData("2026-03-28T12:00:00Z", "Europe/London", "next_local('01:30')", "2026-03-29T01:30:00Z")]
    [InlineData("2026-03-28T12:00:00Z", "Europe/London", "next_local('03:00')", "2026-03-29T02:00:00Z")]
    // They show 01:30 twice on 25 October 2026: the first counts, and only the first.
    [InlineData("2026-10-24T12:00:00Z", "Europe/London", "next_local('01:30')", "2026-10-25T00:30:00Z")]
    [InlineData("2026-10-25T00:45:00Z", "Europe/London", "next_local('01:30')", "2026-10-26T01:30:00Z")]
    // A day of 23 hours and one of 25 are one day each.
    [InlineData("2026-03-28T09:00:00Z", "Europe/London", "local_day(stage_since, 1, '09:00')", "2026-03-29T08:00:00Z")]
    [InlineData("2026-10-24T08:00:00Z", "Europe/London", "local_day(stage_since, 1, '09:00')", "2026-10-25T09:00:00Z")]
    // Clocks that jump at midnight: 00:10 of 5 September 2026 does not exist in Santiago de Chile... the day begins at 01:00 on 6 September.
    [InlineData("2026-09-05T12:00:00Z", "America/Santiago", "next_local('00:10')", "2026-09-06T04:10:00Z")]
    // Samoa never had 30 December 2011, a Friday.
    [InlineData("2011-12-29T20:00:00Z", "Pacific/Apia", "next_local('09:00', ['fri'])", "2012-01-05T19:00:00Z")]
    // Half hours and quarters.
    [InlineData("2026-05-01T00:00:00Z", "Asia/Kathmandu", "next_local('09:00')", "2026-05-01T03:15:00Z")]
    // Strictly after: at nine on the dot the next one is tomorrow's.
    [InlineData("2026-05-01T09:00:00Z", "UTC", "next_local('09:00')", "2026-05-02T09:00:00Z")]
    // Weeks later on one weekday.
    [InlineData("2026-05-01T09:00:00Z", "UTC", "next_local(stage_since + duration('2w'), '08:00', ['tue'])", "2026-05-19T08:00:00Z")]
    public void C11_daylight_saving_shifts_no_delay_by_an_hour_and_loses_none(string entered, string zone, string at, string left) => AssertLeft(entered, zone, at, left);

    [Theory]
    [InlineData(-30, "2026-09-01T00:30:00Z")]
    [InlineData(0, "2026-10-01T00:30:00Z")]
    [InlineData(10, "2026-10-11T00:30:00Z")]
    public void C11_a_date_of_the_account_with_an_offset_in_calendar_days(int days, string left)
    {
        var scene = Given($"local_day(account.renews, {days}, '09:30')", "2026-03-02T10:00:00Z", "Asia/Tokyo");
        scene.Signal("account.updated", "", "renews", Scene.Utc("2026-10-01T00:00:00Z"));
        AssertLeft(scene, left);
    }

    [Theory]
    // Born on 29 February in Tokyo; 2027 has none, 2028 has.
    [InlineData("2026-06-01T00:00:00Z", 0, "2027-02-28T00:00:00Z")]
    [InlineData("2027-03-01T00:00:00Z", 0, "2028-02-29T00:00:00Z")]
    [InlineData("2026-06-01T00:00:00Z", -7, "2027-02-21T00:00:00Z")]
    [InlineData("2027-02-22T00:00:00Z", -7, "2028-02-22T00:00:00Z")]
    [InlineData("2026-12-31T00:00:00Z", 3, "2027-03-03T00:00:00Z")]
    public void C11_an_anniversary_comes_every_year(string entered, int days, string left)
    {
        var scene = Given($"local_anniversary(account.renews, {days}, '09:00')", entered, "Asia/Tokyo");
        scene.Signal("account.updated", "", "renews", Scene.Utc("2024-02-28T20:00:00Z"));
        AssertLeft(scene, left);
    }

    [Fact]
    public void C11_the_zone_is_the_accounts_or_else_the_playbooks()
    {
        AssertLeft(Given("next_local('09:00')", "2026-05-01T10:00:00Z", zone: null), "2026-05-02T08:00:00Z");
        AssertLeft(Given("next_local('09:00')", "2026-05-01T10:00:00Z", "Not/AZone"), "2026-05-02T08:00:00Z");
        AssertLeft(Given("next_local('09:00')", "2026-05-01T10:00:00Z", "Asia/Tokyo"), "2026-05-02T00:00:00Z");
    }

    [Fact]
    public void C11_the_zone_of_whoever_sends_a_signal_does_not_move_an_instant_of_the_account()
    {
        var scene = Given("next_local('09:00')", "2026-05-01T10:00:00Z", zone: null);
        scene.At("2026-05-02T01:00:00Z").Signal("contact.updated", "ann", "time-zone", "Asia/Tokyo").Signal("page.viewed", "ann");
        AssertLeft(scene, "2026-05-02T08:00:00Z");
    }

    [Theory]
    [InlineData(null, null, "2026-05-02T08:00:00Z")]
    [InlineData("America/New_York", null, "2026-05-02T13:00:00Z")]
    [InlineData("America/New_York", "Asia/Tokyo", "2026-05-02T00:00:00Z")]
    public void C11_for_a_person_the_zone_is_theirs_or_else_the_accounts_or_else_the_playbooks(string? account, string? person, string offered)
    {
        const string play = """
            stages: {start: {kind: inventory}}
            plays:
              - {id: p, for: contact, goal: email.clicked, horizon: 7d, applicable: "now >= next_local(account.renews, '09:00')", value: 100, valid-for: 30m, treatments: [{id: m, channel: web}]}

            """;
        var scene = Scene.Given(Head + play).At("2026-05-01T10:00:00Z").Signal("account.updated", "", "renews", Scene.Utc("2026-05-01T14:00:00Z"));
        if (account is not null)
        {
            scene.Signal("account.updated", "", "time-zone", account);
        }

        scene.Signal("contact.updated", "ann", person is null ? ["title", "x"] : ["time-zone", person]);
        var due = Scene.Utc(offered);
        Assert.Empty(scene.At(due.AddTicks(-1)).Account.OpenActions);
        Assert.Equal("m", scene.At(due).Action.Treatment);
    }

    [Theory]
    [InlineData("Asia/Tokyo", "2026-06-23T00:00:00Z")]
    [InlineData(null, "2026-06-23T08:00:00Z")]
    public void C11_a_date_of_a_person_with_an_offset_by_their_own_clock(string? zone, string offered)
    {
        const string play = """
            stages: {start: {kind: inventory}}
            plays:
              - {id: p, for: contact, goal: email.clicked, horizon: 7d, applicable: "now >= local_day(contact.born, -7, '09:00')", value: 100, valid-for: 30m, treatments: [{id: m, channel: web}]}

            """;
        var scene = Scene.Given(Head.Replace("contact: {title: string?,", "contact: {born: timestamp?, title: string?,", StringComparison.Ordinal) + play).At("2026-05-01T10:00:00Z");
        scene.Signal("contact.updated", "ann", "born", Scene.Utc("2026-06-30T10:00:00Z"), "time-zone", zone ?? "");
        var due = Scene.Utc(offered);
        Assert.Empty(scene.At(due.AddTicks(-1)).Account.OpenActions);
        Assert.Equal("m", scene.At(due).Action.Treatment);
    }

    [Theory]
    [InlineData("next_local('9 am')", "'9 am' is no time of day such as '09:00', written out")]
    [InlineData("next_local('09:00', ['mo'])", "`mo` is no day; expected mon, tue, wed, thu, fri, sat or sun")]
    [InlineData("next_local('09:00', [])", "the days must be written out as a list, for example ['mon', 'tue']")]
    [InlineData("next_local(now, '09:00')", "now moves with time, so the next local time after it would never come; expected an instant that stands still, such as stage_since")]
    [InlineData("local_day(account.renews, 1, account.industry)", "account.industry is no time of day such as '09:00', written out")]
    public void C11_a_mistake_is_told_at_publish(string at, string expected)
    {
        var error = Assert.Single(PlaybookCompiler.Compile(Text(at), "p.yaml", 1).Diagnostics, d => d.Severity == Severity.Error);
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal("transitions[1].at", error.Path);
    }

    [Fact]
    public void C11_at_the_ends_of_the_calendar_nothing_comes_and_nothing_breaks()
    {
        var scene = Given("local_day(account.renews, 36600, '09:00')", "2026-05-01T10:00:00Z", "Pacific/Kiritimati");
        foreach (var end in new[] { "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z" })
        {
            scene.Signal("account.updated", "", "renews", Scene.Utc(end)).AfterDays(1);
            Assert.Equal("wait", scene.Account.Stage);
        }
    }

    private static void AssertLeft(string entered, string zone, string at, string left) => AssertLeft(Given(at, entered, zone), left);

    private static void AssertLeft(Scene scene, string left)
    {
        var due = Scene.Utc(left);
        Assert.Equal("wait", scene.At(due.AddTicks(-1)).Account.Stage);
        Assert.Equal(("done", due), (scene.At(due).Account.Stage, scene.Account.StageSince));
    }

    /// <summary>An account that enters stage `wait` at an instant.</summary>
    private static Scene Given(string at, string entered, string? zone)
    {
        var scene = Scene.Given(Text(at)).Outage(Scene.Utc(entered) - Scene.Utc("2026-03-02T10:00:00Z"));
        if (zone is not null)
        {
            scene.Signal("account.updated", "", "time-zone", zone);
        }

        scene.Signal("purchase.made", "", "amount", new V1.Money { MinorUnits = 1, Currency = "GBP" });
        Assert.Equal(("wait", Scene.Utc(entered)), (scene.Account.Stage, scene.Account.StageSince));
        return scene;
    }

    private static string Text(string at) =>
        Head + $"stages: {{start: {{kind: inventory}}, wait: {{kind: inventory}}, done: {{kind: inventory}}}}\ntransitions: [{{id: begin, from: start, to: wait, when: \"signals.any(['purchase.made'])\"}}, {{id: go, from: wait, to: done, at: \"{at}\"}}]\n";
}
