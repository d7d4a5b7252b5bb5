using Orchestrator.Grains.Playbooks.Coverage;

namespace Orchestrator.Silo.Authoring;

/// <summary>The coverage matrix as lines of aligned columns.</summary>
internal static class CoverageTable
{
    private const int Widest = 44;

    private static readonly string[] Headings = ["STAGE", "ROLE", "EXPECTATION", "DEPARTMENT", "CHANNELS", "CONTENT", "CRITERION"];

    public static async Task WriteAsync(IReadOnlyList<CoverageCell> cells, TextWriter output)
    {
        if (cells.Count == 0)
        {
            return;
        }

        List<string[]> rows = [Headings, .. cells.Select(Row)];
        var widths = Enumerable.Range(0, Headings.Length).Select(i => rows.Max(r => r[i].Length)).ToArray();
        foreach (var row in rows)
        {
            await output.WriteLineAsync(string.Join("  ", row.Select((text, i) => text.PadRight(widths[i]))).TrimEnd());
        }
    }

    private static string[] Row(CoverageCell cell) =>
    [
        cell.Stage,
        cell.Role,
        Short(cell.Expectation),
        Short(cell.Department),
        Short(string.Join(" ", cell.Channels)),
        cell.Content.Of == 0 ? "-" : $"{cell.Content.With}/{cell.Content.Of}",
        Short(cell.Criterion),
    ];

    private static string Short(string text) => text.Length == 0 ? "-" : text.Length > Widest ? text[..(Widest - 3)] + "..." : text;
}
