using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Tests.Deciding;

/// <summary>What is wrong with a playbook when it is published.</summary>
internal static class Compiling
{
    /// <summary>Errors as `line:column path: message`.</summary>
    public static IReadOnlyList<string> Errors(string text) => Findings(text, Severity.Error);

    /// <summary>Warnings as `line:column path: message`.</summary>
    public static IReadOnlyList<string> Warnings(string text) => Findings(text, Severity.Warning);

    private static IReadOnlyList<string> Findings(string text, Severity severity) =>
        [.. PlaybookCompiler.Compile(text, "p.yaml", version: 1).Diagnostics.Where(d => d.Severity == severity).Select(d => $"{d.Line}:{d.Column} {d.Path}: {d.Message}")];
}
