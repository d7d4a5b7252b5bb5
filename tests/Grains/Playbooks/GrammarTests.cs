using Orchestrator.Grains.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

public sealed class GrammarTests
{
    [Fact]
    public void What_is_left_out_has_its_default()
    {
        var playbook = Samples.Definition(Samples.Small);
        Assert.Equal("start", playbook.Start.Id);
        Assert.Equal(["email", "web", "in-app", "ads", "task", "phone"], playbook.Channels.Select(channel => channel.Id));
        Assert.Equal(["incident.declared", "incident.resolved", "contact.joined", "contact.left", "contact.moved", "expansion.triggered"], playbook.Signals.Select(signal => signal.Id));
        Assert.Equal((0d, true, 0.1), (playbook.Arbitration.Explore, playbook.Arbitration.NoneAllowed, playbook.Arbitration.Propensity.Default));
        Assert.Equal(OverCap.NextBest, playbook.ContactPolicy.OverCap);
    }

    [Fact]
    public void A_declared_channel_reaches_out_and_is_quiet_at_night_unless_it_says_otherwise()
    {
        var playbook = Samples.Definition(Samples.Small
            + "channels:\n  sms: {title: Text message, capacity-per-day: 500}\n  portal: {kind: pull}\n  phone: {quiet-hours: false}\n  web: {}\n");
        var channels = playbook.Channels.ToDictionary(channel => channel.Id);
        Assert.Equal((ChannelKind.Push, true, 500), (channels["sms"].Kind, channels["sms"].QuietHours, channels["sms"].CapacityPerDay));
        Assert.Equal((ChannelKind.Pull, false, (int?)null), (channels["portal"].Kind, channels["portal"].QuietHours, channels["portal"].CapacityPerDay));
        Assert.False(channels["phone"].QuietHours);
        Assert.Equal(ChannelKind.Pull, channels["web"].Kind);
        Assert.Equal(8, channels.Count);
    }

    [Fact]
    public void Roles_may_stand_at_the_top_or_in_the_buying_group()
    {
        const string Roles = "roles: {champion: {required: 2, weight: 100, assign: x}, user: {}}\n";
        var top = Samples.Definition(Samples.Small + Roles).BuyingGroup.Roles;
        var inner = Samples.Definition(Samples.Small + "buying-group:\n  " + Roles).BuyingGroup.Roles;
        foreach (var roles in new[] { top, inner })
        {
            Assert.Equal([("champion", 2, 100d), ("user", 1, 60d)], roles.Select(role => (role.Id, role.Required, role.Weight)));
        }
    }

    [Fact]
    public void Priors_levers_context_and_pace_name_plays_and_treatments()
    {
        var arbitration = Samples.Definition(Samples.Small + """
            plays:
              - {id: a, for: contact, mandatory: true, valid-for: 1d, treatments: [{id: t, channel: web}]}
            arbitration:
              priority: lever*value * propensity*context
              levers: {a: 1.5}
              context: [{when: x, raise: {a: -0.5}}]
              buyer-paced: {when: x, hold: a}
              propensity: {default: 0.2, plays: {a: 0.3}, treatments: {t: 0.4}}
            """).Arbitration;
        Assert.Equal(("a", 1.5), (arbitration.Levers[0].Play.Id, arbitration.Levers[0].Weight));
        Assert.Equal(-0.5, arbitration.Context[0].Raise[0].By);
        Assert.Equal("a", arbitration.BuyerPaced!.Hold.Single().Id);
        Assert.Equal((0.2, 0.3, 0.4), (arbitration.Propensity.Default, arbitration.Propensity.Plays[0].Probability, arbitration.Propensity.Treatments[0].Probability));
    }

    [Fact]
    public void Caps_count_over_a_rolling_time_or_the_calendar_and_holidays_are_dates()
    {
        var policy = Samples.Definition(Samples.Small + """
            contact-policy:
              caps: [{per: account, at-most: 0, calendar: month}, {per: contact, channel: email, at-most: 2, rolling: 1w}]
              over-cap: wait
              quiet-hours: {from: "00:00", to: "07:30", days-off: [sun, mon], holidays: [2026-12-25, 2026-01-01]}
              rest-after: [{outcome: rejected, times: 3, within: 14d, rest: 30d}]
              suppress-when: x
              consent: {purposes: [marketing], double-opt-in: email}
            """).ContactPolicy;
        Assert.Equal(new CapWindow.Calendar(CalendarUnit.Month), policy.Caps[0].Window);
        Assert.Equal(new CapWindow.Rolling(TimeSpan.FromDays(7)), policy.Caps[1].Window);
        Assert.Equal(OverCap.Wait, policy.OverCap);
        Assert.Equal([DayOfWeek.Monday, DayOfWeek.Sunday], policy.QuietHours!.DaysOff);
        Assert.Equal([new DateOnly(2026, 1, 1), new DateOnly(2026, 12, 25)], policy.QuietHours.Holidays);
        Assert.Equal("x", policy.SuppressWhen.Single().Text);
        Assert.Equal("email", policy.Consent.DoubleOptIn.Single().Id);
    }

    [Fact]
    public void Points_may_depend_on_a_condition_and_grades_come_highest_first()
    {
        var scores = Samples.Definition(Samples.Small + """
            signals: {s: {observed: true}}
            scores:
              heat: {half-life: 7d, points: {s: {when: x, add: -2.5}}}
              match: {points: [{when: x, add: 10}], grades: {low: 0, high: 5}}
            """).Scores;
        var points = Assert.IsType<ScoreDefinition.Engagement>(scores[0]).Points[0];
        Assert.Equal(("s", "x", -2.5), (points.Signal.Id, points.When!.Text, points.Add));
        Assert.Equal(["high", "low"], Assert.IsType<ScoreDefinition.Fit>(scores[1]).Grades.Select(grade => grade.Letter));
    }

    [Fact]
    public void A_large_playbook_is_read_whole()
    {
        var playbook = Samples.Definition(LargePlaybook.Text(plays: 500, stages: 60));
        Assert.Equal((500, 60, 59), (playbook.Plays.Length, playbook.Stages.Length, playbook.Transitions.Length));
    }
}
