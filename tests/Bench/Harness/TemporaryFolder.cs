namespace Orchestrator.Bench.Harness;

/// <summary>A folder that goes with its owner. On the disk that <c>BENCH_DATA</c> names, else where temporary files are.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder()
    {
        var parent = Environment.GetEnvironmentVariable("BENCH_DATA") ?? System.IO.Path.GetTempPath();
        Path = Directory.CreateDirectory(System.IO.Path.Combine(parent, "orchestrator-bench-" + Guid.NewGuid().ToString("N"))).FullName;
    }

    public string Path { get; }

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
