using Orchestrator.Bench.Bound;
using Orchestrator.Bench.Deciding;
using Orchestrator.Bench.EndToEnd;
using Orchestrator.Bench.Paths;
using Orchestrator.Bench.Stores;
using Orchestrator.Bench.WhatIf;

namespace Orchestrator.Bench;

/// <summary>The benchmarks by name. Each takes what is left of the command line as <c>--name value</c> and returns the exit code.</summary>
static class Benchmarks
{
    public static Func<string[], Task<int>>? Find(string name) => name switch
    {
        "decide" => _ => Task.FromResult(DecideBenchmark.Run()),
        "parts" => _ => Task.FromResult(PartsBenchmark.Run()),
        "plays" => args => PlaysBenchmark.RunAsync(Sizes.Of(args)),
        "bound" => args => BoundBenchmark.RunAsync(Sizes.Of(args)),
        "throughput" => args => ThroughputBenchmark.RunAsync(Sizes.Of(args)),
        "latency" => args => LatencyBenchmark.RunAsync(Sizes.Of(args)),
        "path" => args => PathBenchmark.RunAsync(Sizes.Of(args)),
        "idle" => args => IdleBenchmark.RunAsync(Sizes.Of(args)),
        "scale" => args => ScaleBenchmark.RunAsync(Sizes.Of(args)),
        "what-if" => args => Task.FromResult(WhatIfBenchmark.Run(Sizes.Of(args))),
        "store" => args => StoreBenchmark.RunAsync(Sizes.Of(args)),
        "cluster" => args => ClusterBenchmark.RunAsync(Sizes.Of(args)),
        "packing" => Packing.PackingBenchmark.RunAsync,
        "engines" => args => EnginesBenchmark.RunAsync(Sizes.Of(args)),
        _ => null,
    };
}
