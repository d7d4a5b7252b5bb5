using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;
using Xunit;

namespace Orchestrator.Cli.Tests;

public sealed class LearnedTests
{
    static readonly Timestamp At = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 3, 2, 10, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task B11_the_learned_customer_is_shown_beside_the_points_that_there_are_and_as_a_fragment()
    {
        await using var world = await World.StartAsync();
        var row = new InsightRow { What = "account.employees >= 200", Succeeded = 30, All = 40, OthersSucceeded = 10, Others = 40, Difference = new() { Value = 0.5 }, Lift = new() { Value = 3, Low = 1.7, High = 5.3 } };
        world.Handlers.OnAsk = _ => new LearnIdealCustomerResponse
        {
            Score = "fit", Succeeded = 40, Failed = 40, From = At, Until = At, WrittenIn = 3, WrittenAt = At, Drift = 0.4, Confidence = 0.95, Fragment = "scores:\n  fit: {}\n",
            TransitionsSucceeded = { "won" }, TransitionsFailed = { "lost" },
            Separation = new() { Now = 0.61, Since = 0.55, Learned = 0.75 },
            Traits = { new IdealTraitRow { Condition = "account.employees >= 200", Points = 40, Learned = 25, Row = row, Since = row } },
            Personas = { new PersonaRow { Role = "champion", Filled = row, Traits = { row } } },
        };
        var shown = (await world.RunAsync("insight", "icp", "--won", "won,renewed", "--lost", "lost", "--sample", "20")).Out;
        foreach (var part in new[] { "40 accounts that went through won, 40 through lost", "version 3", "40 % of the points would change", "0.61 now, 0.55 since; learned points 0.75", "30 of 40 (75 %)", "x3 (1.7 to 5.3)", "(the role is filled)" })
        {
            Assert.Contains(part, shown, StringComparison.Ordinal);
        }

        var asked = Assert.IsType<LearnIdealCustomerRequest>(world.Handlers.Asked.Last());
        Assert.Equal((20, "won renewed", "lost"), (asked.Sample, string.Join(' ', asked.Succeeded), string.Join(' ', asked.Failed)));
        Assert.Equal("scores:\n  fit: {}\n", (await world.RunAsync("insight", "icp", "--yaml")).Out);
    }

    [Fact]
    public async Task K3_a_contrast_becomes_a_play_and_the_signals_that_mark_its_accounts()
    {
        await using var world = await World.StartAsync();
        world.Handlers.OnAsk = _ => new DraftCampaignResponse { Fragment = "plays:\n  - id: adopt-report\n", Mark = "lacks_report", Accounts = { "a", "b" } };
        var file = Path.GetTempFileName();
        try
        {
            var ran = await world.RunAsync("insight", "contrast", "--transition", "renewed", "--versus", "churned", "--play", "product.used{feature=report}", "--department", "cs", "--stages", "customer,loyal", "--marks", file);
            Assert.Equal("plays:\n  - id: adopt-report\n", ran.Out);
            var asked = Assert.IsType<DraftCampaignRequest>(world.Handlers.Asked.Last());
            Assert.Equal(("renewed", "product.used{feature=report}", "customer loyal", "cs"), (asked.Contrast.Transitions.Succeeded, asked.Did, string.Join(' ', asked.Stages), asked.Department));

            // What it wrote can be recorded as it is.
            world.Handlers.OnAsk = null;
            Assert.Equal(0, (await world.RunAsync("record", file)).Exit);
            Assert.Equal([("account.updated", "a", true), ("account.updated", "b", true)], world.Handlers.Signals.Select(s => (s.Type, s.Account, s.Properties["lacks_report"].Flag)));
        }
        finally
        {
            File.Delete(file);
        }

        world.Handlers.OnAsk = _ => new DraftCampaignResponse();
        await world.RunAsync("insight", "contrast", "--promoters", "--play", "--stages", "customer");
        Assert.Equal("", Assert.IsType<DraftCampaignRequest>(world.Handlers.Asked.Last()).Did);
    }
}
