using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Cluster.Tests;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Orleans;
using Orchestrator.Silo.StoreCommands;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orchestrator.V1;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams;

namespace Orchestrator.Orleans.Tests;

/// <summary>A .NET shop's own program: an Orleans client that finds the silos in PostgreSQL, and processes as they are shipped.</summary>
public sealed class ClientTests(PostgresServer server)
{
    [Fact]
    public async Task An_orleans_client_of_three_processes_records_settles_and_goes_on_after_a_kill()
    {
        var place = server.NewPlace();
        await using var cluster = await SiloCluster.StartAsync([.. "abc".Select(name => new SiloMember(name.ToString(), place))]);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client =>
        {
            client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", OrleansTables.Beside(place)));
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("orchestrator", "orchestrator"));
            client.AddMemoryStreams(ActionStreams.Provider);
        });
        using var host = builder.Build();
        await host.StartAsync();
        var orleans = host.Services.GetRequiredService<IClusterClient>();

        var heard = new ConcurrentQueue<Delivery>();
        await orleans.GetStreamProvider(ActionStreams.Provider).GetStream<Delivery>(StreamId.Create(ActionStreams.Namespace, "shop")).SubscribeAsync((delivery, _) =>
        {
            heard.Enqueue(delivery);
            return Task.CompletedTask;
        });
        var feed = orleans.GetGrain<IActionFeedGrain>("shop");
        await feed.StartAsync(new() { MaxOutstanding = 100, Lease = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(20)) });
        await SiloCluster.UntilAsync(async () => await RecordAsync("seen-1", "acme-1") is Acknowledgement.Types.Result.Recorded or Acknowledgement.Types.Result.Duplicate, "a signal is recorded through a grain");
        await SiloCluster.UntilAsync(() => Task.FromResult(heard.Any(d => d.Action.Account == "acme-1")), "its action is heard");
        var settled = await feed.SettleAsync(new Settlement { AckId = heard.First(d => d.Action.Account == "acme-1").AckId, Done = new() });
        Assert.Equal(SettlementResult.Types.Result.Settled, settled.Result);

        // Over gRPC the same is to be seen.
        var seen = await cluster.Silos[1].Client.Accounts.GetAccount(new() { Account = "acme-1" }, new());
        Assert.Equal(1, seen.Account.SignalCount);

        await cluster.Silos[2].KillAsync();
        for (var n = 0; n < 20; n++)
        {
            var account = SiloCluster.Accounts[n];
            await SiloCluster.UntilAsync(async () => await RecordAsync($"after-{n}", account) is Acknowledgement.Types.Result.Recorded or Acknowledgement.Types.Result.Duplicate, $"{account} takes a signal after the kill");
        }

        await host.StopAsync();

        async Task<Acknowledgement.Types.Result?> RecordAsync(string id, string account)
        {
            try
            {
                return (await orleans.GetGrain<IAccountGrain>(account).RecordAsync(Texts.Viewed(id, account))).Result;
            }
            catch (Exception again) when (again is OrleansException or TimeoutException or OrchestratorException)
            {
                return null;
            }
        }
    }
}
