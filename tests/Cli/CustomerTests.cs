using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;
using Xunit;

namespace Orchestrator.Cli.Tests;

public sealed class CustomerTests
{
    [Fact]
    public async Task K1_an_account_shows_its_milestones_health_and_value_as_text()
    {
        await using var world = await World.StartAsync();
        var at = new DateTimeOffset(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);
        world.Handlers.OnAsk = _ => new GetAccountResponse
        {
            Account = new()
            {
                Id = "acme",
                Customer = new()
                {
                    Milestones =
                    {
                        new MilestoneSet
                        {
                            Id = "onboarding",
                            StartedAt = Timestamp.FromDateTimeOffset(at),
                            Milestones =
                            {
                                new Milestone { Id = "first-value", ReachedAt = Timestamp.FromDateTimeOffset(at.AddDays(3)), Took = Duration.FromTimeSpan(TimeSpan.FromDays(3)) },
                                new Milestone { Id = "team", DueAt = Timestamp.FromDateTimeOffset(at.AddDays(7)), Overdue = true },
                            },
                        },
                    },
                    Health = { new CustomerHealth { Id = "health", Value = 41.5, Trend = -8, TrendOver = Duration.FromTimeSpan(TimeSpan.FromDays(30)), Measures = { new HealthMeasure { Id = "usage", Share = 0.25, Points = 10, Most = 40, Seen = "1 in the last 30 days" } } } },
                    Value = new() { Id = "clv", Expected = 123_400, Alive = 0.75, Horizon = Duration.FromTimeSpan(TimeSpan.FromDays(365)) },
                    Risks = { new ChurnRisk { Id = "churn-risk", Value = 0.42 } },
                    ReferralCount = 1,
                    Referrals = { new ReferredAccount { Account = "beta" } },
                },
            },
        };
        var shown = (await world.RunAsync("account", "show", "acme")).Out;
        foreach (var part in new[] { "first-value", "stuck", "41.5, down 8 in 30 days", "123400 expected in 365 days", "75 % likely", "42 %", "1: beta", "1 in the last 30 days" })
        {
            Assert.Contains(part, shown, StringComparison.Ordinal);
        }

        var json = (await world.RunAsync("account", "show", "acme", "-o", "json")).Json.GetProperty("account").GetProperty("customer");
        Assert.Equal("team", json.GetProperty("milestones")[0].GetProperty("milestones")[1].GetProperty("id").GetString());
    }

    [Fact]
    public async Task K2_M7_a_contrast_is_asked_for_and_shown_with_counts_and_intervals()
    {
        await using var world = await World.StartAsync();
        world.Handlers.OnAsk = _ => new ContrastResponse
        {
            Succeeded = 40,
            Others = 60,
            Neither = 5,
            Compared = 12,
            Confidence = 0.95,
            Rows = { new ContrastRow { Did = "course.taken", Succeeded = 30, All = 40, OthersSucceeded = 10, Others = 60, Difference = new() { Value = 0.583, Low = 0.39, High = 0.72 }, Lift = new() { Value = 4.5, Low = 2.48, High = 8.17 } } },
        };
        var shown = (await world.RunAsync("insight", "contrast", "--reached", "onboarding/first-value", "--within", "30d", "--window", "7d")).Out;
        foreach (var part in new[] { "40 accounts succeeded, 60 did not, 5 are in neither group", "30 of 40 (75 %)", "10 of 60 (16.67 %)", "+58.3 (+39 to +72)", "x4.5 (2.48 to 8.17)", "12 things compared" })
        {
            Assert.Contains(part, shown, StringComparison.Ordinal);
        }

        var asked = Assert.IsType<ContrastRequest>(world.Handlers.Asked.Last());
        Assert.Equal(("onboarding/first-value", 30, 7), (asked.Reached, asked.Within.ToTimeSpan().TotalDays, asked.Window.ToTimeSpan().TotalDays));
        await world.RunAsync("insight", "contrast", "--transition", "renewed", "--versus", "churned", "-o", "json");
        Assert.Equal(new ContrastTransitions { Succeeded = "renewed", Failed = "churned" }, Assert.IsType<ContrastRequest>(world.Handlers.Asked.Last()).Transitions);
        Assert.Equal(2, (await world.RunAsync("insight", "contrast")).Exit);
        Assert.Equal(2, (await world.RunAsync("insight", "contrast", "--promoters", "--reached", "x")).Exit);
        Assert.Equal(2, (await world.RunAsync("insight", "contrast", "--transition", "renewed")).Exit);
    }
}
