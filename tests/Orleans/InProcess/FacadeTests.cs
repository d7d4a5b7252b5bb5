using System.Collections.Concurrent;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Orleans;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orchestrator.V1;
using Orleans;
using Orleans.Runtime;
using Orleans.Streams;

namespace Orchestrator.Orleans.Tests.InProcess;

public sealed class FacadeTests(PostgresServer server)
{
    [Fact]
    public async Task An_orleans_client_records_signals_reads_decides_and_settles_through_grains()
    {
        // At first the play waits for a purchase of a person; then for nobody's signal: whoever asks gets it.
        await using var world = await OrleansWorld.StartAsync(server, silos: 2, playbook: Texts.Mails.Replace("on: page.viewed, ", "on: purchase.made, ", StringComparison.Ordinal));
        var account = world.Client.GetGrain<IAccountGrain>("acme");
        Assert.Equal(Acknowledgement.Types.Result.Recorded, (await account.RecordAsync(Texts.Bought("b-1", "acme", 100))).Result);
        Assert.Equal(Acknowledgement.Types.Result.Duplicate, (await account.RecordAsync(Texts.Bought("b-1", "acme", 100))).Result);
        Assert.Equal(Acknowledgement.Types.Result.Recorded, (await account.RecordAsync(Texts.Viewed("v-1", "acme"))).Result);
        Assert.Equal("acme", (await account.GetAsync()).Account.Id);
        Assert.Contains((await account.TimelineAsync()).Entries, e => e.Signal?.Id == "b-1");

        await world.PublishAsync(Texts.Mails.Replace("on: page.viewed, ", "", StringComparison.Ordinal));
        var decided = await account.DecideAsync("email", TimeSpan.FromSeconds(20));
        Assert.True(decided.Delivery is not null, decided.NoneReason);
        Assert.Equal("mail", decided.Delivery.Action.Play);
        var settled = await account.SettleAsync(new Settlement { AckId = decided.Delivery.AckId, Done = new() });
        Assert.Equal(SettlementResult.Types.Result.Settled, settled.Result);

        var contact = world.Client.GetGrain<IContactGrain>(ContactKey.Of("email", "ann@acme.example"));
        Assert.Equal("acme", (await contact.GetAsync()).Contact.Account);
    }

    [Fact]
    public async Task A_grain_refuses_with_the_same_words_as_grpc()
    {
        await using var world = await OrleansWorld.StartAsync(server, silos: 1);
        var refused = await Assert.ThrowsAsync<OrchestratorException>(() => world.Client.GetGrain<IAccountGrain>("nobody").GetAsync());
        Assert.Equal("NOT_FOUND", refused.Code);
        Assert.Contains("nobody", refused.Message, StringComparison.Ordinal);
        var other = await Assert.ThrowsAsync<OrchestratorException>(() => world.Client.GetGrain<IAccountGrain>("acme").RecordAsync(Texts.Bought("b-1", "other", 100)));
        Assert.Equal("INVALID_ARGUMENT", other.Code);
        Assert.Equal("INVALID_ARGUMENT", (await Assert.ThrowsAsync<OrchestratorException>(() => world.Client.GetGrain<IContactGrain>("ann").GetAsync())).Code);
    }

    [Fact]
    public async Task Actions_come_as_an_orleans_stream_and_come_again_until_they_are_settled()
    {
        await using var world = await OrleansWorld.StartAsync(server, silos: 2);
        var heard = new ConcurrentQueue<Delivery>();
        var stream = world.Client.GetStreamProvider(ActionStreams.Provider).GetStream<Delivery>(StreamId.Create(ActionStreams.Namespace, "mails"));
        await stream.SubscribeAsync((delivery, _) =>
        {
            heard.Enqueue(delivery);
            return Task.CompletedTask;
        });
        var feed = world.Client.GetGrain<IActionFeedGrain>("mails");
        await feed.StartAsync(new() { MaxOutstanding = 10, Lease = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) });
        Assert.True(await feed.RunsAsync());

        // On both silos' partitions.
        foreach (var member in world.Members)
        {
            var account = world.AccountIn(member.Running[0]);
            await world.Client.GetGrain<IAccountGrain>(account).RecordAsync(Texts.Viewed($"v-{account}", account));
        }

        await world.UntilAsync(() => heard.Select(d => d.Action.Account).Distinct().Count() == 2, "the actions of both silos are heard");
        var first = heard.First();
        await world.UntilAsync(() => heard.Any(d => d.Action.Id == first.Action.Id && d.Attempt > 1), "what is not settled comes again");
        var last = heard.Last(d => d.Action.Id == first.Action.Id);
        var settled = await feed.SettleAsync(new Settlement { AckId = last.AckId, Done = new() });
        Assert.Equal(SettlementResult.Types.Result.Settled, settled.Result);
        await feed.StopAsync();
        Assert.False(await feed.RunsAsync());
    }

    [Fact]
    public async Task A_feed_with_bad_terms_is_refused_and_does_not_run()
    {
        await using var world = await OrleansWorld.StartAsync(server, silos: 1);
        var feed = world.Client.GetGrain<IActionFeedGrain>("mails");
        Assert.Equal("INVALID_ARGUMENT", (await Assert.ThrowsAsync<OrchestratorException>(() => feed.StartAsync(new() { MaxOutstanding = 20_000 }))).Code);
        Assert.False(await feed.RunsAsync());
    }
}
