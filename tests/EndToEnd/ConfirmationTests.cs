using Orchestrator.EndToEnd.Harness;
using Orchestrator.V1;
using Result = Orchestrator.V1.SettlementResult.Types.Result;

namespace Orchestrator.EndToEnd;

/// <summary>A person of a department is asked, through the same delivery as everything else, and the answer moves the account.</summary>
public sealed class ConfirmationTests
{
    const string Playbook = """
        playbook: small
        currency: JPY
        time-zone: Asia/Tokyo
        departments: {inside-sales: {}, sales: {}}
        signals:
          meeting.held: {observed: false, by: [inside-sales, sales], properties: {note: string}}
        stages:
          appointment: {kind: inventory, accountable: inside-sales}
          opportunity: {kind: inventory, accountable: sales}
          recycled: {kind: inventory}
        transitions:
          - {id: accept, from: appointment, to: opportunity, when: "signals.any(['meeting.held'])", confirm: {by: sales, within: 2d, reject-to: recycled, reasons: [no-need, timing]}}
        recycle: {stage: recycled, sources: [appointment], cool-down: {timing: 60d, default: 30d}, acquisition-cost: 45000}

        """;

    static readonly PullRequest Desk = new() { Subscription = "sales-desk", Filter = new() { Channels = { "task" }, Departments = { "sales" } }, Wait = new() { Seconds = 20 } };

    [Fact]
    public async Task D7_a_confirmation_is_pulled_refused_with_a_wrong_reason_and_declined_with_a_right_one_also_after_a_kill()
    {
        await using var silo = await SiloProcess.StartAsync(Playbook);
        await silo.RecordAsync(Held("m1", "acme"));
        var delivery = Assert.Single((await silo.Client.Actions.Pull(Desk, new())).Deliveries);
        var action = delivery.Action;
        Assert.Equal(("confirmation", "accept", "task", "sales", "acme", "", "appointment"), (action.Kind, action.Subject, action.Channel, action.Department, action.Account, action.Play, action.Stage));
        Assert.Equal(["no-need", "timing"], action.Reasons);
        Assert.Equal(["from: appointment", "to: opportunity"], action.Packet.Take(2).Select(p => $"{p.Name}: {p.Text}"));
        Assert.Null(action.Factors);

        var refused = await SettleAsync(silo, new() { AckId = delivery.AckId, Declined = new() { Reason = "too dear" } });
        Assert.Equal((Result.Refused, "`too dear` is no reason to decline this; expected one of no-need, timing"), (refused.Result, refused.Reason));

        await silo.KillAsync();
        await silo.StartAsync();
        var answered = await SettleAsync(silo, new() { AckId = delivery.AckId, Declined = new() { Reason = "timing" }, By = "ann" });
        Assert.True(answered.Result is Result.Settled or Result.SettledLate, answered.ToString());
        var account = await silo.AccountAsync("acme");
        var stay = Assert.Single(account.Journey.Stays);
        Assert.Equal(("recycled", "appointment", "timing", 1, TimeSpan.FromDays(60)), (account.Stage, stay.Source, stay.Reason, stay.Attempt, stay.CoolingUntil.ToDateTime() - stay.At.ToDateTime()));
        Assert.Empty(account.OpenActions);
        Assert.Equal(Result.AlreadySettled, (await SettleAsync(silo, new() { AckId = delivery.AckId, Done = new() })).Result);
    }

    [Fact]
    public async Task D7_a_confirmation_is_answered_with_orc_which_shows_what_came_of_it()
    {
        await using var silo = await SiloProcess.StartAsync(Playbook);
        Task<(int Exit, string Output, string Error)> Orc(params string[] arguments) =>
            Child.RunAsync(Place.Orc, arguments, new Dictionary<string, string> { ["ORCHESTRATOR_GRPC"] = silo.Address.ToString(), ["NO_COLOR"] = "1" });

        await silo.RecordAsync(Held("m1", "acme"));
        await silo.RecordAsync(Held("m2", "other"));
        Assert.Contains("confirmation of accept", (await Orc("account", "show", "acme")).Output, StringComparison.Ordinal);
        var deliveries = (await silo.Client.Actions.Pull(new(Desk) { MaxActions = 2 }, new())).Deliveries.ToDictionary(d => d.Action.Account);
        Assert.Equal(0, (await Orc("actions", "settle", deliveries["acme"].AckId, "done", "--by", "ann")).Exit);
        Assert.Equal("opportunity", (await silo.AccountAsync("acme")).Stage);
        var timeline = (await Orc("account", "timeline", "acme")).Output;
        Assert.Contains("The confirmation of `accept` was answered with yes by `ann`.", timeline, StringComparison.Ordinal);

        var wrong = await Orc("actions", "settle", deliveries["other"].AckId, "declined", "--reason", "nothing");
        Assert.Equal(4, wrong.Exit);
        Assert.Contains("expected one of no-need, timing", wrong.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Orc("actions", "settle", deliveries["other"].AckId, "declined", "--reason", "no-need")).Exit);
        var shown = (await Orc("account", "show", "other")).Output;
        Assert.Contains("recycled 1 times, won back 0 times", shown, StringComparison.Ordinal);
        Assert.Contains("no-need", shown, StringComparison.Ordinal);
        Assert.Equal(1, System.Text.Json.JsonDocument.Parse((await Orc("account", "show", "other", "-o", "json")).Output).RootElement.GetProperty("account").GetProperty("journey").GetProperty("recycled").GetInt32());
    }

    static async Task<SettlementResult> SettleAsync(SiloProcess silo, Settlement settlement) =>
        (await silo.Client.Actions.Settle(new() { Settlements = { settlement } }, new())).Results[0];

    static Signal Held(string id, string account) => new() { Id = id, Type = "meeting.held", Account = account, AssertedBy = "inside-sales", Properties = { ["note"] = new Value { Text = "went well" } } };
}
