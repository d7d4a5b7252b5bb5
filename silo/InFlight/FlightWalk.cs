using System.Text;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.StoredForms.Levels;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.InFlight;

/// <summary>
/// Visits every account after a publish, partition by partition, so that nobody stands at a stage that is gone or waits for a timer that has changed. How far it has come is kept in the
/// store; whoever takes over goes on there. A visit made twice changes nothing: the account itself knows which rule it has met.
/// </summary>
/// <remarks>One loop. In a cluster only one silo walks; visits find their partition wherever it runs.</remarks>
public sealed partial class FlightWalk : IAsyncDisposable
{
    private const int AtOnce = 32;
    private const int SaveEvery = 320;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly SiloRuntime runtime;
    private readonly IStore store;
    private readonly PlaybookShelf shelf;
    private readonly Func<bool> isMine;
    private readonly TimeProvider machine;
    private readonly ILogger log;
    private readonly CancellationTokenSource stop = new();
    private readonly Task running;
    private int done;

    /// <param name="isMine">Whether this silo is the one that walks.</param>
    /// <param name="machine">Times pauses.</param>
    public FlightWalk(SiloRuntime runtime, IStore store, PlaybookShelf shelf, Func<bool> isMine, TimeProvider machine, ILogger log)
    {
        (this.runtime, this.store, this.shelf, this.isMine, this.machine, this.log) = (runtime, store, shelf, isMine, machine, log);
        running = Task.Run(RunAsync);
    }

    /// <summary>The name under which a partition's progress is kept.</summary>
    public static string SettingOf(int partition) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"in-flight/{partition}");

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var version = shelf.Current.Current(Tenants.Default)?.Version ?? 0;
                // The first version finds nobody in flight.
                // An older silo beside this one does not know what a visit is: they follow once the feature level is raised.
                if (version > 1 && version != done && runtime.Level >= FormLevels.OfRevenueModel && isMine())
                {
                    await WalkAsync(version);
                    done = version;
                }

                await Task.Delay(Idle, machine, stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
            }
#pragma warning disable CA1031 // The store may be away for a while; the walk goes on where it was.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                LogFault(log, fault);
                await Task.Delay(Idle, machine, stop.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }
    }

    /// <summary>Visits everybody who has not been visited for a version.</summary>
    private async Task WalkAsync(int version)
    {
        var visited = 0L;
        foreach (var row in await store.PartitionsAsync(stop.Token))
        {
            visited += await WalkAsync(row, version);
        }

        LogDone(log, version, visited);
    }

    private async Task<long> WalkAsync(PartitionRow row, int version)
    {
        var progress = FlightProgress.Read(await store.ReadSettingAsync(SettingOf(row.Partition), stop.Token));
        if (progress.Version > version || (progress.Version == version && progress.IsDone))
        {
            return 0;
        }

        var cursor = progress.Version == version ? progress.Cursor : "";
        var visited = progress.Version == version ? progress.Visited : 0;
        var begun = visited;
        var waiting = new List<(Task Visit, string Cursor)>();
        await foreach (var (account, next) in AccountsOf.PartitionAsync(store, row, cursor, stop.Token))
        {
            waiting.Add((VisitAsync(account), next));
            if (waiting.Count == AtOnce)
            {
                await Task.WhenAll(waiting.Select(w => w.Visit));
                visited += waiting.Count;
                cursor = waiting[^1].Cursor;
                waiting.Clear();
                if (visited / SaveEvery != (visited - AtOnce) / SaveEvery)
                {
                    await SaveAsync(row.Partition, new FlightProgress(version, cursor, visited, IsDone: false));
                }
            }
        }

        await Task.WhenAll(waiting.Select(w => w.Visit));
        visited += waiting.Count;
        await SaveAsync(row.Partition, new FlightProgress(version, "", visited, IsDone: true));
        return visited - begun;
    }

    private Task SaveAsync(int partition, FlightProgress progress) => store.WriteSettingAsync(SettingOf(partition), progress.Write(), stop.Token);

    /// <summary>Visits until the account has answered: its partition may be on its way to another silo.</summary>
    private async Task VisitAsync(Grains.Partitioning.GrainKey account)
    {
        while (true)
        {
            switch (await runtime.AskAsync(new AccountCommand.Adopt(account), stop.Token))
            {
                case Outcome.Overloaded or Outcome.Unavailable:
                    await Task.Delay(Patience, machine, stop.Token);
                    break;
                default:
                    return;
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "every account has met version {Version} of the playbook; {Visited} were visited")]
    private static partial void LogDone(ILogger log, int version, long visited);

    [LoggerMessage(LogLevel.Warning, "accounts in flight could not be visited; it is tried again")]
    private static partial void LogFault(ILogger log, Exception fault);
}

/// <summary>How far the walk behind a publish has come in a partition.</summary>
/// <param name="Version">Of the publish.</param>
/// <param name="Cursor">Name of the last account visited; empty = none, or all.</param>
public sealed record FlightProgress(int Version, string Cursor, long Visited, bool IsDone)
{
    public static FlightProgress Read(byte[]? setting)
    {
        if (setting is null)
        {
            return new FlightProgress(0, "", 0, IsDone: true);
        }

        var parts = Encoding.UTF8.GetString(setting).Split('\n', 4);
        return new FlightProgress(
            int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), parts[3], long.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), parts[2] == "done");
    }

    public byte[] Write() => Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Version}\n{Visited}\n{(IsDone ? "done" : "under way")}\n{Cursor}"));
}
