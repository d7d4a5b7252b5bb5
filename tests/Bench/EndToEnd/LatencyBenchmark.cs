using Orchestrator.Bench.Harness;

namespace Orchestrator.Bench.EndToEnd;

/// <summary>How long does a signal take to be durable and decided at a load that leaves room?</summary>
static class LatencyBenchmark
{
    /// <param name="sizes">The rate is taken as it is: half of what <c>throughput</c> found.</param>
    public static async Task<int> RunAsync(Sizes sizes)
    {
        Console.WriteLine("How long does a signal take from when it was due to its acknowledgement, at half of the highest load and at a light one?");
        await using var silo = await SiloUnderTest.StartAsync(sizes.Plays, sizes.Stages);
        await Generator.RunAsync(silo.GrpcPort, sizes.Rate, Math.Min(5, sizes.Seconds), sizes.Accounts, sizes.Contacts);
        var half = await Measured.RunsAsync(silo.Process, silo.GrpcPort, sizes.Rate, sizes);
        var light = await Measured.RunsAsync(silo.Process, silo.GrpcPort, Math.Min(2_000, sizes.Rate), sizes);
        return half.Concat(light).All(run => run.Load.ExactlyOnce) ? 0 : 1;
    }
}
