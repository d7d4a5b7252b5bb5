using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Bench.Harness;

/// <summary>A server of ours in a process of its own. Disposing it asks it to stop and, after ten seconds, makes it.</summary>
public sealed class Child : IAsyncDisposable
{
    const int SaidLimit = 16_000;

    readonly Process process;
    readonly StringBuilder said = new();
    bool disposed;

    Child(Process process)
    {
        this.process = process;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public ProcessCost Cost => ProcessCost.Of(process.Id);

    /// <summary>Starts a .NET program that stands beside this one.</summary>
    /// <param name="assembly">File name without <c>.dll</c>.</param>
    /// <param name="settings">Environment variables.</param>
    public static Child Start(string assembly, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? settings = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new(Process.Start(start) ?? throw new InvalidOperationException($"`{assembly}` did not start"));
    }

    /// <summary>Waits until something listens on the port.</summary>
    /// <exception cref="InvalidOperationException">The process ended, or nothing listened within a minute; the message says what it printed.</exception>
    public async Task ListeningAsync(int port)
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (!process.HasExited && patience.Elapsed < TimeSpan.FromMinutes(1))
            {
                await Task.Delay(20);
            }
            catch (SocketException cause)
            {
                throw new InvalidOperationException($"nothing listens on port {port}; the process said:\n{Said}", cause);
            }
        }
    }

    /// <summary>Everything printed so far; of a talkative one, the beginning.</summary>
    public string Said
    {
        get
        {
            lock (said)
            {
                return said.ToString();
            }
        }
    }

    /// <summary>Waits for the end.</summary>
    public async Task<int> EndAsync()
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Ends it as a power cut would; returns when it has ended.</summary>
    public Task KillAsync()
    {
        process.Kill();
        return process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        if (!process.HasExited)
        {
            using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            {
                await kill.WaitForExitAsync();
            }

            try
            {
                await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
            }
            catch (TimeoutException)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        process.Dispose();
    }

    void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (said)
        {
            if (said.Length < SaidLimit)
            {
                said.AppendLine(line.Data);
            }
        }
    }
}
