using Orchestrator.Grains.Playbooks.Reading;

namespace Orchestrator.Grains.Playbooks;

/// <summary>Reads the text of a playbook. Expressions are kept as they are; compiling them is the next step.</summary>
public static class PlaybookReader
{
    /// <summary>Reads a playbook and tells everything that is wrong with it in one pass.</summary>
    /// <param name="text">YAML, one document, at most 1 MiB as UTF-8.</param>
    /// <param name="file">Name for the diagnostics; not opened.</param>
    /// <returns>The definition, unless there are errors; what was found. No text makes it throw.</returns>
    public static ReadResult Read(string text, string file)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(file);
        var findings = new Findings(file);
        if (YamlLoader.Load(text, findings) is not { } document)
        {
            return new ReadResult(null, findings.InOrder());
        }

        var names = new Names(findings);
        var root = new Field(findings, names, document, DocumentPath.Root, "", document.At);
        var playbook = PlaybookBinding.Playbook(root, findings, names);
        names.Resolve();

        // The checks of the whole follow names, so they need all of them to exist.
        if (!findings.HasErrors)
        {
            WholeChecks.Check(playbook, findings);
        }

        return new ReadResult(findings.HasErrors ? null : playbook, findings.InOrder()) { Needs = findings.Needs };
    }
}
