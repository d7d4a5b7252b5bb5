using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.V1;
using Settled = Orchestrator.V1.SettlementResult.Types.Result;

namespace Orchestrator.EndToEnd;

/// <summary>Consumers that die, sleep, or come in crowds.</summary>
public sealed class ConsumerTests
{
    [Fact]
    public async Task What_a_dead_consumer_held_goes_to_another_after_the_lease_and_none_is_lost()
    {
        await using var silo = await SiloProcess.StartAsync(Texts.Mails);
        using var doomed = silo.Connect();
        await using var dead = new Consumer(doomed, "crm", leaseSeconds: 1);
        await OfferAsync(silo, 20);
        var held = await dead.TakeAsync(20);
        await dead.CutAsync();
        await using var heir = new Consumer(silo.Client, "crm");
        var inherited = await heir.TakeAsync(20);
        Assert.Equal(held.Select(d => d.Action.Id).Order(), inherited.Select(d => d.Action.Id).Order());
        Assert.All(inherited, d => Assert.True(d.Attempt > 1, "it does not say that it came before"));
        Assert.All(inherited, d => Assert.Equal(held.Single(h => h.Action.Id == d.Action.Id).Action, d.Action));
        Assert.All(await SettleAsync(silo, inherited), r => Assert.Equal(Settled.Settled, r));
    }

    [Fact]
    public async Task A_consumer_that_never_settles_holds_nothing_back_for_longer_than_its_lease()
    {
        await using var silo = await SiloProcess.StartAsync(Texts.Mails);
        await using var sleeper = new Consumer(silo.Client, "crm", credit: 5, leaseSeconds: 1);
        await using var worker = new Consumer(silo.Client, "crm", credit: 5);
        await OfferAsync(silo, 20);
        var done = new HashSet<string>();
        while (done.Count < 20)
        {
            foreach (var delivery in (await worker.NextAsync()).Deliveries)
            {
                Assert.True(done.Add(delivery.Action.Id), "one that is settled came again");
                worker.Settle(delivery);
            }
        }

        Assert.NotEmpty(await sleeper.TakeAsync(1));
        for (var number = 0; number < 20; number++)
        {
            Assert.Empty((await silo.AccountAsync(Account(number))).OpenActions);
        }
    }

    [Fact]
    public async Task A_thousand_consumers_at_once_each_get_their_action_and_the_silo_stays_small()
    {
        const int Crowd = 1_000;
        await using var silo = await SiloProcess.StartAsync(Texts.Mails);
        using var client = silo.Connect();
        var consumers = Enumerable.Range(0, Crowd).Select(_ => new Consumer(client, "crowd", credit: 1)).ToList();
        try
        {
            var took = Stopwatch.StartNew();
            await OfferAsync(silo, Crowd);
            var held = new ConcurrentDictionary<string, Delivery>();
            await Task.WhenAll(consumers.Select(async consumer =>
            {
                var delivery = (await consumer.TakeAsync(1))[0];
                Assert.True(held.TryAdd(delivery.Action.Id, delivery), "two consumers hold one action");
                consumer.Settle(delivery);
                SettlementResult? result = null;
                while (result is null)
                {
                    result = (await consumer.NextAsync()).Results.FirstOrDefault(r => r.AckId == delivery.AckId);
                }

                Assert.Equal(Settled.Settled, result.Result);
            }));
            var (memory, cpu) = (silo.Process.ResidentBytes >> 20, silo.Process.Cpu);
            TestContext.Current.TestOutputHelper!.WriteLine($"{Crowd} actions to {Crowd} streams and settled in {took.Elapsed.TotalSeconds:0.0} s; the silo has {memory} MiB resident and used {cpu.TotalSeconds:0.0} s of processor time in all");
            Assert.InRange(memory, 1, 700);
            Assert.InRange(cpu.TotalSeconds, 0, 40);
        }
        finally
        {
            await Task.WhenAll(consumers.Select(c => c.DisposeAsync().AsTask()));
        }
    }

    [Fact]
    public async Task An_ack_id_is_good_on_any_stream_after_a_reconnect_and_after_a_restart()
    {
        await using var silo = await SiloProcess.StartAsync(Texts.Mails);
        await OfferAsync(silo, 3);
        await using var first = new Consumer(silo.Client, "crm");
        var held = await first.TakeAsync(3);
        await first.CutAsync();

        // On another stream of another connection.
        using var other = silo.Connect();
        await using var second = new Consumer(other, "other");
        second.Settle(held[0]);
        Assert.Equal(Settled.Settled, Assert.Single((await second.NextAsync()).Results).Result);

        // After a planned restart, and after a kill.
        Assert.Equal(0, (await silo.StopAsync()).Exit);
        await silo.StartAsync();
        // Leases do not outlive the silo, so it is late; it counts all the same.
        Assert.Equal([Settled.AlreadySettled, Settled.SettledLate], await SettleAsync(silo, held[..2]));
        await silo.KillAsync();
        await silo.StartAsync();
        Assert.Equal([Settled.AlreadySettled, Settled.AlreadySettled, Settled.SettledLate], await SettleAsync(silo, held));
        var forged = held[0].Clone();
        forged.AckId = forged.AckId[..^4] + (forged.AckId.EndsWith("AAAA", StringComparison.Ordinal) ? "BBBB" : "AAAA");
        Assert.Equal([Settled.Refused], await SettleAsync(silo, [forged]));
    }

    static string Account(int number) => string.Create(CultureInfo.InvariantCulture, $"acc-{number:D4}");

    static async Task OfferAsync(SiloProcess silo, int accounts)
    {
        var batch = new RecordBatchRequest { Signals = { Enumerable.Range(0, accounts).Select(n => Texts.Viewed("v", Account(n))) } };
        var answer = await silo.Client.Signals.RecordBatch(batch, new());
        Assert.All(answer.Acknowledgements, a => Assert.Equal(Acknowledgement.Types.Result.Recorded, a.Result));
    }

    static async Task<List<Settled>> SettleAsync(SiloProcess silo, IEnumerable<Delivery> deliveries)
    {
        var settlements = deliveries.Select(d => new Settlement { AckId = d.AckId, Done = new() { Outcome = "delivered" } });
        return [.. (await silo.Client.Actions.Settle(new() { Settlements = { settlements } }, new())).Results.Select(r => r.Result)];
    }
}
