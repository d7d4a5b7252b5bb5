using Orchestrator.Protos.Rpc;
using Orchestrator.V1;
using Xunit;

namespace Orchestrator.Cli.Tests;

public sealed class SweepTests
{
    [Fact]
    public async Task N4_values_of_a_lever_are_shown_side_by_side_with_the_best_ones_marked()
    {
        await using var world = await World.StartAsync();
        world.Handlers.OnAsk = _ => new SweepReport
        {
            Levers = { "arbitration.levers.call" },
            By = { "value", "actions" },
            Currency = "EUR",
            Signals = 1_000,
            Accounts = 10,
            Points =
            {
                new SweepPoint { Values = { "1" }, Actions = 50, ExpectedValue = 123_450, PeopleReached = 9, CapsHit = 7, Departments = { new SweepDepartment { Department = "sales", Actions = 50, BusiestDay = 8, MostOpen = 12, Capacity = 10 } }, Transitions = { new SweepTransition { Transition = "won", Count = 3 } } },
                new SweepPoint { Values = { "2" }, Best = true, Actions = 40, ExpectedValue = 223_450, Departments = { new SweepDepartment { Department = "sales", Actions = 40, MostOpen = 3 } } },
            },
        };
        var shown = (await world.RunAsync("playbook", "what-if", "--lever", "arbitration.levers.call=2", "--by", "value,actions")).Out;
        foreach (var part in new[] { "1 (now)", "1,234.50", "2,234.50", "12", "10 (120 %)", "not limited", "WON", "value against actions" })
        {
            Assert.Contains(part, shown, StringComparison.Ordinal);
        }

        Assert.Single(shown.Split('\n'), l => l.TrimEnd().EndsWith(" *", StringComparison.Ordinal));
        var asked = Assert.IsType<SweepRequest>(world.Handlers.Asked.Last());
        Assert.Equal(("", "arbitration.levers.call=2", "value actions"), (asked.Text, asked.Levers.Single(), string.Join(' ', asked.By)));
        Assert.True((await world.RunAsync("playbook", "what-if", "--lever", "arbitration.levers.call=2", "-o", "json")).Json.GetProperty("points")[1].GetProperty("best").GetBoolean());
        Assert.Equal(2, (await world.RunAsync("playbook", "what-if")).Exit);
    }
}

/// <summary>Answers for whoever writes playbooks by the world's script.</summary>
sealed class AuthoringHandlers(Handlers handlers)
{
    public IAsyncEnumerable<WhatIfResponse> WhatIf(WhatIfRequest request, CallContext call) => Stream(request, r => new WhatIfResponse { Report = (WhatIfReport)r });

    public IAsyncEnumerable<PlanResponse> Plan(PlanRequest request, CallContext call) => Stream(request, r => new PlanResponse { Plan = (PublishPlan)r });

    public IAsyncEnumerable<SweepResponse> Sweep(SweepRequest request, CallContext call) => Stream(request, r => new SweepResponse { Report = (SweepReport)r });

    public Task<ForwardResponse> Forward(ForwardRequest request, CallContext call) => Task.FromResult((ForwardResponse)Ask(request));

    public Task<GetRolloutResponse> GetRollout(GetRolloutRequest request, CallContext call) => Task.FromResult((GetRolloutResponse)Ask(request));

    async IAsyncEnumerable<T> Stream<T>(object request, Func<object, T> wrap)
    {
        await Task.Yield();
        yield return wrap(Ask(request));
    }

    object Ask(object request)
    {
        handlers.Asked.Enqueue(request);
        return handlers.OnAsk!(request);
    }
}
