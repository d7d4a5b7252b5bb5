using Google.Protobuf.WellKnownTypes;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;
using Xunit;

namespace Orchestrator.Cli.Tests;

public sealed class ShadowTests
{
    [Fact]
    public async Task N5_a_shadow_is_started_shown_and_stopped_from_the_command_line()
    {
        await using var world = await World.StartAsync();
        var since = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 3, 2, 10, 0, 0, TimeSpan.Zero));
        world.Handlers.OnAsk = _ => new ShadowStatus
        {
            Running = true,
            Playbook = "sample",
            Version = 2,
            Share = 0.1,
            StartedAt = since,
            Decisions = 1_200,
            Same = 1_100,
            FramesBehind = 3,
            Agreements =
            {
                new ShadowAgreement { Of = ShadowAgreement.Types.Of.Stage, Name = "nurture", Same = 1_100, LiveOnly = 100 },
                new ShadowAgreement { Of = ShadowAgreement.Types.Of.Play, Name = "banner", Same = 40, LiveOnly = 7, ShadowOnly = 93 },
            },
            Report = new() { Differs = true, DecisionsChanged = 100, Examples = { new TurnChange { Account = "acme", At = since, Cause = "signal page.viewed (s-1)", Before = "nothing", After = "banner/banner-web" } } },
        };
        var shown = (await world.RunAsync("playbook", "shadow", "start", "sample", "--version", "2", "--share", "0.1")).Out;
        foreach (var part in new[] { "sample version 2, 10 % of the accounts", "1,200, of which 1,100 came out the same and 100 differ", "3 frames", "LIVE ONLY", "banner/banner-web" })
        {
            Assert.Contains(part, shown, StringComparison.Ordinal);
        }

        var asked = Assert.IsType<StartShadowRequest>(world.Handlers.Asked.Last());
        Assert.Equal(("sample", 2, 0.1), (asked.Playbook, asked.Version, asked.Share));
        Assert.Equal(4, (await world.RunAsync("playbook", "shadow", "status", "--exit-code")).Exit);
        Assert.Equal("100", (await world.RunAsync("playbook", "shadow", "stop", "-o", "json")).Json.GetProperty("report").GetProperty("decisionsChanged").GetString());
        Assert.Equal(2, (await world.RunAsync("playbook", "shadow", "start", "sample")).Exit);
        Assert.Equal(2, (await world.RunAsync("playbook", "shadow", "start", "sample", "--version", "2", "--share", "0")).Exit);
    }
}

/// <summary>Answers for a shadow by the world's script.</summary>
sealed class ShadowHandlers(Handlers handlers)
{
    public Task<StartShadowResponse> StartShadow(StartShadowRequest request, CallContext call) => Task.FromResult(new StartShadowResponse { Shadow = Answer(request) });

    public Task<GetShadowResponse> GetShadow(GetShadowRequest request, CallContext call) => Task.FromResult(new GetShadowResponse { Shadow = Answer(request) });

    public Task<StopShadowResponse> StopShadow(StopShadowRequest request, CallContext call) => Task.FromResult(new StopShadowResponse { Shadow = Answer(request) });

    ShadowStatus Answer(object request)
    {
        handlers.Asked.Enqueue(request);
        return (ShadowStatus)handlers.OnAsk!(request);
    }
}
