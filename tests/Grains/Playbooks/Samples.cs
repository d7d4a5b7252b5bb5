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

    public static string Trimmed => File("tests/Grains/Playbooks/the-model.yaml");

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
