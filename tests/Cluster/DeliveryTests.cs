using Orchestrator.EndToEnd.Harness;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orchestrator.V1;
using Result = Orchestrator.V1.SettlementResult.Types.Result;

namespace Orchestrator.Cluster.Tests;

public sealed class DeliveryTests(PostgresServer server)
{
    [Fact]
    public async Task A_consumer_at_one_silo_sees_the_actions_of_all_partitions_and_settles_them_through_any_silo()
    {
        await using var cluster = await SiloCluster.StartAsync(server);
        await using var consumer = new Consumer(cluster.Silos[0].Client, "mails", credit: 10);
        foreach (var (account, n) in SiloCluster.Accounts.Select((a, n) => (a, n)))
        {
            await cluster.InsistAsync(Texts.Viewed($"v-{n}", account), first: n);
        }

        // More than its credit: what it settles makes room for the actions of the other silos too.
        var seen = new Dictionary<string, string>();
        while (seen.Count < SiloCluster.Partitions)
        {
            foreach (var delivery in (await consumer.TakeAsync(1)).Where(d => d.Action.Account != "first"))
            {
                Assert.True(seen.TryAdd(delivery.Action.Id, delivery.Action.Account), "an action was delivered twice");
                var through = cluster.Silos[seen.Count % 3];
                var settled = await through.Client.Actions.Settle(new() { Settlements = { new Settlement { AckId = delivery.AckId, Done = new() { Outcome = "delivered" } } } }, new());
                Assert.Equal(Result.Settled, settled.Results[0].Result);
            }
        }

        Assert.Equal(SiloCluster.Accounts.Order(), seen.Values.Order());
    }

    [Fact]
    public async Task A_consumer_never_holds_more_than_its_credit_of_all_silos_together()
    {
        await using var cluster = await SiloCluster.StartAsync(server);
        foreach (var (account, n) in SiloCluster.Accounts.Select((a, n) => (a, n)))
        {
            await cluster.InsistAsync(Texts.Viewed($"v-{n}", account), first: n);
        }

        await using var consumer = new Consumer(cluster.Silos[1].Client, "mails", credit: 5);
        var held = await consumer.TakeAsync(5);
        for (var n = 0; n < 40; n++)
        {
            consumer.Settle(held[0]);
            held.RemoveAt(0);
            held.AddRange(await consumer.TakeAsync(1));
            Assert.True(held.Count <= 5, $"it holds {held.Count}");
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consumer.NextWithDeliveriesAsync(TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public async Task When_a_silo_dies_its_actions_flow_to_a_consumer_at_another_on_the_same_stream()
    {
        await using var cluster = await SiloCluster.StartAsync(server);
        await using var consumer = new Consumer(cluster.Silos[0].Client, "mails", credit: 1_000, leaseSeconds: 5);
        await cluster.Silos[2].KillAsync();
        foreach (var (account, n) in SiloCluster.Accounts.Select((a, n) => (a, n)))
        {
            await cluster.InsistAsync(Texts.Viewed($"v-{n}", account), first: n);
        }

        var seen = new HashSet<string>();
        while (seen.Count < SiloCluster.Partitions)
        {
            foreach (var delivery in await consumer.TakeAsync(1))
            {
                consumer.Settle(delivery);
                seen.UnionWith(SiloCluster.Accounts.Intersect([delivery.Action.Account]));
            }
        }

        Assert.Equal(SiloCluster.Partitions, seen.Count);
    }

    [Fact]
    public async Task A_pull_and_a_decision_reach_the_actions_of_other_silos()
    {
        await using var cluster = await SiloCluster.StartAsync(server);
        foreach (var (account, n) in SiloCluster.Accounts.Select((a, n) => (a, n)))
        {
            await cluster.InsistAsync(Texts.Viewed($"v-{n}", account), first: n);
        }

        var pulled = new HashSet<string>();
        for (var n = 0; pulled.Count < SiloCluster.Partitions && n < 400; n++)
        {
            var silo = cluster.Silos[n % 3];
            var response = await silo.Client.Actions.Pull(new() { Subscription = "puller", MaxActions = 7 }, new());
            if (response.Deliveries.Count > 0)
            {
                var settle = new SettleRequest();
                settle.Settlements.Add(response.Deliveries.Select(d => new Settlement { AckId = d.AckId, Done = new() }));
                Assert.All((await cluster.Silos[(n + 1) % 3].Client.Actions.Settle(settle, new())).Results, r => Assert.Equal(Result.Settled, r.Result));
                pulled.UnionWith(SiloCluster.Accounts.Intersect(response.Deliveries.Select(d => d.Action.Account)));
            }
        }

        Assert.Equal(SiloCluster.Partitions, pulled.Count);
        foreach (var silo in cluster.Silos)
        {
            var decided = await silo.Client.Actions.Decide(new() { Account = SiloCluster.Accounts[5], Identifiers = { new Identifier { Kind = "email", Value = $"ann@{SiloCluster.Accounts[5]}.example" } }, Channel = "email" }, new());
            Assert.True(decided.Delivery is not null || decided.NoneReason.Length > 0);
        }
    }
}
