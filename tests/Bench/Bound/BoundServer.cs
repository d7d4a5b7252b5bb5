using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.Journal.Postgres;
using Orchestrator.Silo.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Bench.Bound;

/// <summary>The least that any silo has to do for a durable signal: decode it from gRPC, pack it into its partition's frame, append, acknowledge. Nothing is decided.</summary>
static class BoundServer
{
    public const int Partitions = 256;

    /// <param name="place">Of the server; null = a file in the folder.</param>
    public static async Task<int> RunAsync(int port, string folder, string? place = null)
    {
        await using var app = await StartAsync(port, folder, place);
        await app.WaitForShutdownAsync();
        return 0;
    }

    public static async Task<WebApplication> StartAsync(int port, string folder, string? place = null)
    {
        // The store as a silo has it, packing included.
        var level = new WritableLevel();
        level.Learn(FeatureLevel.Current);
        IStore inner = place is null ? new SqliteStore(Path.Combine(folder, "bound.db"), TimeProvider.System) : new PostgresStore(place);
        IStore store = Environment.GetEnvironmentVariable("ORCHESTRATOR_PACKING") == "off" ? inner : PackedStore.Over(inner, level, aside: true, place is null ? PackingEffort.Quick : PackingEffort.Thorough);
        await store.OpenAsync(new StoreCreation(Partitions, "bound"), CancellationToken.None);
        var epochs = new long[Partitions];
        var next = new long[Partitions];
        for (var p = 0; p < Partitions; p++)
        {
            var row = await store.TakeOverAsync(p, 0, "bound", CancellationToken.None) ?? throw new InvalidOperationException($"partition {p} belongs to somebody else");
            (epochs[p], next[p]) = (row.Epoch, row.NextSequence);
        }

        var committer = new BoundCommitter(store, epochs, next);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore().AddLogging(log => log.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning));
        builder.WebHost.UseKestrelCore().UseRpcSockets().ConfigureKestrel(kestrel => kestrel.ListenRpc(IPAddress.Loopback, port));
        var app = builder.Build();
        app.UseRouting();
        app.UseRpcUnimplemented();
        app.MapRpc(SignalsReflection.Descriptor.Services[0], new BoundSignals(committer));
        app.MapRpcHealth();
        app.Lifetime.ApplicationStopped.Register(() =>
        {
            committer.Stop();
            committer.Ended.GetAwaiter().GetResult();
            committer.Dispose();
            store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        });
        await app.StartAsync();
        return app;
    }
}
