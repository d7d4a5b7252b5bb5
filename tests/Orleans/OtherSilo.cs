using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Client;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.Silo.Engines.Orleans;
using Orchestrator.Silo.Engines.Orleans.Facades;
using Orchestrator.Silo.Engines.Postgres;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Journal.Postgres;
using Orchestrator.Silo.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Cluster.Tests;

/// <summary>A silo of the Orleans engine of another version: all parts as they are shipped, but for the feature level that it says it reads, which no setting of the shipped program can change. Runs in this process.</summary>
internal sealed class OtherSilo : IAsyncDisposable
{
    private readonly PostgresMembership _membership;
    private readonly OrleansView _view;
    private readonly OrleansEngine _engine;
    private readonly TaskCompletionSource<Services> _services = new();
    private readonly SiloParts _parts;
    private readonly WebApplication _app;
    private bool _stopped;

    private OtherSilo(string name, string connection, int level)
    {
        var port = FreePort();
        var settings = ServerSettings.Read([], _ => null, out _)! with { Partitions = SiloCluster.Partitions };
        _membership = new PostgresMembership(connection);
        var me = new ClusterSettings
        {
            Silo = $"{name}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}",
            Address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"),
            Level = level,
            Catalogs = [GrainKey.Catalog(Tenants.Default)],
        };
        var told = EngineUnderTest.SettingsAt("127.0.0.1");
        _view = new OrleansView(_membership);
        var orleans = new OrleansSilo(OrleansSettings.Read(setting => told.GetValueOrDefault($"ORCHESTRATOR_{setting.Replace('-', '_').ToUpperInvariant()}"), connection), me.Silo, NullLoggerFactory.Instance, _services.Task);
        var link = new OrleansLink(other => orleans.EarOf(_view, other), TimeProvider.System, NullLogger.Instance);
        _engine = new OrleansEngine(orleans, _view, link, new Fence(connection), me, TimeProvider.System, NullLogger.Instance);
        _parts = new SiloParts(settings, new PostgresStore(connection), TimeProvider.System, NullLoggerFactory.Instance, cluster: _engine);
        _services.SetResult(new Services(_parts, TimeProvider.System));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenRpc(IPAddress.Loopback, port));
        builder.WebHost.UseKestrelCore();
        _app = builder.Build();
        _app.MapRpc(SignalsReflection.Descriptor.Services[0], _parts.Signals);
        _app.MapRpc(PlaybooksReflection.Descriptor.Services[0], new PlaybookService(_parts.Runtime, _parts.Store));
        _app.MapRpc(AccountsReflection.Descriptor.Services[0], new AccountService(_parts.Runtime, _parts.Shelf, _parts.People, _parts.Actions, TimeProvider.System));
        _app.MapRpc(ClusterReflection.Descriptor.Services[0], new ClusterService(_engine, _view, null, _parts.Levels), new RpcOptions { MaxReceiveMessageBytes = LinkCall.MostBytes });
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

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
