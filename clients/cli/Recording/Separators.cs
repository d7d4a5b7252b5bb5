namespace Orchestrator.Cli.Recording;

/// <summary>Which character parts the cells.</summary>
static class Separators
{
    // In order of likelihood, which decides ties. Semicolons come from spreadsheets in countries with decimal commas.
    static readonly char[] Known = [',', ';', '\t', '|'];

    /// <summary>The one that stands most often outside quotes in the heading; a comma if none does.</summary>
    public static char Find(SourceFile file)
    {
        using var text = file.Text();
        var counts = new int[Known.Length];
        var quoted = false;
        for (int c; (c = text.Read()) >= 0 && (quoted || c is not ('\n' or '\r')) && counts.Sum() < 10_000;)
        {
            quoted ^= c == '"';
            if (!quoted && Array.IndexOf(Known, (char)c) is var found and >= 0)
            {
                counts[found]++;
            }
        }

        return Known[Array.IndexOf(counts, counts.Max())];
    }
}
