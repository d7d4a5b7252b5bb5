using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.Cli.Recording;

/// <summary>Rows that were not taken, as they stood, each with its reason. Made at the first of them: no rejects, no file. Thread-safe.</summary>
abstract class RejectFile : IDisposable
{
    readonly Lock gate = new();
    StreamWriter? writer;

    /// <param name="path">A file of an earlier run there is deleted: it would be taken for this run's.</param>
    protected RejectFile(string path)
    {
        Path = path;
        File.Delete(path);
    }

    public string Path { get; }

    public bool Exists => writer is not null;

    /// <param name="reason">One or several, joined.</param>
    public void Write(SourceRow row, string reason)
    {
        lock (gate)
        {
            if (writer is null)
            {
                writer = new(Path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
                if (Heading is { } heading)
                {
                    writer.WriteLine(heading);
                }
            }

            writer.WriteLine(Format(row, reason));
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            writer?.Dispose();
        }
    }

    protected virtual string? Heading => null;

    protected abstract string Format(SourceRow row, string reason);
}

/// <summary>The original columns, then the row's number and the reason.</summary>
sealed class CsvRejects(string path, string heading, char separator, int columns) : RejectFile(path)
{
    protected override string Heading => $"{heading}{separator}reject_row{separator}reject_reason";

    protected override string Format(SourceRow row, string reason)
    {
        // A row with too few cells is filled up, so that the reason stands under its heading.
        var missing = Math.Max(0, columns - Cells(row.Original));
        return $"{row.Original}{new string(separator, missing + 1)}{row.Number}{separator}\"{reason.Replace("\"", "\"\"", StringComparison.Ordinal).ReplaceLineEndings(" ")}\"";
    }

    int Cells(string original)
    {
        var (cells, quoted) = (1, false);
        foreach (var c in original)
        {
            quoted ^= c == '"';
            cells += !quoted && c == separator ? 1 : 0;
        }

        return cells;
    }
}

/// <summary>An object a line: row, reason, and the original as an object, or as text where it is none.</summary>
sealed class NdjsonRejects(string path) : RejectFile(path)
{
    protected override string Format(SourceRow row, string reason)
    {
        JsonNode? original;
        try
        {
            original = JsonNode.Parse(row.Original);
        }
        catch (JsonException)
        {
            original = row.Original;
        }

        return new JsonObject { ["row"] = row.Number, ["reason"] = reason, ["original"] = original }.ToJsonString();
    }
}
