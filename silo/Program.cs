using System.Net.Sockets;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Authoring;
using Orchestrator.Silo.Delivery;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.Silo.Engines.Postgres;
using Orchestrator.Silo.Identities;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Postgres;
using Orchestrator.Silo.Rpc;
using Orchestrator.Silo.Sample;
using Orchestrator.Silo.Shadows;
using Orchestrator.Silo.Stages;
using Orchestrator.Silo.StoreCommands;
using Orchestrator.Silo.WhatIf;
using Orchestrator.V1;

// 0. Work on a store without a silo.
if (args is [StoreCommand.Name, ..])
{
    using var interrupted = new CancellationTokenSource();
    Console.CancelKeyPress += (_, pressed) =>
    {
        pressed.Cancel = true;
        interrupted.Cancel();
    };
    return await StoreCommand.RunAsync(args[1..], Environment.GetEnvironmentVariable, Console.Out, Console.Error, !Console.IsErrorRedirected, interrupted.Token);
}

if (args is [PlaybookCommand.Name, ..])
{
    return await PlaybookCommand.RunAsync(args[1..], Console.Out, Console.Error);
}

// 1. Settings.
if (args is ["--help" or "-h"])
{
    Console.WriteLine(ServerSettings.Usage);
    return 0;
}

if (ServerSettings.Read(args, Environment.GetEnvironmentVariable, out var error) is not { } settings)
{
    Console.Error.WriteLine($"error: {error}\n\n{ServerSettings.Usage}");
    return 2;
}

// 2. Host: one port for gRPC in cleartext HTTP/2, one for HTTP/1.1.
var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], ApplicationName = "Orchestrator.Silo", ContentRootPath = AppContext.BaseDirectory });
builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
foreach (var category in EnginePlug.Given?.Quiet ?? [])
{
    builder.Logging.AddFilter(category, LogLevel.Warning);
}

builder.Logging.SetMinimumLevel(settings.Sample ? LogLevel.Warning : LogLevel.Information);
builder.Logging.AddSimpleConsole(options => (options.SingleLine, options.TimestampFormat) = (true, "HH:mm:ss.fff "));
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.ListenRpc(settings.Grpc.Address, settings.Grpc.Port);
    kestrel.Listen(settings.Http);
});
builder.WebHost.UseKestrelCore().UseRpcSockets();
builder.Services.AddSingleton<IHostLifetime, DrainingLifetime>();
var app = builder.Build();
var stopping = app.Lifetime.ApplicationStopping;

// 3. The silo: store, partitions, delivery.
try
{
    if (settings.Postgres is null)
    {
        Directory.CreateDirectory(settings.Data);
    }
}
catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"error: the data folder `{settings.Data}` cannot be made: {refused.Message}; choose another with --data");
    return 1;
}

await using var sample = settings.Sample ? new SampleRun(SampleFiles.Bundled(), TimeSpan.FromSeconds(settings.SampleSeconds), Console.Out, colours: !Console.IsOutputRedirected) : null;
var logs = app.Services.GetRequiredService<ILoggerFactory>();
PostgresMembership? membership = null;
GrpcSiloLink? link = null;
ICluster? cluster = null;
IStore store;
try
{
    store = settings.Postgres is { } connection ? new PostgresStore(connection) : new SqliteStore(Path.Combine(settings.Data, "orchestrator.db"), TimeProvider.System);
    membership = settings.Postgres is null ? null : new PostgresMembership(settings.Postgres);
}
catch (StoreRefusedException refused)
{
    Console.Error.WriteLine($"error: {refused.Message}");
    return 1;
}

await using var rows = membership;
IMembership? silos = membership;
if (membership is not null)
{
    link = new GrpcSiloLink(TimeProvider.System, Random.Shared.NextDouble, logs.CreateLogger<GrpcSiloLink>());
    var me = new ClusterSettings
    {
        // One process, once: a successor of the same name is another writer.
        Silo = $"{settings.Silo}.{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(4))}",
        Address = settings.Advertise,
        Zone = settings.Zone,
        Catalogs = [Orchestrator.Grains.Partitioning.GrainKey.Catalog(Tenants.Default)],
    };
    try
    {
        (cluster, silos) = settings.Engine == EnginePlug.Given?.Name
            ? EnginePlug.Given.Make(new EngineOffer(settings, me, membership, link, settings.OfEngine, logs))
            : new PluggedEngine(new ClusterEngine(membership, link, me, TimeProvider.System, TaskScheduler.Default, Random.Shared.NextDouble, logs.CreateLogger<ClusterEngine>()), membership);
    }
    catch (FormatException malformed)
    {
        Console.Error.WriteLine($"error: {malformed.Message}\n\n{ServerSettings.Usage}");
        return 2;
    }
}

await using var silo = new SiloParts(
    settings,
    store,
    sample?.Clock ?? TimeProvider.System,
    logs,
    sample is null ? null : SampleRun.Bounds,
    sample is null ? null : SampleRun.Delivery,
    cluster);
if (settings.Engine == EnginePlug.Given?.Name)
{
    EnginePlug.Given.Serve(silo, TimeProvider.System);
}

