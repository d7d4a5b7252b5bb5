using System.Diagnostics;
using System.Globalization;
using System.Net;
using Orchestrator.Client;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Tests;

namespace Orchestrator.Cluster.Tests;

/// <summary>One silo of a cluster, as it is shipped, in a process of its own.</summary>
internal sealed class SiloMember : IAsyncDisposable
{
    private readonly string _connection;
    private readonly string _host;
    private readonly IReadOnlyList<string> _wrapper;
    private readonly IReadOnlyDictionary<string, string> _engine;
    private readonly Lock _gate = new();
    private readonly List<Child> _ended = [];
    private readonly CancellationTokenSource _over = new();
    private readonly List<Task> _supervising = [];
    private Child? _child;
    private IReadOnlyList<string> _before = [];
    private bool _isWanted;

    /// <param name="host">The address that it listens at.</param>
    /// <param name="wrapper">A program before `dotnet`, with its arguments: a network namespace.</param>
    public SiloMember(string name, string connection, string host = "127.0.0.1", params IReadOnlyList<string> wrapper)
    {
        (Name, _connection, _host, _wrapper) = (name, connection, host, wrapper);
        _engine = EngineUnderTest.SettingsAt(host);
        (HttpPort, GrpcPort) = (LoopbackPort.Take(), LoopbackPort.Take());
        Client = new OrchestratorClient(Address);
    }

    public string Name { get; }

    /// <summary>The assembly that runs: the one just built, or an earlier one.</summary>
    public string Program { get; init; } = EngineUnderTest.Program;

    /// <summary>What it was told for its engine.</summary>
    public IReadOnlyDictionary<string, string> Engine => _engine;

    /// <summary>The store's connection string.</summary>
    public string Store => _connection;

    public int HttpPort { get; }

    public int GrpcPort { get; }

    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"http://{_host}:{GrpcPort}"));

    public OrchestratorClient Client { get; }

    public Child Process => _child!;

    public bool IsUp => _child is { HasExited: false };

    /// <summary>All that its processes said, in the order in which they were started.</summary>
    public string Said
    {
        get
        {
            lock (_gate)
            {
                return string.Concat(_ended.Append(_child).Select(c => c?.Output + c?.Error));
            }
        }
    }

    /// <summary>How often its supervisor started it again because the others had given it up.</summary>
    public int Revivals { get; private set; }

    /// <param name="before">A program before `dotnet` for this start only: another clock.</param>
    public void Start(params IReadOnlyList<string> before)
    {
        string[] line = [.. _wrapper, .. before, "dotnet", Program];
        lock (_gate)
        {
            (_before, _isWanted) = (before, true);
            if (_child is not null)
            {
                _ended.Add(_child);
            }

            var child = _child = Child.Start(Name, line[0], line[1..], Settings);
            if (EngineUnderTest.GivenUp is { } last)
            {
                _supervising.Add(Task.Run(() => SuperviseAsync(child, last)));
            }
        }
    }

    /// <summary>Starts it again after its end; it has another name in the cluster then. What it said before is shown with the test's result.</summary>
    public async Task StartAgainAsync(params IReadOnlyList<string> before)
    {
        var ended = Process;
        Start(before);
        await ended.KillAsync();
    }

    private Dictionary<string, string> Settings => new(_engine)
    {
        ["ORCHESTRATOR_HTTP"] = string.Create(CultureInfo.InvariantCulture, $"{_host}:{HttpPort}"),
        ["ORCHESTRATOR_GRPC"] = string.Create(CultureInfo.InvariantCulture, $"{_host}:{GrpcPort}"),
        ["ORCHESTRATOR_STORE"] = "postgres",
        ["ORCHESTRATOR_POSTGRES"] = _connection,
        ["ORCHESTRATOR_SILO"] = Name,
        ["ORCHESTRATOR_PARTITIONS"] = SiloCluster.Partitions.ToString(CultureInfo.InvariantCulture),
        // Three of them share the cores with a database and a load.
        ["DOTNET_gcServer"] = "0",
    };

    /// <summary>Whether it says that it is ready.</summary>
    public async Task<bool> IsReadyAsync()
    {
        if (Process is { HasExited: true } ended)
        {
            // What it said is complete then.
            await ended.EndAsync(TimeSpan.FromMinutes(2));
            Assert.True(EngineUnderTest.GivenUp is { } last && HasGivenUp(ended, last), $"silo {Name} has ended; it said:\n{ended.Output}{ended.Error}");
            return false;
        }

        return await ProbeAsync("/readyz") is HttpStatusCode.OK;
    }

    /// <summary>What it answers to a probe; null while nothing answers there.</summary>
    public async Task<HttpStatusCode?> ProbeAsync(string path)
    {
        try
        {
            using var http = new HttpClient();
            using var answer = await http.GetAsync(new Uri($"http://{_host}:{HttpPort}{path}"));
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>SIGKILL: nothing of it is asked or told.</summary>
    public Task KillAsync()
    {
        lock (_gate)
        {
            _isWanted = false;
            return Process.KillAsync();
        }
    }

    /// <summary>SIGTERM. The exit code and how long it took.</summary>
    public async Task<(int Exit, TimeSpan Took)> StopAsync()
    {
        var took = Stopwatch.StartNew();
        Process.Send("TERM");
        await Process.EndAsync(TimeSpan.FromMinutes(2));
        return (Process.ExitCode, took.Elapsed);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Task[] supervising;
        lock (_gate)
        {
            // From here on nobody is started again.
            _over.Cancel();
            supervising = [.. _supervising];
        }

        await Task.WhenAll(supervising);
        foreach (var child in _ended)
        {
            await child.DisposeAsync();
        }

        if (_child is not null)
        {
            await _child.DisposeAsync();
        }

        _over.Dispose();
    }

    /// <summary>As a service manager does it: a silo that had to end because the others gave it up is started again. One that ends for another reason, or that the test has ended, is not.</summary>
    private async Task SuperviseAsync(Child child, string last)
    {
        await child.WaitAsync(_over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            if (child == _child && _isWanted && !_over.IsCancellationRequested && HasGivenUp(child, last))
            {
                Start(_before);
                Revivals++;
            }
        }
    }

    private static bool HasGivenUp(Child child, string last) => child is { HasExited: true, ExitCode: 1 } && child.Error.Contains(last, StringComparison.Ordinal);
}
