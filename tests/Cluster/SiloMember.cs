using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Orchestrator.Client;
using Orchestrator.EndToEnd.Harness;

namespace Orchestrator.Cluster.Tests;

/// <summary>One silo of a cluster, as it is shipped, in a process of its own.</summary>
internal sealed class SiloMember : IAsyncDisposable
{
    private readonly string _connection;
    private Child? _child;

    public SiloMember(string name, string connection)
    {
        (Name, _connection) = (name, connection);
        (HttpPort, GrpcPort) = (FreePort(), FreePort());
        Client = new OrchestratorClient(Address);
    }

    public string Name { get; }

    public int HttpPort { get; }

    public int GrpcPort { get; }

    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{GrpcPort}"));

    public OrchestratorClient Client { get; }

    public Child Process => _child!;

    public bool IsUp => _child is { HasExited: false };

    public void Start() => _child = Child.Start(Name, "dotnet", [Place.Silo], new Dictionary<string, string>
    {
        ["ORCHESTRATOR_HTTP"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{HttpPort}"),
        ["ORCHESTRATOR_GRPC"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{GrpcPort}"),
        ["ORCHESTRATOR_STORE"] = "postgres",
        ["ORCHESTRATOR_POSTGRES"] = _connection,
        ["ORCHESTRATOR_SILO"] = Name,
        ["ORCHESTRATOR_PARTITIONS"] = SiloCluster.Partitions.ToString(CultureInfo.InvariantCulture),
        // Three of them share the cores with a database and a load.
        ["DOTNET_gcServer"] = "0",
    });

    /// <summary>Whether it says that it is ready.</summary>
    public async Task<bool> IsReadyAsync()
    {
        Assert.True(IsUp, $"silo {Name} has ended; it said:\n{Process.Output}{Process.Error}");
        try
        {
            using var http = new HttpClient();
            using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{HttpPort}/readyz"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>SIGKILL: nothing of it is asked or told.</summary>
    public Task KillAsync() => Process.KillAsync();

    /// <summary>SIGTERM. The exit code and how long it took.</summary>
    public async Task<(int Exit, TimeSpan Took)> StopAsync()
    {
        var took = Stopwatch.StartNew();
        Process.Send("TERM");
        await Process.EndAsync(TimeSpan.FromSeconds(40));
        return (Process.ExitCode, took.Elapsed);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_child is not null)
        {
            await _child.DisposeAsync();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
