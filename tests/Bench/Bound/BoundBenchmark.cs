using System.Globalization;
using Orchestrator.Bench.Harness;
using Orchestrator.Tests;

namespace Orchestrator.Bench.Bound;

/// <summary>How many signals a second can be decoded from gRPC, packed and made durable on this machine, if nothing is decided?</summary>
static class BoundBenchmark
{
    public static async Task<int> RunAsync(Sizes sizes)
    {
        Console.WriteLine("How many signals a second can be decoded from gRPC, packed into frames and made durable on SQLite, if nothing is decided?");
        return (await MeasureAsync(sizes)).All(run => run.Load.ExactlyOnce) ? 0 : 1;
    }

    /// <param name="place">Of a PostgreSQL server; null = SQLite.</param>
    public static async Task<IReadOnlyList<Measured>> MeasureAsync(Sizes sizes, string? place = null)
    {
        using var folder = new TemporaryFolder();
        var port = LoopbackPort.Take();
        await using var server = Child.Start("Orchestrator.Bench", ["bound-server", port.ToString(CultureInfo.InvariantCulture), folder.Path, .. place is null ? Array.Empty<string>() : [place]]);
        await server.ListeningAsync(port);
        return await Measured.AtItsBestAsync(server, port, sizes);
    }
}
