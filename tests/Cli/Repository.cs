namespace Orchestrator.Cli.Tests;

static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    static string Find(string folder) => File.Exists(Path.Combine(folder, "Orchestrator.sln")) ? folder : Find(Path.GetDirectoryName(folder)!);
}
