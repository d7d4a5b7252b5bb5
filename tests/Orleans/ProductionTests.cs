using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Cluster.Tests;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Orleans;
using Orchestrator.Silo.StoreCommands;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orchestrator.Tests;
using Orchestrator.V1;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams;

namespace Orchestrator.Orleans.Tests;

/// <summary>What a process is told for production, as its cluster and its supervisor see it.</summary>
public sealed class ProductionTests(PostgresServer server)
{
    [Fact]
    public async Task A_silo_joins_under_the_endpoints_and_ids_that_it_was_told_and_only_clients_of_that_cluster_find_it()
    {
        var place = server.NewPlace();
        var tables = OrleansTables.Beside(place);
        EngineUnderTest.Prepare(place);
        var (port, gateway) = (LoopbackPort.Take(), LoopbackPort.Take());
        await using var silo = EngineUnderTest.Told("a", place, new Dictionary<string, string>
        {
            ["ORCHESTRATOR_ORLEANS_LISTEN"] = $"0.0.0.0:{port}",
            ["ORCHESTRATOR_ORLEANS_ADVERTISE"] = "localhost",
            ["ORCHESTRATOR_ORLEANS_GATEWAY"] = gateway.ToString(CultureInfo.InvariantCulture),
            ["ORCHESTRATOR_ORLEANS_CLUSTER"] = "shop",
            ["ORCHESTRATOR_ORLEANS_SERVICE"] = "shop-service",
        });
        silo.Start();
        await SiloCluster.UntilAsync(silo.IsReadyAsync, "the silo is ready");

        // 3 = active.
        var row = await PostgresServer.AskAsync(tables, "SELECT string_agg(concat_ws(' ', deployment, address, port, gateway, status), ';') FROM cluster_silo");
        Assert.Equal($"shop 127.0.0.1 {port} {gateway} 3", row);

        using var host = ClientOf("shop", "shop-service", tables);
        await host.StartAsync();
        var client = host.Services.GetRequiredService<IClusterClient>();
        var nobody = await Assert.ThrowsAsync<OrchestratorException>(() => client.GetGrain<IAccountGrain>("nobody").GetAsync());
        Assert.Equal("NOT_FOUND", nobody.Code);

        // Who listens to a stream is kept by Orleans under the service's id.
        await client.GetStreamProvider(ActionStreams.Provider).GetStream<Delivery>(StreamId.Create(ActionStreams.Namespace, "shop")).SubscribeAsync((_, _) => Task.CompletedTask);
        Assert.Equal("shop-service", await PostgresServer.AskAsync(tables, "SELECT string_agg(DISTINCT service, ';') FROM grain_state"));
        await host.StopAsync();

        using var stranger = ClientOf("another", "shop-service", tables);
        await Assert.ThrowsAnyAsync<OrleansException>(() => stranger.StartAsync());
    }

    [Theory]
    [InlineData("LISTEN", "listen")]
    [InlineData("GATEWAY", "gateway")]
    public async Task A_silo_says_which_port_of_Orleans_somebody_else_listens_at(string variable, string setting)
    {
        var place = server.NewPlace();
        EngineUnderTest.Prepare(place);

        // As Orleans itself listens.
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        other.Bind(new IPEndPoint(IPAddress.Loopback, LoopbackPort.Take()));
        other.Listen();
        var at = (IPEndPoint)other.LocalEndPoint!;
        await using var silo = EngineUnderTest.Told("a", place, new Dictionary<string, string>
        {
            [$"ORCHESTRATOR_ORLEANS_{variable}"] = variable == "LISTEN" ? at.ToString() : at.Port.ToString(CultureInfo.InvariantCulture),
        });
        silo.Start();
        await silo.Process.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, silo.Process.ExitCode);
        Assert.Contains($"error: the silo could not join the Orleans cluster: cannot listen on {at}: Address already in use; stop what listens there, or choose another with --orleans-{setting}", silo.Process.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probes_answer_from_the_start_and_readiness_is_gone_before_the_first_partition_is_handed_over()
    {
        var place = server.NewPlace();
        var (stays, leaves) = (new SiloMember("stays", place), new SiloMember("leaves", place));
        await using var cluster = await SiloCluster.StartAsync([stays, leaves]);
        Assert.Equal(HttpStatusCode.OK, await leaves.ProbeAsync("/livez"));
        var owned = await OwnedAsync();
        Assert.InRange(owned, 1, SiloCluster.Partitions - 1);

        var stopping = leaves.StopAsync();
        var (unready, alive) = (0, 0);
        while (!stopping.IsCompleted)
        {
            // The store is asked first: whatever it says of a partition that is gone, readiness went before.
            var left = await OwnedAsync();
            var ready = await leaves.ProbeAsync("/readyz");
            Assert.False(left < owned && ready is HttpStatusCode.OK, $"{owned - left} partitions were handed over by a silo that said it was ready");
            unready += ready is HttpStatusCode.ServiceUnavailable ? 1 : 0;
            alive += ready is HttpStatusCode.ServiceUnavailable && await leaves.ProbeAsync("/livez") is HttpStatusCode.OK ? 1 : 0;
        }

        Assert.Equal(0, (await stopping).Exit);
        Assert.True(unready > 0 && alive > 0, $"not ready was heard {unready} times, alive besides {alive} times");
        Assert.Equal(0, await OwnedAsync());
        Assert.Equal(HttpStatusCode.OK, await stays.ProbeAsync("/readyz"));

        async Task<long> OwnedAsync() => (long)(await PostgresServer.AskAsync(place, "SELECT count(*) FROM fence WHERE owner LIKE 'leaves.%'"))!;
    }

    private static IHost ClientOf(string cluster, string service, string tables)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client =>
        {
            client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", tables));
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster, service));
            client.AddMemoryStreams(ActionStreams.Provider);

            // By itself a client that finds nobody looks again for ever.
            client.UseConnectionRetryFilter((_, _) => Task.FromResult(false));
        });
        return builder.Build();
    }
}
