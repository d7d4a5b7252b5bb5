using Google.Protobuf.WellKnownTypes;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Authoring;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.Silo.WhatIf;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.WhatIf;

public sealed class ForwardTests
{
    [Fact]
    public async Task N2_an_account_that_stays_silent_moves_when_it_would()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("form.submitted", "acme", "ann@acme.example");
        var before = await desk.AccountAsync();
        var ahead = await ForwardAsync(desk, Time(30));
        Assert.Equal(("nurture", "awareness"), (ahead.StageBefore, ahead.StageAfter));
        var cold = Assert.Single(ahead.Events, e => e.Kind == "stage");
        Assert.Contains("transition `cold`", cold.Text, StringComparison.Ordinal);
        Assert.Equal(before.LastSignalAt.ToDateTimeOffset().AddDays(10), cold.At.ToDateTimeOffset());
        Assert.Equal(TimeSpan.FromDays(30), ahead.To.ToDateTimeOffset() - ahead.From.ToDateTimeOffset());

        // It happened nowhere but there, and later it happens just so.
        Assert.Equal(before, await desk.AccountAsync());
        desk.World.Clock.Advance(TimeSpan.FromDays(10));
        await desk.World.UntilAsync(async () => (await desk.AccountAsync()).Stage == "awareness");
    }

    [Fact]
    public async Task N2_when_the_champion_leaves_the_role_is_vacant_and_what_follows_is_told()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("contact.updated", "acme", "ann@acme.example", ("title", "Head of things"));
        var ahead = await ForwardAsync(desk, new ForwardStep { After = Duration.FromTimeSpan(TimeSpan.FromDays(1)), Leaves = "champion" });
        Assert.Contains(ahead.Events, e => e.Text.EndsWith("lost the role `champion`.", StringComparison.Ordinal));
        Assert.Equal(["champion"], (await desk.ContactAsync("ann@acme.example")).Roles);
        await RefusesAsync(desk, "nobody of `acme` has the role `champoin`; did you mean `champion`?", new ForwardStep { Leaves = "champoin" });
    }

    [Fact]
    public async Task N2_signals_that_may_come_are_judged_in_order_and_under_a_draft_too()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("account.updated", "acme", "", ("employees", 300));
        ForwardStep[] steps = [Hypothetical(1, "form.submitted"), Hypothetical(1, "meeting.booked"), Hypothetical(2, "purchase.made", ("amount", "5000"))];
        // Without a role 24 of the 40 points count for the account.
        Assert.Equal("nurture", (await ForwardAsync(desk, steps)).StageAfter);
        var draft = SamplePlaybook.Text.Replace("score.engagement >= 35", "score.engagement >= 20", StringComparison.Ordinal);
        Assert.Equal("customer", (await ForwardAsync(desk, draft, steps)).StageAfter);
    }

    [Fact]
    public async Task N2_what_cannot_happen_is_refused_with_the_step()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("form.submitted", "acme", "ann@acme.example");
        await RefusesAsync(desk, "step 2: no signal `page.view` is declared; did you mean `page.viewed`?", Time(1), Hypothetical(1, "page.view"));
        await RefusesAsync(desk, "step 1: `page.viewed` has no property `topik`; did you mean `topic`?", Hypothetical(1, "page.viewed", ("topik", "x")));
        await RefusesAsync(desk, "step 1: expected a whole number for `severity`, found `high`", Hypothetical(1, "ticket.opened", ("severity", "high")));
        await RefusesAsync(desk, "step 1: `after` must be 0 to 3660 days", new ForwardStep { After = Duration.FromTimeSpan(TimeSpan.FromDays(-1)) });
    }

    private static ForwardStep Time(int days) => new() { After = Duration.FromTimeSpan(TimeSpan.FromDays(days)) };

    private static ForwardStep Hypothetical(int hours, string type, params (string Name, string Text)[] properties)
    {
        var step = new ForwardStep { After = Duration.FromTimeSpan(TimeSpan.FromHours(hours)), Signal = new HypotheticalSignal { Type = type, Identifiers = { new Identifier { Kind = "email", Value = "ann@acme.example" } } } };
        foreach (var (name, text) in properties)
        {
            step.Signal.Properties.Add(name, text);
        }

        return step;
    }

    private static async Task RefusesAsync(Desk desk, string part, params ForwardStep[] steps)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => ForwardAsync(desk, steps));
        Assert.Equal(StatusCode.InvalidArgument, refused.Code);
        Assert.Contains(part, refused.Status.Detail, StringComparison.Ordinal);
    }

    private static Task<ForwardResponse> ForwardAsync(Desk desk, params ForwardStep[] steps) => ForwardAsync(desk, "", steps);

    private static Task<ForwardResponse> ForwardAsync(Desk desk, string draft, ForwardStep[] steps) =>
        new AuthoringService(desk.World.Silo, desk.World.Shelf, desk.World.Store, new People(desk.World.Silo)).Forward(new ForwardRequest { Account = "acme", Text = draft, Steps = { steps } }, new CallContext());
}
