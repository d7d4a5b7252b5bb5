using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Cli.Accounts;

/// <summary>An account's way through the stages as text.</summary>
static class JourneyPage
{
    public static void Print(Printing print, AccountJourney? journey)
    {
        if (journey is null)
        {
            return;
        }

        if (journey.StageReason.Length > 0)
        {
            print.Line();
            print.Line($"there for the reason {journey.StageReason}");
        }

        if (journey.Reassignment is { } due)
        {
            print.Line();
            print.Line($"somebody else{(due.Department.Length > 0 ? $" of {due.Department}" : "")} was to take it over at {Printing.Show(due.At)}: it stayed in {due.Stage} for too long");
        }

        if (journey.Recycled > 0)
        {
            print.Line();
            print.Line(string.Create(CultureInfo.InvariantCulture, $"recycled {journey.Recycled} times, won back {journey.WonBack} times, saved {journey.Saved} minor units"));
            print.Table(
                ["RECYCLED FROM", "REASON", "AT", "COOLING UNTIL", "AWOKEN", "WON BACK"],
                journey.Stays.Select(stay => (string[])
                    [stay.Source, stay.Reason, Printing.Show(stay.At), Printing.Show(stay.CoolingUntil), Printing.Show(stay.AwokenAt), stay.ReturnedTo.Length > 0 ? $"{stay.ReturnedTo} {Printing.Show(stay.ReturnedAt)}" : ""]),
                "");
        }

        if (journey.Entries.Count > 0)
        {
            print.Line();
            print.Table(
                ["ENTERED BY", "FOR", "TIMES", "LAST", "LEFT"],
                journey.Entries.Select(entry => (string[])
                    [entry.Transition, entry.Key, entry.Count.ToString(CultureInfo.InvariantCulture), Printing.Show(entry.EnteredAt), Printing.Show(entry.LeftAt)]),
                "");
        }
    }
}
