using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Cli.Accounts;

/// <summary>How journeys beside the main one were entered, what waits and what was refused, as text.</summary>
static class EntriesPage
{
    public static void Print(Printing print, JourneyEntries? entries)
    {
        if (entries is null)
        {
            return;
        }

        if (entries.Entered.Count > 0)
        {
            print.Line();
            print.Table(
                ["ENTERED", "FOR", "TIMES", "LAST", "LEFT"],
                entries.Entered.Select(e => (string[])[e.Journey, e.Key, e.Count.ToString(CultureInfo.InvariantCulture), Printing.Show(e.EnteredAt), Printing.Show(e.LeftAt)]),
                "");
        }

        if (entries.Waiting.Count > 0)
        {
            print.Line();
            print.Table(["WAITS FOR", "AT", "BY", "SINCE"], entries.Waiting.Select(w => (string[])[w.Journey, w.To, w.Entry, Printing.Show(w.Since)]), "");
        }

        if (entries.Refused.Count > 0)
        {
            print.Line();
            print.Table(["NOT LET INTO", "BY", "AT", "REASON"], entries.Refused.Select(r => (string[])[r.Journey, r.Entry, Printing.Show(r.At), r.Reason]), "");
        }
    }
}
