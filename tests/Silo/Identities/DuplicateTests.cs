using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Identities;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Identities;

public sealed class DuplicateTests
{
    private const string Playbook = """
        playbook: twins
        currency: EUR
        time-zone: Europe/Berlin
        attributes: {account: {name: string?, vat: string?}}
        data-quality: {account: {attributes: {name: {}}, duplicates: {number: [vat]}}}
        signals: {page.viewed: {observed: true}}
        stages: {start: {kind: inventory}}

        """;

    [Fact]
    public async Task A13_accounts_of_one_company_are_shown_across_partitions_and_dismissed()
    {
        await using var desk = await Desk.OpenAsync(Playbook, partitions: 8);
        await SayAsync(desk, "acme", "DE 123 456");
        await SayAsync(desk, "acme-old", "de123456");
        await desk.World.UntilAsync(async () => (await desk.AccountAsync("acme")).Standing?.DataQuality?.SuspectedAccounts.Count == 1);
        var suspected = (await desk.AccountAsync("acme")).Standing.DataQuality;
        Assert.Equal(("acme-old", 0.95, "number"), (suspected.SuspectedAccounts[0].Account, suspected.SuspectedAccounts[0].Score, Assert.Single(suspected.SuspectedAccounts[0].Kinds)));
        Assert.Equal(0.05, suspected.Unique, 9);
        await desk.World.UntilAsync(async () => (await desk.AccountAsync("acme-old")).Standing?.DataQuality?.SuspectedAccounts.Count == 1);

        var service = new IdentityService(desk.World.Silo, new People(desk.World.Silo), desk.World.Shelf);
        var alone = await Assert.ThrowsAsync<RpcException>(() => service.DismissDuplicate(new DismissDuplicateRequest { Account = "acme", Other = "acme", By = "kim" }, new CallContext()));
        Assert.Equal(StatusCode.InvalidArgument, alone.Code);
        await desk.World.InTimeAsync(service.DismissDuplicate(new DismissDuplicateRequest { Account = "acme", Other = "acme-old", By = "kim", Reason = "a branch" }, new CallContext()));
        await desk.World.UntilAsync(async () => (await desk.AccountAsync("acme-old")).Standing.DataQuality.SuspectedAccounts.Count == 0);
        Assert.Empty((await desk.AccountAsync("acme")).Standing.DataQuality.SuspectedAccounts);
        Assert.Contains((await desk.TimelineAsync("acme-old")).Entries, e => e.Kind == "duplicate-dismissed" && e.Text.Contains("`kim`", StringComparison.Ordinal));
    }

    private static async Task SayAsync(Desk desk, string account, string number)
    {
        var signal = new Signal { Id = $"d-{account}", Type = "account.updated", Account = account, Properties = { ["vat"] = new Value { Text = number } } };
        var service = new SignalService(desk.World.Silo, desk.World.Shelf, desk.World.Clock);
        var answer = await desk.World.InTimeAsync(service.RecordBatch(new RecordBatchRequest { Signals = { signal } }, new CallContext()));
        Assert.True(answer.Acknowledgements[0].Result == Acknowledgement.Types.Result.Recorded, answer.Acknowledgements[0].Reason);
    }
}
