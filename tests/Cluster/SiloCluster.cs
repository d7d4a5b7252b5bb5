using System.Diagnostics;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orchestrator.V1;

namespace Orchestrator.Cluster.Tests;

/// <summary>Three silos and a real PostgreSQL.</summary>
internal sealed class SiloCluster : IAsyncDisposable
{
    public const int Partitions = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private SiloCluster(IReadOnlyList<SiloMember> silos, string connection) => (Silos, Connection) = (silos, connection);

    /// <summary>The store's.</summary>
    public string Connection { get; }

    public IReadOnlyList<SiloMember> Silos { get; }

    public IEnumerable<SiloMember> Up => Silos.Where(s => s.IsUp);

    public static async Task<SiloCluster> StartAsync(PostgresServer server, int silos = 3)
    {
        var place = server.NewPlace();
        var cluster = new SiloCluster([.. Enumerable.Range(0, silos).Select(i => new SiloMember(((char)('a' + i)).ToString(), place))], place);
        try
        {
            foreach (var silo in cluster.Silos)
            {
                silo.Start();
            }

            foreach (var silo in cluster.Silos)
            {
                await UntilAsync(silo.IsReadyAsync, $"silo {silo.Name} is ready");
            }

            await cluster.UntilOwnedAsync();
            await cluster.Silos[0].Client.Playbooks.Publish(new() { Text = Texts.Mails, File = "test.yaml" }, new());
            foreach (var silo in cluster.Silos)
            {
                await UntilAsync(async () => (await RecordAsync(silo, Texts.Viewed($"first-{silo.Name}", "first"))).Result is Acknowledgement.Types.Result.Recorded, $"silo {silo.Name} knows the playbook");
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>What operators see.</summary>
    public async Task<ListSilosResponse> ListAsync() => await Up.First().Client.Cluster.ListSilos(new(), new());

    /// <summary>Waits until each partition has a live owner and each silo that is up owns some.</summary>
    public Task UntilOwnedAsync() => UntilAsync(
        async () => await ListAsync() is { Unowned: 0 } list && Up.All(u => list.Silos.Any(s => s.Alive && s.Name.StartsWith(u.Name + ".", StringComparison.Ordinal) && s.Partitions.Count > 0)),
        "each partition has an owner");

    /// <summary>An account for each partition, by number.</summary>
    public static string[] Accounts { get; } = [.. Enumerable.Range(0, Partitions).Select(AccountIn)];

    public static async Task<Acknowledgement> RecordAsync(SiloMember through, Signal signal) =>
        (await through.Client.Signals.RecordBatch(new() { Signals = { signal } }, new() { Timeout = TimeSpan.FromSeconds(20) })).Acknowledgements[0];

    /// <summary>Sends a signal through one silo after the other until it is durable, as a client does.</summary>
    public async Task<Acknowledgement> InsistAsync(Signal signal, int first)
    {
        var patience = Stopwatch.StartNew();
        for (var attempt = first; ; attempt++)
        {
            var up = Up.ToArray();
            try
            {
                var answer = await RecordAsync(up[attempt % up.Length], signal);
                if (answer.Result is Acknowledgement.Types.Result.Recorded or Acknowledgement.Types.Result.Duplicate)
                {
                    return answer;
                }

                Assert.True(answer.Result == Acknowledgement.Types.Result.Overloaded, answer.Reason);
            }
            catch (RpcException failure) when (failure.Code is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled)
            {
                // A client connects elsewhere and sends it again.
            }

            Assert.True(patience.Elapsed < Patience, $"the signal {signal.Id} was not taken within {Patience}");
            await Task.Delay(20);
        }
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var patience = Stopwatch.StartNew(); !await condition(); await Task.Delay(25))
        {
            Assert.True(patience.Elapsed < Patience, $"it did not happen within {Patience} that {what}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in Silos)
        {
            await silo.DisposeAsync();
        }
    }

    private static string AccountIn(int partition)
    {
        for (var i = 0; ; i++)
        {
            if (GrainKey.Account("default", $"acme-{i}").PartitionOf(Partitions) == partition)
            {
                return $"acme-{i}";
            }
        }
    }
}
