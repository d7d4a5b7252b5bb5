using System.Diagnostics;
using Xunit;

namespace Orchestrator.Conformance;

/// <summary>Runs programs that we did not write. One that is missing skips the test, or fails it where everything must be there.</summary>
static class Tool
{
    public static bool RequireAll => Environment.GetEnvironmentVariable("ORCHESTRATOR_REQUIRE_ALL") == "1";

    public static void Missing(string what)
    {
        Assert.False(RequireAll, $"{what} is missing, and ORCHESTRATOR_REQUIRE_ALL=1 asks for it");
        Assert.Skip($"{what} is missing; install it to run this test");
    }

    /// <summary>Exit code and all output, or null when there is no such program.</summary>
    public static async Task<(int Code, string Output)?> RunAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }

        using (process)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(4));
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(limit.Token);
                var errors = process.StandardError.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                return (process.ExitCode, await output + await errors);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"`{program} {string.Join(' ', arguments)}` did not end within 4 min");
            }
        }
    }
}
