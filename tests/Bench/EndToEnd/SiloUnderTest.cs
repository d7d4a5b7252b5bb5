using System.Diagnostics;
using System.Globalization;
using Orchestrator.Bench.Harness;
using Orchestrator.Bench.Loading;
using Orchestrator.Client;
using Orchestrator.Load;
using Orchestrator.Protos.Rpc;
using Orchestrator.Tests;
using Orchestrator.V1;

namespace Orchestrator.Bench.EndToEnd;

/// <summary>A real silo in a process of its own, on a folder of its own, with the canonical playbook published. Nothing but its settings and its contract is used.</summary>
sealed class SiloUnderTest : IAsyncDisposable
{
    readonly TemporaryFolder folder = new();
    readonly IReadOnlyDictionary<string, string> settings;

    readonly string program;

    SiloUnderTest(int http, int grpc, IReadOnlyDictionary<string, string>? more = null, string program = "Orchestrator.Silo")
    {
        this.program = program;
        GrpcPort = grpc;
        settings = new Dictionary<string, string>(more ?? new Dictionary<string, string>())
        {
            ["ORCHESTRATOR_HTTP"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{http}"),
            ["ORCHESTRATOR_GRPC"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{grpc}"),
            ["ORCHESTRATOR_DATA"] = folder.Path,
        };
        Process = Child.Start(program, [], settings);
    }

    public int GrpcPort { get; }

    /// <summary>Changes with every <see cref="RestartAsync"/>.</summary>
    public Child Process { get; private set; }

    /// <summary>Where its data lie.</summary>
    public string Folder => folder.Path;

    /// <summary>What its store was filled with before it was started.</summary>
    public Loaded Loaded { get; private set; }

    /// <summary>Starts it on a store that has these accounts already; returns when it listens.</summary>
    public static async Task<SiloUnderTest> StartAsync(string playbook, LoadPlan plan)
    {
        var silo = await StartAsync(playbook);
        try
        {
            await silo.StopAsync();
            silo.Loaded = await StoreLoader.LoadAsync(System.IO.Path.Combine(silo.Folder, "orchestrator.db"), plan);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"filled a store with {silo.Loaded.Accounts:N0} accounts in {silo.Loaded.Took.TotalSeconds:0.0} s: {silo.Loaded.Frames:N0} frames, {silo.Loaded.Snapshots:N0} grains, {silo.Loaded.Wakes:N0} wakes, {silo.Loaded.Open:N0} with open actions, {silo.DiskBytes / 1e6:N0} MB"));
            await silo.RestartAsync();
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Of all files in its folder.</summary>
    public long DiskBytes => new DirectoryInfo(Folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <summary>Stops it; <see cref="RestartAsync"/> starts it again.</summary>
    public async Task StopAsync() => await Process.DisposeAsync();

    /// <summary>Reads all that its store holds, against the checksums.</summary>
    /// <exception cref="InvalidOperationException">There is a fault; the message says which.</exception>
    public async Task VerifyAsync()
    {
        await using var verify = Child.Start("Orchestrator.Silo", ["store", "verify", Folder]);
        if (await verify.EndAsync() != 0)
        {
            throw new InvalidOperationException($"the store has a fault: {verify.Said}");
        }
    }

    /// <summary>How many signals an account has taken; null if there is no such account.</summary>
    public async Task<long?> SignalsOfAsync(string account)
    {
        using var client = Connect();
        try
        {
            return (await client.Accounts.GetAccount(new GetAccountRequest { Account = account }, new())).Account.SignalCount;
        }
        catch (RpcException fault) when (fault.Code == StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>One of the silos of a cluster on PostgreSQL; returns when it listens. Nothing is published.</summary>
    /// <param name="more">Settings of another engine.</param>
    /// <param name="program">The silo's program, or another's that has that engine.</param>
    public static async Task<SiloUnderTest> JoinAsync(string name, string postgres, IReadOnlyDictionary<string, string>? more = null, string program = "Orchestrator.Silo")
    {
        var settings = new Dictionary<string, string>(more ?? new Dictionary<string, string>()) { ["ORCHESTRATOR_STORE"] = "postgres", ["ORCHESTRATOR_POSTGRES"] = postgres, ["ORCHESTRATOR_SILO"] = name };
        var silo = new SiloUnderTest(LoopbackPort.Take(), LoopbackPort.Take(), settings, program);
        try
        {
            await silo.Process.ListeningAsync(silo.GrpcPort);
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    public static Task<SiloUnderTest> StartAsync(int plays, int stages) => StartAsync(CanonicalPlaybook.Text(plays, stages));

    static async Task<SiloUnderTest> StartAsync(string playbook)
    {
        var silo = new SiloUnderTest(LoopbackPort.Take(), LoopbackPort.Take());
        try
        {
            await silo.Process.ListeningAsync(silo.GrpcPort);
            await silo.PublishAsync(playbook);
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops it and starts it again on the same data; returns when it listens.</summary>
    public async Task RestartAsync()
    {
        await Process.DisposeAsync();
        Process = Child.Start(program, [], settings);
        await Process.ListeningAsync(GrpcPort);
    }

    /// <summary>Sends one signal until it is recorded.</summary>
    /// <exception cref="InvalidOperationException">It was refused, or not taken within a minute.</exception>
    public async Task RecordOneAsync(string account, string id)
    {
        using var client = Connect();
        var patience = Stopwatch.StartNew();
        var last = "";
        while (patience.Elapsed < TimeSpan.FromMinutes(1))
        {
            try
            {
                var signal = new Signal { Id = id, Type = "form.submitted", Account = account, Properties = { ["form"] = new() { Text = "f" }, ["topic"] = new() { Text = "roi" }, ["fields"] = new() { Integer = 1 } } };
                var response = await client.Signals.RecordBatch(new RecordBatchRequest { Signals = { signal } }, new() { Deadline = DateTimeOffset.UtcNow.AddSeconds(20) });
                var answer = response.Acknowledgements[0];
                if (answer.Result is Acknowledgement.Types.Result.Recorded or Acknowledgement.Types.Result.Duplicate)
                {
                    return;
                }

                last = answer.Reason;
                if (answer.Result == Acknowledgement.Types.Result.Refused)
                {
                    throw new InvalidOperationException($"the silo refused a signal: {answer.Reason}");
                }
            }
            catch (RpcException fault) when (fault.Code is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
            {
                last = fault.Message;
            }

            await Task.Delay(5);
        }

        throw new InvalidOperationException($"no signal was taken within a minute, at last: {last}; the silo said:\n{Process.Said}");
    }

    /// <summary>Sum of <c>signal_count</c> over the first accounts: what a silo that loses or repeats signals gets wrong.</summary>
    /// <returns>Null if this silo serves no account service.</returns>
    public async Task<long?> SignalCountAsync(int accounts)
    {
        using var client = Connect();
        long sum = 0;
        for (var a = 0; a < accounts; a++)
        {
            try
            {
                var response = await client.Accounts.GetAccount(new GetAccountRequest { Account = string.Create(CultureInfo.InvariantCulture, $"acc-{a:D6}") }, new());
                sum += response.Account.SignalCount;
            }
            catch (RpcException fault) when (fault.Code == StatusCode.NotFound)
            {
            }
            catch (RpcException fault) when (fault.Code == StatusCode.Unimplemented)
            {
                return null;
            }
        }

        return sum;
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        folder.Dispose();
    }

    public async Task PublishAsync(string text)
    {
        using var client = Connect();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var answer = await client.Playbooks.Publish(new PublishRequest { Text = text, File = "canonical.yaml" }, new());
                if (answer.Version is null)
                {
                    throw new InvalidOperationException($"the playbook was not published: {string.Join('\n', answer.Diagnostics)}");
                }

                return;
            }
            catch (RpcException fault) when (fault.Code == StatusCode.Unavailable && attempt < 200)
            {
                await Task.Delay(50);
            }
            catch (RpcException fault)
            {
                throw new InvalidOperationException($"the playbook was not published: {fault.Message}; the silo said:\n{Process.Said}", fault);
            }
        }
    }

    public OrchestratorClient Connect() => new(new Uri($"http://{settings["ORCHESTRATOR_GRPC"]}"));
}
