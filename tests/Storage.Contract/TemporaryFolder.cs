namespace Orchestrator.Storage.Contract.Tests;

/// <summary>A folder of one test's own, removed at its end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("orchestrator-store-").FullName;

    /// <summary>The store's file in it.</summary>
    public string File => System.IO.Path.Combine(Path, "orchestrator.db");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
