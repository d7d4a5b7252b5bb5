using System.Globalization;
using NodaTime;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Playbooks;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Policies;

public sealed class JapaneseHolidaysTests
{
    public static TheoryData<string> Years => [.. Samples.File("tests/Grains/Policies/japanese-holidays.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#')];

    [Theory]
    [MemberData(nameof(Years))]
    public void H7_the_holidays_of_a_year_are_those_that_others_list(string line)
    {
        var year = int.Parse(line[..4], CultureInfo.InvariantCulture);
        var days = Enumerable.Range(0, DateTime.IsLeapYear(year) ? 366 : 365).Select(day => new DateOnly(year, 1, 1).AddDays(day));
        Assert.Equal(line[5..].Split(' '), days.Where(JapaneseHolidays.Includes).Select(day => day.ToString("MMdd", CultureInfo.InvariantCulture)));
    }

    [Theory]
    // 2026: the Respect for the Aged Day is on the 21st and the equinox on the 23rd, so the day between them is one too.
    [InlineData("2026-09-22", true)]
    // 2026: the Constitution Day falls on a Sunday and two holidays follow it.
    [InlineData("2026-05-06", true)]
    [InlineData("2026-05-07", false)]
    [InlineData("1999-01-01", false)]
    [InlineData("2099-11-23", true)]
    [InlineData("2100-01-01", false)]
    public void H7_holidays_in_between_and_in_lieu_are_holidays(string date, bool holiday) =>
        Assert.Equal(holiday, HolidayCalendars.Includes(HolidayCalendar.Japan, DateOnly.Parse(date, CultureInfo.InvariantCulture)));

    [Fact]
    public void H7_a_night_before_the_golden_week_is_quiet_until_the_week_is_over()
    {
        var scene = Scene.Given(Head.Replace("Europe/London", "Asia/Tokyo", StringComparison.Ordinal) + OneStage + OneMail
            + "contact-policy: {quiet-hours: {from: \"20:00\", to: \"08:00\", days-off: [sat, sun], holidays: [jp, 2026-05-07]}}\n");
        scene.At("2026-05-01T12:00:00Z").Signal("page.viewed", "ann");
        Assert.Empty(scene.Account.OpenActions);
        // Saturday the 2nd to Wednesday the 6th, and a day of the company's own.
        var over = Scene.Utc("2026-05-07T23:00:00Z");
        Assert.Empty(scene.At(over.AddTicks(-1)).Account.OpenActions);
        Assert.Equal("mail-a", scene.At(over).Action.Treatment);
    }

    [Fact]
    public void H7_a_holiday_is_one_by_the_local_date()
    {
        var quiet = Scene.Given(Head + OneStage + "contact-policy: {quiet-hours: {from: \"20:00\", to: \"08:00\", holidays: jp}}\n").Playbook.Policy.Quiet!;
        var instant = Scene.Utc("2026-05-03T10:00:00Z");
        Assert.NotNull(quiet.EndsAt(instant, DateTimeZoneProviders.Tzdb["Asia/Tokyo"]));
        Assert.Null(quiet.EndsAt(Scene.Utc("2026-05-07T01:00:00Z"), DateTimeZoneProviders.Tzdb["Asia/Tokyo"]));
        Assert.Equal(Scene.Utc("2026-05-06T23:00:00Z"), quiet.EndsAt(instant, DateTimeZoneProviders.Tzdb["Asia/Tokyo"]));
    }
}
