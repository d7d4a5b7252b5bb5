using Google.Protobuf;
using Orchestrator.Cli.Mapping;
using Orchestrator.V1;

namespace Orchestrator.Cli.Recording;

/// <summary>One signal a line, in protobuf's JSON with plain property values allowed. Empty lines do not count.</summary>
/// <param name="digest">Of the content; signals without an id get theirs from it.</param>
sealed class NdjsonSource(SourceFile file, string digest) : IRowSource
{
    readonly StreamReader text = file.Text();

    public IEnumerable<SourceRow> Rows()
    {
        var number = 0L;
        while (text.ReadLine() is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return Read(++number, line);
            }
        }
    }

    public RejectFile NewRejects(string path) => new NdjsonRejects(path);

    public void Dispose() => text.Dispose();

    SourceRow Read(long number, string line)
    {
        var row = new SourceRow(number, line);
        try
        {
            var signal = SignalJson.Parse(line);
            if (signal.Id.Length == 0)
            {
                signal.Id = SignalIds.OfRow(digest, number, "");
            }

            return row with { Signals = (Signal[])[signal] };
        }
        catch (RowRefusal refusal)
        {
            return row with { Refusal = refusal.Message };
        }
    }
}
