namespace Orchestrator.Cli.Serving;

/// <summary>Where the silo's executable is.</summary>
/// <param name="Program">What to start.</param>
/// <param name="First">Arguments that go ahead of the caller's: the assembly, when <paramref name="Program"/> is the .NET host.</param>
sealed record SiloLocation(string Program, IReadOnlyList<string> First)
{
    public const string Variable = "ORCHESTRATOR_SILO";
    const string Name = "Orchestrator.Silo";

    /// <summary>The variable wins; then beside <c>orc</c>, as it is installed; then where a build of the repository puts it.</summary>
    /// <param name="named">The variable's value; null or empty when it is not set.</param>
    /// <param name="home">The folder that <c>orc</c> is in.</param>
    /// <exception cref="CommandFailure">It is nowhere; the message says where it was looked for.</exception>
    public static SiloLocation Find(string? named, string home)
    {
        if (!string.IsNullOrWhiteSpace(named))
        {
            return InFolder(named) ?? At(named)
                ?? throw new CommandFailure(Exit.Failed, $"expected the silo's executable at `{named}`, which {Variable} names, found nothing there");
        }

        var folders = RepositoryFolders(home).Prepend(home).ToList();
        return folders.Select(InFolder).FirstOrDefault(found => found is not null)
            ?? throw new CommandFailure(
                Exit.Failed, $"the silo's executable `{Name}` was not found in `{string.Join("`, `", folders)}`; set {Variable} to where it is");
    }

    static SiloLocation? InFolder(string folder) =>
        At(Path.Combine(folder, OperatingSystem.IsWindows() ? Name + ".exe" : Name)) ?? At(Path.Combine(folder, Name + ".dll"));

    static SiloLocation? At(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        return file.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) ? new(DotnetHost(), [file]) : new(file, []);
    }

    // orc may itself have been started by `dotnet orc.dll`; the same host then runs the silo.
    static string DotnetHost() =>
        Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet";

    static IEnumerable<string> RepositoryFolders(string home)
    {
        for (var folder = new DirectoryInfo(home); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orchestrator.sln")))
            {
                yield return Path.Combine(folder.FullName, "silo", "bin", "Release", "net10.0");
                yield return Path.Combine(folder.FullName, "silo", "bin", "Debug", "net10.0");
                yield break;
            }
        }
    }
}
