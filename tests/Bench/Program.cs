using Orchestrator.Bench.Bound;

namespace Orchestrator.Bench;

/// <summary>The name of a benchmark runs it at full size; <c>bound-server</c> is the child of one; anything else runs the tests.</summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is ["bound-server", var port, var folder])
        {
            return await BoundServer.RunAsync(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture), folder);
        }

        if (args.Length > 0 && Benchmarks.Find(args[0]) is { } benchmark)
        {
            try
            {
                return await benchmark(args[1..]);
            }
            catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
            {
                await Console.Error.WriteLineAsync($"error: {fault.Message}");
                return 2;
            }
        }

        return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
    }
}
