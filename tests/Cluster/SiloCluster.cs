using System.Collections.Concurrent;
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

    /// <summary>Told to nobody but a test that hangs: on a machine that other work starves the start of a silo alone takes more than a minute. How long things may take is for <see cref="Pace"/> to judge.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);


    private SiloCluster(IReadOnlyList<SiloMember> silos) => Silos = silos;

    public IReadOnlyList<SiloMember> Silos { get; }

    public IEnumerable<SiloMember> Up => Silos.Where(s => s.IsUp);

    /// <summary>Every signal that was acknowledged as durable, by id.</summary>
    public ConcurrentDictionary<string, Signal> Acknowledged { get; } = new();

    /// <summary>Signals that were sent once and turned away: nobody promised that they are there or not.</summary>
    public ConcurrentDictionary<string, bool> Uncertain { get; } = new();

    public static Task<SiloCluster> StartAsync(PostgresServer server)
    {
        var place = server.NewPlace();
        return StartAsync([.. "abc".Select(name => new SiloMember(name.ToString(), place))]);
    }

    /// <param name="silos">Not yet started; owned.</param>
    public static async Task<SiloCluster> StartAsync(IReadOnlyList<SiloMember> silos)
    {
        var cluster = new SiloCluster(silos);
        try
        {
            EngineUnderTest.Prepare(silos[0].Store);
            foreach (var silo in cluster.Silos)
            {
                silo.Start();
            }

            foreach (var silo in cluster.Silos)
            {
                await UntilAsync(silo.IsReadyAsync, $"silo {silo.Name} is ready");
            }

            await cluster.EvenAsync();
            await AnswerAsync(() => cluster.Silos[0].Client.Playbooks.Publish(new() { Text = Texts.Mails, File = "test.yaml" }, new()));
            foreach (var silo in cluster.Silos)
            {
                var first = Texts.Viewed($"first-{silo.Name}", "first");
                await UntilAsync(async () => (await AnswerAsync(() => RecordAsync(silo, first))).Result is Acknowledgement.Types.Result.Recorded or Acknowledgement.Types.Result.Duplicate, $"silo {silo.Name} knows the playbook");
                cluster.Acknowledged[first.Id] = first;
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>What operators see, at the first silo that answers.</summary>
    public async Task<ListSilosResponse> ListAsync()
    {
        ListSilosResponse? list = null;
        await UntilAsync(
            async () =>
            {
                foreach (var silo in Up)
                {
                    try
                    {
                        list = await silo.Client.Cluster.ListSilos(new(), new() { Timeout = TimeSpan.FromSeconds(3) });
                        return true;
                    }
                    catch (RpcException silent) when (silent.Code is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled)
                    {
                        // It stands still, is cut off or starts: another one knows as much.
                    }
                }

                return false;
            },
            "a silo lists the silos");
        return list!;
    }

    /// <summary>Waits until each partition has a live owner and each silo that is up owns some.</summary>
    public Task UntilOwnedAsync() => UntilAsync(
        async () => await ListAsync() is { Unowned: 0 } list && Up.All(u => list.Silos.Any(s => s.Alive && s.Name.StartsWith(u.Name + ".", StringComparison.Ordinal) && s.Partitions.Count > 0)),
        "each partition has an owner");

    /// <summary>
    /// Has each silo own about as many partitions, as an operator would: by itself a silo that has just come gets its share only after the load was uneven for half a minute.
    /// </summary>
    public Task EvenAsync() => UntilAsync(
        async () =>
        {
            var list = await ListAsync();
            var silos = list.Silos.Where(s => s.Alive).OrderBy(s => s.Partitions.Count).ToArray();
            if (list.Unowned > 0 || silos.Length < Up.Count())
            {
                return false;
            }

            var (poorest, richest) = (silos[0], silos[^1]);
            var surplus = (richest.Partitions.Count - poorest.Partitions.Count) / 2;
            foreach (var partition in richest.Partitions.Take(surplus))
            {
                await MoveAsync(partition, poorest.Name);
            }

            return surplus <= 2;
        },
        "each silo has its share of the partitions");

    /// <summary>An account for each partition, by number.</summary>
    public static string[] Accounts { get; } = [.. Enumerable.Range(0, Partitions).Select(AccountIn)];

    /// <param name="limit">The caller's deadline; null = 20 s.</param>
    public static async Task<Acknowledgement> RecordAsync(SiloMember through, Signal signal, TimeSpan? limit = null) =>
        (await through.Client.Signals.RecordBatch(new() { Signals = { signal } }, new() { Timeout = limit ?? TimeSpan.FromSeconds(20) })).Acknowledgements[0];

    /// <summary>Sends a signal through one silo after the other until it is durable, as a client does.</summary>
    /// <param name="through">Only through these; null = all that are up.</param>
    public async Task<Acknowledgement> InsistAsync(Signal signal, int first, IReadOnlyList<SiloMember>? through = null)
    {
        var patience = Stopwatch.StartNew();
        for (var attempt = first; ; attempt++)
        {
            var up = through ?? [.. Up];
            try
            {
                var answer = await RecordAsync(up[attempt % up.Count], signal, through is null ? null : TimeSpan.FromSeconds(3));
                if (answer.Result is Acknowledgement.Types.Result.Recorded or Acknowledgement.Types.Result.Duplicate)
                {
                    Acknowledged[signal.Id] = signal;
                    return answer;
                }

                Assert.True(answer.Result == Acknowledgement.Types.Result.Overloaded, answer.Reason);
            }
            catch (RpcException failure) when (failure.Code is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.ResourceExhausted)
            {
                // A client connects elsewhere and sends it again. Of a silo that slept it may hear that it asks too much: all the calls that were given up meanwhile are read at once.
            }

            Assert.True(patience.Elapsed < Patience, $"the signal {signal.Id} was not taken within {Patience}");
            await Task.Delay(20);
        }
    }

    /// <summary>Calls until there is an answer, as a client does that hears UNAVAILABLE: whoever calls while a partition is on its way to another silo waits a moment only, and is told to send it again.</summary>
    /// <exception cref="RpcException">Any other refusal, which is an answer.</exception>
    public static async Task<T> AnswerAsync<T>(Func<Task<T>> call)
    {
        for (var patience = Stopwatch.StartNew(); ; await Task.Delay(20))
        {
            try
            {
                return await call();
            }
            catch (RpcException away) when (away.Code is StatusCode.Unavailable && patience.Elapsed < Patience)
            {
                // Sent again.
            }
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

    private async Task MoveAsync(int partition, string to)
    {
        try
        {
            await Up.First().Client.Cluster.Move(new() { Partition = partition, Silo = to }, new() { Timeout = TimeSpan.FromSeconds(5) });
        }
        catch (RpcException refused) when (refused.Code is StatusCode.NotFound or StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            // It has moved meanwhile, or its owner is gone: the next look tells.
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
