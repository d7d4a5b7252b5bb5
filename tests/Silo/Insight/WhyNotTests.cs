using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Ingest;
using Orchestrator.V1;
using Settlement = Orchestrator.Grains.Accounts.Settlement;

namespace Orchestrator.Silo.Tests.Insight;

public sealed class WhyNotTests
{
    private const string Ann = "ann@acme.example";

    [Theory]
    [InlineData("call", "stage", "not offered at stage `awareness`, only at `qualified`")]
    [InlineData("champion-note", "role", "needs one of the roles `champion`; the contact has none")]
    [InlineData("thanks", "trigger", "waits for `purchase.made`; the signal is `page.viewed`")]
    [InlineData("for-large", "eligible", "`account.employees >= 1000` is false (account.employees = 50)")]
    [InlineData("for-keen", "applicable", "`score.engagement >= 20` is false (score.engagement = 1.")]
    [InlineData("costly", "arbitration", "not worth its cost")]
    [InlineData("compared", "hold-out", "held out by `proof`")]
    [InlineData("brochure", "consent", "no consent to `marketing` on `email`")]
    public async Task A_play_that_falls_on_the_first_signal_says_its_rule_and_what_it_saw(string play, string step, string rule)
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("account.updated", properties: ("employees", 50));
        var first = await WhyNotAsync(desk, await desk.SignalAsync("page.viewed", email: Ann), play);
        Assert.Equal(step, first.RemovedAt);
        Assert.Contains(rule, first.RemovedBy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_play_asked_about_comes_first_with_every_condition_evaluated()
    {
        await using var desk = await Desk.OpenAsync();
        var signal = await desk.SignalAsync("page.viewed", email: Ann);
        var why = await desk.ExplainAsync(signal, play: "for-keen");
        Assert.Equal("for-keen", why.Candidates[0].Play);
        Assert.Equal(["eligible: `signals.count('page.viewed') >= 1` is true", "applicable: `score.engagement >= 20` is false"], All(why.Candidates[0].RemovedBy, "eligible: ", "applicable: "));
        Assert.Contains("Treatment `keen-web` of play `for-keen` fell at `applicable`", why.Summary, StringComparison.Ordinal);
        Assert.Equal(15, why.Candidates.Count);
    }

    [Fact]
    public async Task A_treatment_whose_condition_does_not_hold_says_what_it_saw()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("account.updated", properties: ("country", "FR"));
        var why = await desk.ExplainAsync(await desk.SignalAsync("page.viewed", email: Ann));
        var web = why.Candidates.Single(c => c.Treatment == "brochure-gb");
        Assert.Equal(("treatment", "`account.country == 'GB'` is false (account.country = 'FR')"), (web.RemovedAt, web.RemovedBy));
    }

    [Fact]
    public async Task What_is_open_says_the_action_and_what_cools_down_says_until_when()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("page.viewed", email: Ann);
        var action = Assert.Single((await desk.AccountAsync()).OpenActions);
        var open = await WhyNotAsync(desk, await desk.SignalAsync("page.viewed", email: Ann), action.Play);
        Assert.Equal("open", open.RemovedAt);
        Assert.Contains($"action `{action.Id}`", open.RemovedBy, StringComparison.Ordinal);

