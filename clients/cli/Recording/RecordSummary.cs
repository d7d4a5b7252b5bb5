using System.Globalization;
using System.Text.Json;

namespace Orchestrator.Cli.Recording;

/// <summary>What a recording came to.</summary>
static class RecordSummary
{
    public static void Write(Session session, Ledger ledger, RejectFile rejects, TimeSpan took)
    {
        var seconds = Math.Round(took.TotalSeconds, 3);
        var rate = Math.Round(ledger.Settled / Math.Max(took.TotalSeconds, 0.001));
        var file = rejects.Exists ? rejects.Path : null;
        if (session.Json)
        {
            session.Terminal.Out.WriteLine(JsonSerializer.Serialize(new
            {
                rows = ledger.Rows,
                recorded = ledger.Recorded,
                duplicates = ledger.Duplicates,
                refused = ledger.Refused,
                rejectedRows = ledger.Rejected,
                skippedRows = ledger.Skipped,
                putOff = ledger.PutOff,
                seconds,
                signalsPerSecond = rate,
                rejects = file,
            }));
            return;
        }

        new Printing(session.Terminal).Facts(
            ("rows", Show(ledger.Rows)),
            ("recorded", Show(ledger.Recorded)),
            ("duplicates", Show(ledger.Duplicates)),
            ("refused", Show(ledger.Refused)),
            ("rejected rows", file is null ? "0" : $"{Show(ledger.Rejected)}, see {file}"),
            ("skipped rows", ledger.Skipped > 0 ? $"{Show(ledger.Skipped)}, which no signal of the mapping wanted" : ""),
            ("put off", ledger.PutOff > 0 ? $"{Show(ledger.PutOff)} times by overload" : ""),
            ("seconds", seconds.ToString(CultureInfo.InvariantCulture)),
            ("signals/s", Show((long)rate)));
    }

    static string Show(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
