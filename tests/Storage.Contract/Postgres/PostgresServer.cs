using System.Diagnostics;
using System.Runtime.InteropServices;
using Npgsql;
using Orchestrator.Silo.Journal.Postgres;
using Orchestrator.Tests;
using Xunit;

[assembly: AssemblyFixture(typeof(Orchestrator.Storage.Contract.Tests.Postgres.PostgresServer))]

namespace Orchestrator.Storage.Contract.Tests.Postgres;

/// <summary>A real PostgreSQL server of this run's own, on a free port, with its data in a temporary folder; started when first asked for, ended by its process number.</summary>
public sealed partial class PostgresServer : IDisposable
{
    private const string BinariesVariable = "ORCHESTRATOR_POSTGRES_BIN";
    private static int _schemas;

    private readonly Lazy<bool> _started;
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"orchestrator-pg-{Guid.NewGuid():N}");
    private readonly int _port = LoopbackPort.Take();
    private readonly string _settings;
    private Process? _process;

    public PostgresServer()
        : this("")
    {
    }

    /// <param name="settings">Further arguments of the server, such as <c>-c name=value</c>.</param>
    internal PostgresServer(string settings)
    {
        _settings = settings;
        _started = new Lazy<bool>(Begin);
    }

    /// <summary>A connection string to a schema of the caller's own.</summary>
    public string NewPlace() => Place($"t{Interlocked.Increment(ref _schemas)}");

    /// <summary>A connection string to a schema by name.</summary>
    public string Place(string schema)
    {
        _ = _started.Value;
        return $"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres;Search Path={schema}";
    }

    /// <summary>An open session as any client would have one, without what a silo asks of its own.</summary>
    public static async Task<NpgsqlConnection> SessionAsync(string place)
    {
        var connection = new NpgsqlConnection(place + ";Pooling=false;Application Name=test");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    public static async Task<object?> AskAsync(string place, string sql)
    {
        await using var connection = await SessionAsync(place);
        using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    internal int Port
    {
        get
        {
            _ = _started.Value;
            return _port;
        }
    }

    /// <summary>It was started and has ended, by itself or told so.</summary>
    internal bool HasEnded => _process is { HasExited: true };

    /// <summary>What <c>pg_ctl stop -m immediate</c> does: the server's processes end at once, nothing is flushed. Its data stay.</summary>
    public void StopImmediately()
    {
        _ = _started.Value;
        Signal(_process!.Id, 3);
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>Starts it again on its data; returns when it takes connections.</summary>
    public void StartAgain() => Serve();

    public void Dispose()
    {
        if (!_started.IsValueCreated)
        {
            return;
        }
        if (_process is { HasExited: false } process)
        {
            Signal(process.Id, 2);
            if (!process.WaitForExit(TimeSpan.FromSeconds(20)))
            {
                Signal(process.Id, 3);
                process.WaitForExit();
            }
        }
        Directory.Delete(_folder, recursive: true);
    }

    private bool Begin()
    {
        if (Binaries() is null)
        {
            const string Missing = "no PostgreSQL 15 or later found; install it or say with " + BinariesVariable + " where `initdb` and `postgres` are";
            if (Environment.GetEnvironmentVariable("ORCHESTRATOR_REQUIRE_ALL") is null)
            {
                Assert.Skip(Missing);
            }
            throw new InvalidOperationException(Missing);
        }
        Run("mkdir", "-m", "700", _folder);
        if (Environment.IsPrivilegedProcess)
        {
            // The server refuses to run as root.
            Run("chown", "postgres", _folder);
        }
        using (var making = Start("initdb", "-D", Path.Combine(_folder, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"))
        {
            making.WaitForExit();
            Assert.True(making.ExitCode == 0, "initdb failed");
        }
        Serve();
        return true;
    }

    private void Serve()
    {
        _process = Start(
            "postgres",
            [
                "-D", Path.Combine(_folder, "data"), "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200", "-c", "shared_buffers=128MB",
                "-c", "log_min_messages=fatal", .. _settings.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            ]);
        for (var patience = Stopwatch.StartNew(); ;)
        {
            try
            {
                using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres;Pooling=false;Timeout=5");
                connection.Open();
                return;
            }
            catch (NpgsqlException) when (patience.Elapsed < TimeSpan.FromSeconds(60) && !_process.HasExited)
            {
                Thread.Yield();
            }
        }
    }

    private static Process Start(string program, params string[] arguments)
    {
        var path = Path.Combine(Binaries()!, program);
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments])
            : new ProcessStartInfo(path, arguments);
        // Its chatter is of no use; what goes wrong is told to clients too.
        (start.RedirectStandardOutput, start.RedirectStandardError, start.WorkingDirectory) = (true, true, Path.GetTempPath());
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => TestContext.Current.SendDiagnosticMessage(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static string? Binaries()
    {
        var named = Environment.GetEnvironmentVariable(BinariesVariable);
        var folders = named is not null ? [named]
            : Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(version => Path.Combine(version, "bin"))
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb")));
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} failed");
    }

    private static void Signal(int process, int signal) => Assert.Equal(0, Kill(process, signal));

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
