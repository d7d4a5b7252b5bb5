namespace Orchestrator.Grains.Playbooks;

public enum Severity
{
    /// <summary>The playbook can be published, but somebody should look.</summary>
    Warning,

    /// <summary>The playbook cannot be published.</summary>
    Error,
}

/// <summary>What is wrong at one place of a playbook file.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in UTF-16 code units.</param>
/// <param name="Path">Where in the document, such as `plays[2].applicable`; empty for the document itself.</param>
/// <param name="Message">What was found and what was expected.</param>
public sealed record Diagnostic(Severity Severity, string File, int Line, int Column, string Path, string Message)
{
    /// <summary>`file:line:column: error: path: message`, which editors and build servers make clickable.</summary>
    public override string ToString()
    {
        var severity = Severity switch { Severity.Warning => "warning", Severity.Error => "error" };
        var path = Path.Length == 0 ? "" : Path + ": ";
        return $"{File}:{Line}:{Column}: {severity}: {path}{Message}";
    }
}
