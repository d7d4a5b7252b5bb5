using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using Orchestrator.Cli.Mapping;

namespace Orchestrator.Cli.Recording;

/// <summary>Rows of a CSV file (RFC 4180) by way of a mapping.</summary>
sealed class CsvSource : IRowSource
{
    // An unclosed quote would otherwise read the whole file into one cell.
    const int LargestCellCharacters = 1 << 20;

    readonly StreamReader text;
    readonly CsvParser parser;
    readonly SignalMapping mapping;
    readonly string digest;
    readonly Dictionary<string, int> columns = new(StringComparer.Ordinal);
    readonly string heading;
    readonly char separator;
    bool bad;

    /// <param name="digest">Of the content.</param>
    /// <exception cref="CommandFailure">There is no heading, or it does not have the columns that the mapping needs.</exception>
    public CsvSource(SourceFile file, SignalMapping mapping, string digest)
    {
        this.mapping = mapping;
        this.digest = digest;
        separator = mapping.Separator ?? Separators.Find(file);
        text = file.Text();
        parser = new CsvParser(text, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = separator.ToString(),
            BadDataFound = _ => bad = true,
            MaxFieldSize = LargestCellCharacters,
        });
        if (!Guard(parser.Read))
        {
            throw new CommandFailure(Exit.Refused, $"expected a heading with the names of the columns in `{file.Path}`, found an empty file");
        }

        heading = Original();
        foreach (var name in parser.Record!)
        {
            if (!columns.TryAdd(name.Trim(), columns.Count))
            {
                throw new CommandFailure(Exit.Refused, $"expected each column once in the heading of `{file.Path}`, found `{name.Trim()}` twice");
            }
        }

        mapping.MustFit(columns.Keys, Path.GetFileName(file.Path));
    }

    public IEnumerable<SourceRow> Rows()
    {
        for (var number = 1L; ; number++)
        {
            bad = false;
            if (!Guard(parser.Read))
            {
                yield break;
            }

            yield return Read(number);
        }
    }

    public RejectFile NewRejects(string path) => new CsvRejects(path, heading, separator, columns.Count);

    public void Dispose()
    {
        parser.Dispose();
        text.Dispose();
    }

    SourceRow Read(long number)
    {
        var row = new SourceRow(number, Original());
        var cells = parser.Record!;
        if (bad)
        {
            return row with { Refusal = "a quote stands inside a cell that does not begin with one" };
        }

        if (cells.Length != columns.Count)
        {
            return row with { Refusal = $"expected {columns.Count} cells, found {cells.Length}" };
        }

        try
        {
            return row with { Signals = mapping.Apply(new(columns, cells, number, digest)) };
        }
        catch (RowRefusal refusal)
        {
            return row with { Refusal = refusal.Message };
        }
    }

    string Original() => parser.RawRecord.TrimEnd('\r', '\n');

    bool Guard(Func<bool> read)
    {
        try
        {
            return read();
        }
        catch (CsvHelperException broken)
        {
            throw new CommandFailure(Exit.Refused, $"after row {Math.Max(0, parser.Row - 1)}: expected cells of at most {LargestCellCharacters} characters, found a longer one; is a quote not closed?", broken);
        }
    }
}
