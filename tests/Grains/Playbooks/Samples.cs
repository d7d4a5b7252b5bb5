using Orchestrator.Grains.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

/// <summary>Playbook texts for the tests beside this file.</summary>
internal static class Samples
{
    /// <summary>The smallest playbook; five lines, so what is added begins at line 6.</summary>
    public const string Small = """
        playbook: small
        currency: GBP
        time-zone: Europe/London
        stages:
          start: {kind: inventory}

        """;

    public static string Model => File("deploy/playbooks/the-model.yaml");

    public static string Original => File("tests/Grains/Playbooks/the-model.original.yaml");

    /// <summary>Reads a file of the repository, wherever the tests were built to.</summary>
    public static string File(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "Orchestrator.sln")))
            {
                return System.IO.File.ReadAllText(Path.Combine(folder.FullName, path));
            }
        }

        throw new FileNotFoundException("no Orchestrator.sln above the tests", path);
    }

    /// <summary>The texts of all files of a folder of the repository that are named so, those of its folders too.</summary>
    public static IEnumerable<string> Files(string folder, string pattern)
    {
        for (var above = new DirectoryInfo(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(above.FullName, "Orchestrator.sln")))
            {
                return [.. Directory.EnumerateFiles(Path.Combine(above.FullName, folder), pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(System.IO.File.ReadAllText)];
            }
        }

        throw new FileNotFoundException("no Orchestrator.sln above the tests", folder);
    }

    /// <summary>The definition of a text that must be without fault.</summary>
    public static PlaybookDefinition Definition(string text)
    {
        var result = PlaybookReader.Read(text, "p.yaml");
        Assert.Empty(result.Diagnostics);
        return Assert.IsType<PlaybookDefinition>(result.Definition);
    }

    /// <summary>What is wrong, each as `line:column path: message`; warnings begin with `warning `.</summary>
    public static IEnumerable<string> Findings(string text) =>
        PlaybookReader.Read(text, "p.yaml").Diagnostics.Select(found =>
            $"{(found.Severity is Severity.Warning ? "warning " : "")}{found.Line}:{found.Column} {found.Path}: {found.Message}");
}
