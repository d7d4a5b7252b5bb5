using NodaTime;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Policies;

public sealed class QuietHoursTests
{
    private const string Night = "contact-policy: {quiet-hours: {from: \"20:00\", to: \"08:00\"}}\n";

    [Theory]
    // Clocks go forward on 2026-03-29 at 01:00Z and back on 2026-10-25 at 01:00Z.
    [InlineData("Europe/London", "20:00", "08:00", "2026-03-28T20:00:00Z", "2026-03-29T07:00:00Z")]
    [InlineData("Europe/London", "20:00", "08:00", "2026-10-24T19:00:00Z", "2026-10-25T08:00:00Z")]
    // 2026-03-08 at 07:00Z and 2026-11-01 at 06:00Z.
    [InlineData("America/New_York", "20:00", "08:00", "2026-03-08T01:00:00Z", "2026-03-08T12:00:00Z")]
    [InlineData("America/New_York", "20:00", "08:00", "2026-11-01T00:00:00Z", "2026-11-01T13:00:00Z")]
    [InlineData("Asia/Tokyo", "20:00", "08:00", "2026-03-29T11:00:00Z", "2026-03-29T23:00:00Z")]
    // The end is skipped by the jump forward: it is over when the clocks have jumped.
    [InlineData("Europe/London", "23:00", "01:30", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z")]
    // The end is shown twice: over at the first, quiet again after the jump back, over at the second.
    [InlineData("Europe/London", "23:00", "01:30", "2026-10-25T00:10:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("Europe/London", "23:00", "01:30", "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z")]
    // Quiet began at the first 01:30; the jump back to 01:00 ends it.
    [InlineData("Europe/London", "01:30", "05:00", "2026-10-25T00:40:00Z", "2026-10-25T01:00:00Z")]
    [InlineData("Europe/London", "12:00", "13:00", "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z")]
    public void H7_they_end_at_the_exact_instant_in_the_zone(string zone, string from, string to, string now, string ends) =>
        Assert.Equal(Scene.Utc(ends), Hours(from, to).EndsAt(Scene.Utc(now), DateTimeZoneProviders.Tzdb[zone]));

    [Theory]
    [InlineData("Europe/London", "20:00", "08:00", "2026-03-28T19:59:59.9999999Z")]
    [InlineData("Europe/London", "20:00", "08:00", "2026-03-29T07:00:00Z")]
    [InlineData("Europe/London", "23:00", "01:30", "2026-10-25T00:45:00Z")]
    [InlineData("America/New_York", "20:00", "08:00", "2026-11-01T13:00:00Z")]
    public void H7_outside_of_them_it_is_not_quiet(string zone, string from, string to, string now) =>
        Assert.Null(Hours(from, to).EndsAt(Scene.Utc(now), DateTimeZoneProviders.Tzdb[zone]));

    [Fact]
    public void H7_weekends_and_holidays_are_quiet_from_midnight_to_midnight()
    {
        var hours = Hours("20:00", "08:00", [DayOfWeek.Saturday, DayOfWeek.Sunday], [new DateOnly(2026, 4, 3), new DateOnly(2026, 4, 6)]);
        var london = DateTimeZoneProviders.Tzdb["Europe/London"];
        // Thursday evening before Good Friday, weekend, Easter Monday: over on Tuesday at 08:00 summer time.
        Assert.Equal(Scene.Utc("2026-04-07T07:00:00Z"), hours.EndsAt(Scene.Utc("2026-04-02T20:00:00Z"), london));
        Assert.Equal(Scene.Utc("2026-04-07T07:00:00Z"), hours.EndsAt(Scene.Utc("2026-04-04T12:00:00Z"), london));
        Assert.Null(hours.EndsAt(Scene.Utc("2026-04-02T12:00:00Z"), london));
    }

    [Fact]
    public void H7_when_every_day_is_off_it_asks_again_much_later()
    {
        var hours = Hours("20:00", "08:00", System.Enum.GetValues<DayOfWeek>());
        Assert.True(hours.EndsAt(Scene.Utc("2026-04-02T20:00:00Z"), DateTimeZone.Utc) > Scene.Utc("2027-01-01T00:00:00Z"));
    }

    [Fact]
    public void H7_in_every_minute_of_a_year_they_end_where_a_walk_through_the_minutes_finds_it()
    {
        foreach (var (zone, from, to) in new[] { ("Europe/London", "22:30", "01:15"), ("America/New_York", "01:30", "02:30"), ("Asia/Tokyo", "20:00", "08:00") })
        {
            var hours = Hours(from, to, [DayOfWeek.Sunday]);
            var place = DateTimeZoneProviders.Tzdb[zone];
            DateTimeOffset? ends = null;
            for (var now = Scene.Utc("2027-01-01T00:00:00Z"); now > Scene.Utc("2026-01-01T00:00:00Z"); now = now.AddMinutes(-15))
            {
                var local = Instant.FromDateTimeOffset(now).InZone(place);
                var (start, end) = (TimeOnly.Parse(from, null), TimeOnly.Parse(to, null));
                var time = local.TimeOfDay.ToTimeOnly();
                var quiet = local.DayOfWeek == IsoDayOfWeek.Sunday || (start < end ? time >= start && time < end : time >= start || time < end);
                ends = quiet ? ends : now;
                if (ends is not null)
                {
                    Assert.Equal(quiet ? ends : null, hours.EndsAt(now, place));
                }
            }
        }
    }

    [Theory]
    [InlineData("", "", "2026-03-02T20:00:00Z")]
    [InlineData("Asia/Tokyo", "", "2026-03-02T11:00:00Z")]
    [InlineData("Asia/Tokyo", "America/New_York", "2026-03-03T01:00:00Z")]
    public void H7_the_persons_zone_counts_then_the_accounts_then_the_playbooks(string account, string contact, string begins)
    {
        var scene = Scene.Given(Head + OneStage + OneMail.Replace("for: contact,", "for: contact, on: page.viewed,", StringComparison.Ordinal) + Night).At("2026-03-01T12:00:00Z");
        scene.Signal("account.updated", "", "time-zone", account.Length > 0 ? account : null!).Signal("contact.updated", "ann", "time-zone", contact.Length > 0 ? contact : null!);
        scene.At(Scene.Utc(begins).AddTicks(-1)).Signal("page.viewed", "ann");
        Assert.NotNull(scene.Offered);
        scene.Done().At(Scene.Utc(begins).AddSeconds(2)).Signal("page.viewed", "ann");
        Assert.Equal(NoneReason.QuietHours, scene.None);
    }

    [Fact]
    public void H7_what_the_night_held_back_goes_out_when_it_ends_though_others_sent_signals_meanwhile()
    {
        var scene = Scene.Given(Head + OneStage + OneMail.Replace("for: contact,", "for: contact, roles: [buyer],", StringComparison.Ordinal) + Night).Signal("role.assigned", "ann", "role", "buyer").Done();
        scene.At("2026-03-02T21:00:00Z").Signal("page.viewed", "ann");
        Assert.Equal(NoneReason.QuietHours, scene.None);
        scene.At("2026-03-02T22:00:00Z").Signal("page.viewed", "bob");
        Assert.Equal(NoneReason.NoRole, scene.None);
        scene.At(Scene.Utc("2026-03-03T08:00:00Z").AddTicks(-1));
        Assert.Empty(scene.Account.OpenActions);
        scene.At("2026-03-03T08:00:00Z");
        Assert.Equal((scene.Now, "mail-a"), (scene.Action.DecidedAt, scene.Action.Treatment));
    }

    [Fact]
    public void H7_a_signal_that_triggered_at_night_is_kept_until_the_morning()
    {
        const string plays = """
            plays:
              - {id: thanks, for: contact, on: purchase.made, goal: email.clicked, horizon: 7d, applicable: "signal.kind == 'book'", value: 100, valid-for: 1d, treatments: [{id: thanks-mail, channel: email}]}

            """;
        var scene = Scene.Given(Head + OneStage + plays + Night).At("2026-03-02T23:00:00Z");
        scene.Signal("purchase.made", "ann", "kind", "book").Signal("page.viewed", "bob").Signal("purchase.made", "bob", "kind", "pen");
        Assert.Empty(scene.Account.OpenActions);
        scene.At("2026-03-03T08:00:00Z");
        Assert.Equal(scene.Person("ann").Key.Id, scene.Action.Contact);
        Assert.Empty(scene.Account.Deferrals);
    }

    [Fact]
    public void After_an_outage_nothing_that_the_night_held_back_is_released()
    {
        const string plays = """
            plays:
              - {id: thanks, for: contact, on: purchase.made, goal: email.clicked, horizon: 7d, value: 100, valid-for: 1d, treatments: [{id: thanks-mail, channel: email}]}

            """;
        var scene = Scene.Given(Head + OneStage + plays + Night).At("2026-03-02T23:00:00Z").Signal("purchase.made", "ann");
        scene.Outage(TimeSpan.FromHours(12));
        Assert.Empty(scene.Account.OpenActions);
        Assert.Null(scene.Account.Wake);
    }

    private static QuietHours Hours(string from, string to, DayOfWeek[]? daysOff = null, DateOnly[]? holidays = null) =>
        new(new QuietHoursDefinition(default, TimeOnly.Parse(from, null), TimeOnly.Parse(to, null), [.. daysOff ?? []], [.. holidays ?? []]));
}
