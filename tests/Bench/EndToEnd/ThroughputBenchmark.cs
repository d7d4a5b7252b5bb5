using System.Globalization;
using Orchestrator.Bench.Bound;
using Orchestrator.Bench.Harness;

namespace Orchestrator.Bench.EndToEnd;

/// <summary>How many signals a second does a silo make durable and decide, next to the bound of the same machine in the same run?</summary>
static class ThroughputBenchmark
{
    public static async Task<int> RunAsync(Sizes sizes)
    {
        Console.WriteLine("How many signals a second does one silo make durable and decide, next to the bound measured in the same run?");
        Console.WriteLine("bound:");
        var bound = await BoundBenchmark.MeasureAsync(sizes);
        Console.WriteLine("silo:");
        await using var silo = await SiloUnderTest.StartAsync(sizes.Plays, sizes.Stages);
        var decided = await Measured.AtItsBestAsync(silo.Process, silo.GrpcPort, sizes);
        var (one, other) = (Measured.MedianOf(decided), Measured.MedianOf(bound));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"silo / bound: {one.Load.Achieved / other.Load.Achieved:P0}; CPU per signal all-in {one.ServerMicroseconds + one.Load.CpuMicrosecondsPerSignal:0.0} us"));
        var hottest = Math.Min(100, sizes.Accounts);
        var checksum = await silo.SignalCountAsync(hottest);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"checksum: signals of the {hottest} hottest accounts {checksum?.ToString(CultureInfo.InvariantCulture) ?? "unknown, this silo serves no account service"}"));
        return decided.All(run => run.Load.ExactlyOnce) ? 0 : 1;
    }
}
