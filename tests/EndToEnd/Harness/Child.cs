using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Orchestrator.EndToEnd.Harness;

/// <summary>A process that a test started and that never outlives it. What it said is shown with the test's result.</summary>
sealed class Child : IAsyncDisposable
{
    const int SaidLimit = 200_000;
    readonly Process process;
    readonly string name;
    readonly StringBuilder output = new();
    readonly StringBuilder error = new();
    bool disposed;

    Child(string name, Process process)
    {
        (this.name, this.process) = (name, process);
        process.OutputDataReceived += (_, line) => Keep(output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(error, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    /// <summary>Processor time of the process so far.</summary>
    public TimeSpan Cpu
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Memory of the process that is in RAM.</summary>
    public long ResidentBytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    public string Output => Read(output);

    public string Error => Read(error);

    public static Child Start(string name, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? settings = null, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "" };
        foreach (var (variable, value) in settings ?? new Dictionary<string, string>())
        {
            start.Environment[variable] = value;
        }

        return new(name, Process.Start(start)!);
    }

    /// <summary>Runs a .NET program of ours to its end.</summary>
    public static async Task<(int Exit, string Output, string Error)> RunAsync(string assembly, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? settings = null)
    {
        await using var child = Start(Path.GetFileName(assembly), "dotnet", [assembly, .. arguments], settings);
        await child.EndAsync(TimeSpan.FromMinutes(1));
        return (child.ExitCode, child.Output, child.Error);
    }

    /// <summary>Waits for the end; what it printed is complete then.</summary>
    public async Task EndAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{name} did not end within {patience.TotalSeconds} s; it said:\n{Output}{Error}");
        }
    }

    /// <summary>Completes when it has ended and what it printed is complete.</summary>
    public Task WaitAsync(CancellationToken cancel) => process.WaitForExitAsync(cancel);

    public void Send(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async Task KillAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        await EndAsync(TimeSpan.FromSeconds(20));
    }

    public async ValueTask DisposeAsync()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        await KillAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"--- {name}, exit code {process.ExitCode}\n{Output}{Error}");
        process.Dispose();
    }

    static string Read(StringBuilder said)
    {
        lock (said)
        {
            return said.ToString();
        }
    }

    static void Keep(StringBuilder said, string? line)
    {
        lock (said)
        {
            if (line is not null && said.Length < SaidLimit)
            {
                said.AppendLine(line);
            }
        }
    }
}
