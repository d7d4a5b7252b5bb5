using Orchestrator.Bench.Bound;
using Orchestrator.Bench.EndToEnd;

namespace Orchestrator.Bench;

/// <summary>The name of a benchmark runs it at full size; <c>bound-server</c> and <c>wake-all</c> are children of some; anything else runs the tests.</summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is ["bound-server", var port, var folder, .. var place])
        {
            return await BoundServer.RunAsync(Number(port), folder, place.FirstOrDefault());
        }

        if (args is ["wake-all", var path, var accounts, var each, var idleSeconds])
        {
            return await WakingSilo.RunAsync(path, Number(accounts), Number(each), TimeSpan.FromSeconds(Number(idleSeconds)));
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

    static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