var ready = false;
var opened = false;
var listening = false;
try
{
    await silo.StartAsync(stopping, sample is null ? SampleRun.RefuseAsync : sample.OpenAsync, cluster is null ? null : ListenAsync);
    if (!listening)
    {
        await ListenAsync();
    }
}
catch (Exception refused) when (refused is StoreRefusedException or StoreCorruptException or StoreFullException or StoreFailedException or EngineRefusedException)
{
    Console.Error.WriteLine($"error: {refused.Message}");
    return 1;
}
catch (System.Data.Common.DbException unreachable)
{
    Console.Error.WriteLine($"error: the database does not answer: {unreachable.Message}");
    return 1;
}
catch (IOException inUse) when (inUse.InnerException is SocketException or Microsoft.AspNetCore.Connections.AddressInUseException)
{
    Console.Error.WriteLine($"error: cannot listen on {settings.Http} or {settings.Grpc}: {inUse.InnerException.Message}; stop what listens there, or choose other addresses with --http and --grpc");
    return 1;
}

// 4. Services over it.
async Task ListenAsync()
{
    Map();
    await app.StartAsync();
    listening = true;
}

void Map()
{
    app.UseRouting();
    app.UseRpcUnimplemented();
    app.UseRpcUnavailable(WhyNotYet);
    app.MapRpc(SignalsReflection.Descriptor.Services[0], silo.Signals);
    app.MapRpc(ActionsReflection.Descriptor.Services[0], new ActionService(silo.Delivery, _ => Tenants.Default, new DecideCall(silo.Runtime, silo.People, silo.Delivery).DecideAsync, stopping));
    app.MapRpc(PlaybooksReflection.Descriptor.Services[0], new PlaybookService(silo.Runtime, silo.Store));
    app.MapRpc(AccountsReflection.Descriptor.Services[0], new AccountService(silo.Runtime, silo.Shelf, silo.People, silo.Actions, sample?.Clock ?? TimeProvider.System));
    app.MapRpc(PoliciesReflection.Descriptor.Services[0], new ContactPolicyService(silo.Runtime, silo.People));
    app.MapRpc(InsightReflection.Descriptor.Services[0], new InsightService(silo.Shelf, silo.Store, sample?.Clock ?? TimeProvider.System, silo.Runtime));
    app.MapRpc(AuthoringReflection.Descriptor.Services[0], new AuthoringService(silo.Runtime, silo.Shelf, silo.Store, silo.People));
    app.MapRpc(ShadowReflection.Descriptor.Services[0], new ShadowService(silo.Shelf, silo.Store, silo.Shadow, sample?.Clock ?? TimeProvider.System));
    app.MapRpc(StagesReflection.Descriptor.Services[0], new StageService(silo.Runtime, silo.Store, silo.Shelf, cluster is null, TimeProvider.System, stopping));
    app.MapRpc(RejectionsReflection.Descriptor.Services[0], new RejectionService(silo.Signals.Rejected));
    app.MapRpc(IdentitiesReflection.Descriptor.Services[0], new IdentityService(silo.Runtime, silo.People, silo.Shelf));
    app.MapRpc(ClusterReflection.Descriptor.Services[0], new ClusterService(cluster, silos, link, silo.Levels), new RpcOptions { MaxReceiveMessageBytes = LinkCall.MostBytes });
    app.MapRpcHealth();
    app.MapRpcReflection();
    app.MapGet("/livez", () => "ok");
    app.MapGet("/readyz", () => NotReady() is { } why ? Results.Text(why, statusCode: 503) : Results.Text("ok"));
}

// The other silos reach this one before it knows the playbooks: clients would hear that there are none, and take that for an answer.
string? WhyNotYet(PathString call) =>
    Volatile.Read(ref opened) || call.StartsWithSegments($"/{ClusterReflection.Descriptor.Services[0].FullName}") || call.StartsWithSegments("/grpc.health.v1.Health") ? null : "the silo is starting";

string? NotReady() => silo.Runtime.Failed.IsCompleted ? "the store has failed"
    : !Volatile.Read(ref ready) ? "the silo is starting or stopping"
    : cluster is { Serving.IsCompleted: false } ? "not every partition has an owner yet"
    : null;

// 5. Serve until told to stop, or until the store fails.
Volatile.Write(ref opened, true);
Volatile.Write(ref ready, true);
Console.WriteLine($"serving: HTTP on http://{settings.Http}, gRPC (h2c) on http://{settings.Grpc}, {(cluster is null ? $"data in {settings.Data}" : $"silo {cluster.Silo} at {settings.Advertise}")}");
ServiceManager.Ready($"serving gRPC on {settings.Grpc}");
if (sample is not null)
{
    await sample.StartAsync(silo);
}

var told = ((DrainingLifetime)app.Services.GetRequiredService<IHostLifetime>()).Told;
var gone = cluster?.Failed ?? new TaskCompletionSource<Exception>().Task;
var failed = await Task.WhenAny(silo.Runtime.Failed, gone, told) != told;
if (failed)
{
    var fault = silo.Runtime.Failed.IsCompleted ? silo.Runtime.Failed : gone;
    Console.Error.WriteLine($"error: {(fault == gone ? "this silo cannot go on" : "the store cannot be used any more")}: {(await fault).Message}");
}

// 6. Nobody new comes; consumers hear that they should go before their streams end; partitions go to the other silos while calls are still answered.
ServiceManager.Stopping();
Volatile.Write(ref ready, false);
silo.Hub.Drain(TimeSpan.FromSeconds(1));
await Task.Delay(TimeSpan.FromMilliseconds(100));
if (cluster is not null && !failed)
{
    await cluster.LeaveAsync();
}

if (sample is not null)
{
    await sample.DisposeAsync();
}

await app.StopAsync();
return failed ? 1 : 0;