        await desk.SettleAsync(action, new Settlement.Done("shown", ""));
        var rests = await WhyNotAsync(desk, await desk.SignalAsync("page.viewed", email: Ann), action.Play);
        Assert.Equal("cool-down", rests.RemovedAt);
        Assert.True(rests.NotBefore.ToDateTimeOffset() > World.Start);
    }

    [Fact]
    public async Task A_buyer_who_sets_the_pace_and_an_unsuitable_moment_are_told_apart()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("page.viewed", email: "x@acme.example");
        await desk.SignalAsync("page.viewed", email: "y@acme.example");
        await desk.SignalAsync("ticket.opened", email: "x@acme.example", properties: ("severity", 3));
        var signal = await desk.SignalAsync("page.viewed", email: Ann);
        var paced = await WhyNotAsync(desk, signal, "paced");
        Assert.Equal("suitable", paced.RemovedAt);
        Assert.StartsWith("the buyer sets the pace: `signals.count('page.viewed', '30d') >= 2` is true", paced.RemovedBy, StringComparison.Ordinal);
        var calm = await WhyNotAsync(desk, signal, "for-calm");
        Assert.Equal("suitable", calm.RemovedAt);
        Assert.StartsWith("`signals.count('ticket.opened', '7d') == 0` is false", calm.RemovedBy, StringComparison.Ordinal);
        Assert.NotNull(calm.NotBefore);
    }

    [Fact]
    public async Task Suppression_and_exclusion_say_the_rule_that_holds()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("ticket.opened", email: Ann, properties: ("severity", 1));
        var suppressed = await WhyNotAsync(desk, await desk.SignalAsync("page.viewed", email: Ann), "banner");
        Assert.Equal("suppression", suppressed.RemovedAt);
        Assert.Contains("`signals.count('ticket.opened', {'severity': 1}, '7d') > 0` is true", suppressed.RemovedBy, StringComparison.Ordinal);

        await desk.SignalAsync("account.updated", properties: ("exclusion", "competitor"));
        var excluded = await WhyNotAsync(desk, await desk.SignalAsync("page.viewed", email: Ann), "banner");
        Assert.Equal(("exclusion", "the account is on an exclusion list: `competitor`"), (excluded.RemovedAt, excluded.RemovedBy.Split("; all")[0]));
    }

    [Fact]
    public async Task Quiet_hours_and_rests_say_when_they_are_over()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("account.updated", properties: ("kind", "competitor"));
        await desk.SignalAsync("consent.given", email: Ann, properties: [("purpose", "marketing"), ("channel", "email")]);
        desk.World.Clock.Advance(TimeSpan.FromHours(12));
        var night = await desk.ExplainAsync(await desk.SignalAsync("account.updated", properties: ("kind", "shop")));
        var mail = night.Candidates.Single(c => c.Treatment == "brochure-mail");
        Assert.Equal(("quiet-hours", "quiet hours until 2026-03-02T08:00:00Z"), (mail.RemovedAt, mail.RemovedBy));
        Assert.Equal(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero), mail.NotBefore.ToDateTimeOffset());

        await desk.SignalAsync("account.updated", properties: ("kind", "competitor"));
        await desk.SignalAsync("action.outcome", email: Ann, properties: ("outcome", "rejected"));
        await desk.SignalAsync("action.outcome", email: Ann, properties: ("outcome", "rejected"));
        var after = await desk.ExplainAsync(await desk.SignalAsync("account.updated", properties: ("kind", "shop")));
        var resting = after.Candidates.Where(c => c.RemovedAt == "rest").ToList();
        Assert.NotEmpty(resting);
        Assert.All(resting, c => Assert.StartsWith("resting after earlier outcomes until 2026-03-06T21:00", c.RemovedBy, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_third_person_in_a_week_is_held_back_until_the_first_ones_week_is_over()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("page.viewed", email: "x@acme.example");
        await desk.SignalAsync("page.viewed", email: "y@acme.example");
        var third = await WhyNotAsync(desk, await desk.SignalAsync("page.viewed", email: Ann), "banner");
        Assert.Equal("people-per-week", third.RemovedAt);
        Assert.StartsWith("at most 2 different people of the account a week", third.RemovedBy, StringComparison.Ordinal);
        Assert.InRange(third.NotBefore.ToDateTimeOffset() - World.Start, TimeSpan.FromDays(7), TimeSpan.FromDays(7) + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_used_up_cap_says_which_and_until_when()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("account.updated", properties: ("kind", "competitor"));
        await desk.SignalAsync("page.viewed", email: Ann);
        var ann = (await desk.AccountAsync()).Contacts[0];
        for (var i = 0; i < 4; i++)
        {
            await desk.World.AskInTimeAsync(new AccountCommand.Reserve(GrainKey.Account(Tenants.Default, "acme"), ann, $"r-{i}", "web", "", Transactional: false, TimeSpan.FromHours(1)));
        }

        var capped = (await desk.ExplainAsync(await desk.SignalAsync("account.updated", properties: ("kind", "shop")))).Candidates.Where(c => c.RemovedAt == "cap").ToList();
        Assert.NotEmpty(capped);
        Assert.All(capped, c => Assert.StartsWith("the cap of 4 per contact in 7 days is used up until 2026-03-08", c.RemovedBy, StringComparison.Ordinal));
        Assert.All(capped, c => Assert.NotNull(c.NotBefore));
    }

    private static async Task<Candidate> WhyNotAsync(Desk desk, string signal, string play, string? step = null)
    {
        var why = await desk.ExplainAsync(signal, play: play);
        Assert.True(why.Reproduced);
        var first = why.Candidates.First(c => c.Play == play && (step is null || c.RemovedAt == step));
        Assert.Equal(play, why.Candidates[0].Play);
        return first;
    }

    private static IEnumerable<string> All(string text, params string[] starts) =>
        starts.Select(s => text[text.IndexOf(s, StringComparison.Ordinal)..]).Select(s => s[..s.IndexOf(" (", StringComparison.Ordinal)]);
}
