using System.Diagnostics;
using System.Globalization;
using Orchestrator.Client;
using Orchestrator.Protos.Rpc;
using Orchestrator.Tests;
using Orchestrator.V1;

namespace Orchestrator.EndToEnd.Harness;

/// <summary>The real silo, as it is shipped, in a process of its own on a folder of its own. It keeps its addresses through restarts.</summary>
sealed class SiloProcess : IAsyncDisposable
{
    readonly Folder folder = new();
    readonly string? data;
    readonly IReadOnlyList<string> wrapper;
    Child child = null!;

    SiloProcess(string? data, IReadOnlyList<string> wrapper)
    {
        (this.data, this.wrapper) = (data, wrapper);
        (HttpPort, GrpcPort) = (LoopbackPort.Take(), LoopbackPort.Take());
        Client = Connect();
    }

    public int HttpPort { get; }

    public int GrpcPort { get; }

    public string Data => data ?? folder.Path;

    public string File => Path.Combine(Data, "orchestrator.db");

    public string Authority => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{GrpcPort}");

    public Uri Address => new($"http://{Authority}");

    public Child Process => child;

    /// <summary>Belongs to the harness; streams that a test cuts need a client of their own.</summary>
    public OrchestratorClient Client { get; }

    /// <param name="playbook">Published first; null = none.</param>
    /// <param name="data">Null = a new folder that goes with the process.</param>
    /// <param name="wrapper">A program before `dotnet`, with its arguments.</param>
    public static async Task<SiloProcess> StartAsync(string? playbook, string? data = null, params string[] wrapper)
    {
        var silo = new SiloProcess(data, wrapper);
        try
        {
            await silo.StartAsync();
            if (playbook is not null)
            {
                await silo.Client.Playbooks.Publish(new() { Text = playbook, File = "test.yaml" }, new());
            }

            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    public static Dictionary<string, string> Settings(string data, int http, int grpc) => new()
    {
        ["ORCHESTRATOR_HTTP"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{http}"),
        ["ORCHESTRATOR_GRPC"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{grpc}"),
        ["ORCHESTRATOR_DATA"] = data,
        ["ORCHESTRATOR_PARTITIONS"] = "16",
    };

    public OrchestratorClient Connect() => new(Address);

    /// <summary>Starts it (again) and returns when it says that it is ready.</summary>
    /// <param name="before">A program before `dotnet` for this start only; null = as at the first.</param>
    public async Task StartAsync(params string[] before)
    {
        string[] line = [.. before.Length > 0 ? before : wrapper, "dotnet", Place.Silo];
        child = Child.Start("silo", line[0], line[1..], Settings(Data, HttpPort, GrpcPort));
        using var http = new HttpClient();
        var patience = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{HttpPort}/readyz"));
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (!child.HasExited)
            {
            }

            Assert.True(!child.HasExited && patience.Elapsed < TimeSpan.FromMinutes(1), $"the silo is not ready; it said:\n{child.Output}{child.Error}");
            await Task.Delay(5);
        }
    }

    /// <summary>SIGKILL: nothing of it is asked or told.</summary>
    public async Task KillAsync()
    {
        await child.KillAsync();
        await child.DisposeAsync();
    }

    /// <summary>SIGTERM. The exit code and how long it took.</summary>
    public async Task<(int Exit, TimeSpan Took)> StopAsync()
    {
        var took = Stopwatch.StartNew();
        child.Send("TERM");
        await child.EndAsync(TimeSpan.FromSeconds(30));
        return (child.ExitCode, took.Elapsed);
    }

    public async Task<Account> AccountAsync(string account) => (await Client.Accounts.GetAccount(new() { Account = account }, new())).Account;

    /// <summary>Sends one signal and returns what became of it.</summary>
    public async Task<Acknowledgement> RecordAsync(Signal signal) =>
        (await Client.Signals.RecordBatch(new() { Signals = { signal } }, new())).Acknowledgements[0];

    /// <summary>The error of a call that must fail.</summary>
    public static Task<RpcException> FailureAsync(Func<Task> call) => Assert.ThrowsAsync<RpcException>(call);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (child is not null)
        {
            await child.DisposeAsync();
        }

        folder.Dispose();
    }
}
