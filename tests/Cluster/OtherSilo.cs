using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Client;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.Silo.Engines.Postgres;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Journal.Postgres;
using Orchestrator.Silo.Rpc;
using Orchestrator.Tests;
using Orchestrator.V1;

namespace Orchestrator.Cluster.Tests;

/// <summary>A silo of another version with the engine that is tested here: all parts as they are shipped, but for the feature level that it says it reads, which no setting of the shipped program can change. Runs in this process.</summary>
internal sealed class OtherSilo : IAsyncDisposable
{
    private readonly PostgresMembership _membership;
    private readonly ICluster _engine;
    private readonly SiloParts _parts;
    private readonly WebApplication _app;
    private bool _stopped;

    private OtherSilo(string name, string connection, int level)
    {
        var port = LoopbackPort.Take();
        var settings = ServerSettings.Read([], _ => null, out _)! with { Partitions = SiloCluster.Partitions, Postgres = connection };
        _membership = new PostgresMembership(connection);
        var link = new GrpcSiloLink(TimeProvider.System, Random.Shared.NextDouble, NullLogger.Instance);
        var me = new ClusterSettings
        {
            Silo = $"{name}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}",
            Address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"),
            Level = level,
            Catalogs = [GrainKey.Catalog(Tenants.Default)],
        };
        var (engine, serve) = EngineUnderTest.Make(new EngineOffer(settings, me, _membership, link, _ => null, NullLoggerFactory.Instance));
        _engine = engine.Cluster;
        _parts = new SiloParts(settings, new PostgresStore(connection), TimeProvider.System, NullLoggerFactory.Instance, cluster: _engine);
        serve(_parts);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenRpc(IPAddress.Loopback, port));
        builder.WebHost.UseKestrelCore();
        _app = builder.Build();
        _app.MapRpc(SignalsReflection.Descriptor.Services[0], _parts.Signals);
        _app.MapRpc(PlaybooksReflection.Descriptor.Services[0], new PlaybookService(_parts.Runtime, _parts.Store));
        _app.MapRpc(AccountsReflection.Descriptor.Services[0], new AccountService(_parts.Runtime, _parts.Shelf, _parts.People, _parts.Actions, TimeProvider.System));
        _app.MapRpc(ClusterReflection.Descriptor.Services[0], new ClusterService(_engine, engine.Membership, link, _parts.Levels), new RpcOptions { MaxReceiveMessageBytes = LinkCall.MostBytes });
        Client = new OrchestratorClient(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")));
    }

    public OrchestratorClient Client { get; }

    public string Silo => _engine.Silo;

    public static async Task<OtherSilo> StartAsync(string name, string connection, int level)
    {
        EngineUnderTest.Prepare(connection);
        var silo = new OtherSilo(name, connection, level);
        await silo._parts.StartAsync(CancellationToken.None, known: () => silo._app.StartAsync());
        return silo;
    }

    /// <summary>As on SIGTERM.</summary>
    public async Task StopAsync()
    {
        if (!_stopped)
        {
            _stopped = true;
            await _engine.LeaveAsync();
            await _app.StopAsync();
            await _parts.DisposeAsync();
            await _membership.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
