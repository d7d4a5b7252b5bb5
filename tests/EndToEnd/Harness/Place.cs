namespace Orchestrator.EndToEnd.Harness;

/// <summary>Where the repository and the programs built from it are.</summary>
static class Place
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    // This build's folder is .../bin/<configuration>/net10.0/.
    static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public static string Silo { get; } = Path.Combine(Root, "silo", "bin", Configuration, "net10.0", "Orchestrator.Silo.dll");

    public static string Orc { get; } = Directory.GetFiles(Path.Combine(Root, "clients", "cli", "bin", Configuration, "net10.0"), "orc.dll").Single();

    public static string In(params string[] path) => Path.Combine([Root, .. path]);

    static string Find(string folder) => File.Exists(Path.Combine(folder, "Orchestrator.sln")) ? folder : Find(Path.GetDirectoryName(folder)!);
}

/// <summary>A folder of a test's own, removed at its end.</summary>
sealed class Folder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("orchestrator-e2e-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
