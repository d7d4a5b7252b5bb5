using Orchestrator.EndToEnd.Harness;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.EndToEnd;

/// <summary>Decisions that a caller waits for, and the gate that other senders ask.</summary>
public sealed class DecideTests
{
    // The play waits for nobody's signal: whoever asks gets it.
    static readonly string Playbook = Texts.OneMailAnAccount.Replace("on: page.viewed, ", "on: purchase.made, ", StringComparison.Ordinal);
    static readonly string Asked = Texts.OneMailAnAccount.Replace("on: page.viewed, ", "", StringComparison.Ordinal);

    static Identifier Ann => new() { Kind = "email", Value = "ann@acme.example" };

    [Fact]
    public async Task A_decision_is_answered_while_one_waits_and_repeated_identically_also_after_a_kill()
    {
        await using var silo = await SiloProcess.StartAsync(Playbook);
        await silo.RecordAsync(Texts.Viewed("a", "acme"));
        await silo.Client.Playbooks.Publish(new() { Text = Asked }, new());
        var ask = new DecideRequest { Account = "acme", Identifiers = { Ann }, Channel = "email" };
        var first = await silo.Client.Actions.Decide(ask, new());
        Assert.True(first.Delivery is not null, first.NoneReason);
        var second = await silo.Client.Actions.Decide(ask, new());
        Assert.Equal(first.Delivery.Action, second.Delivery?.Action);
        await silo.KillAsync();
        await silo.StartAsync();
        var third = await silo.Client.Actions.Decide(ask, new());
        Assert.Equal(first.Delivery.Action, third.Delivery?.Action);
        Assert.Single((await silo.AccountAsync("acme")).OpenActions);
        Assert.Equal(SettlementResult.Types.Result.Settled, (await silo.Client.Actions.Settle(new() { Settlements = { new Settlement { AckId = third.Delivery!.AckId, Done = new() } } }, new())).Results[0].Result);
        var none = await silo.Client.Actions.Decide(ask, new());
        Assert.Null(none.Delivery);
        Assert.NotEmpty(none.NoneReason);
    }

    [Fact]
    public async Task A_slot_is_reserved_once_confirmed_or_released_and_survives_a_kill()
    {
        await using var silo = await SiloProcess.StartAsync(Playbook);
        await silo.RecordAsync(Texts.Viewed("a", "acme"));
        var policy = silo.Client.ContactPolicy;
        ReserveRequest Ask(string id) => new() { Id = id, Account = "acme", Identifiers = { Ann }, Channel = "email" };
        var held = await policy.Reserve(Ask("r1"), new());
        Assert.True(held.Permitted, held.RefusedBy);
        Assert.Equal(held.Reservation, (await policy.Reserve(Ask("r1"), new())).Reservation);
        await silo.KillAsync();
        await silo.StartAsync();
        var full = await policy.Reserve(Ask("r2"), new());
        Assert.False(full.Permitted);
        Assert.NotEmpty(full.RefusedBy);

        // Given back, it is free for the next; confirmed, it is gone for good.
        await policy.Release(new() { Reservation = held.Reservation }, new());
        await policy.Release(new() { Reservation = held.Reservation }, new());
        var next = await policy.Reserve(Ask("r3"), new());
        Assert.True(next.Permitted, next.RefusedBy);
        await policy.Confirm(new() { Reservation = next.Reservation }, new());
        await policy.Confirm(new() { Reservation = next.Reservation }, new());
        var late = await SiloProcess.FailureAsync(() => policy.Release(new() { Reservation = next.Reservation }, new()));
        Assert.Equal(StatusCode.FailedPrecondition, late.Code);
        Assert.False((await policy.Reserve(Ask("r4"), new())).Permitted);
        var unknown = await SiloProcess.FailureAsync(() => policy.Confirm(new() { Reservation = "nonsense" }, new()));
        Assert.Equal(StatusCode.NotFound, unknown.Code);
    }
}
