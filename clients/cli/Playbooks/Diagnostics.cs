using Orchestrator.V1;
using Severity = Orchestrator.V1.Diagnostic.Types.Severity;

namespace Orchestrator.Cli.Playbooks;

/// <summary>Diagnostics in the form that editors and CI systems turn into links: <c>file:line:column: error: message</c>.</summary>
static class Diagnostics
{
    public static void Print(Action<string> line, string file, IEnumerable<Diagnostic> diagnostics)
    {
        foreach (var found in diagnostics)
        {
            var path = found.Path.Length > 0 ? $" [{found.Path}]" : "";
            line($"{(found.File.Length > 0 ? found.File : file)}:{found.Line}:{found.Column}: {(IsError(found) ? "error" : "warning")}: {found.Message}{path}");
        }
    }

    public static bool HaveErrors(IEnumerable<Diagnostic> diagnostics) => diagnostics.Any(IsError);

    public static string Count(IReadOnlyCollection<Diagnostic> diagnostics)
    {
        var errors = diagnostics.Count(IsError);
        var warnings = diagnostics.Count - errors;
        return (errors, warnings) switch
        {
            (0, 0) => "no errors",
            (0, _) => $"no errors, {Number(warnings, "warning")}",
            (_, 0) => Number(errors, "error"),
            _ => $"{Number(errors, "error")}, {Number(warnings, "warning")}",
        };
    }

    static bool IsError(Diagnostic diagnostic) => diagnostic.Severity is not Severity.Warning;

    static string Number(int count, string word) => count == 1 ? $"1 {word}" : $"{count} {word}s";
}
