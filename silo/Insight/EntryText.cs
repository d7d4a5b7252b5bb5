using System.Diagnostics;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Silo.Insight;

/// <summary>How journeys are entered, in the reader's words.</summary>
internal static class EntryText
{
    public static string KindOf(EntryEvent fact) => fact switch
    {
        EntryEvent.Entered => "journey-entered",
        EntryEvent.Left { Reason.Length: 0 } => "journey-left",
        EntryEvent.Left => "journey-displaced",
        EntryEvent.Waits => "journey-waits",
        EntryEvent.Refused => "journey-refused",
        EntryEvent.Dropped => "journey-dropped",
        EntryEvent.Judged or EntryEvent.Ticked => "journey-watched",
        _ => throw new UnreachableException(),
    };

    public static string SentenceOf(StandingEvent.OfEntry fact)
    {
        var who = fact.Contact.Length > 0 ? $"Contact `{fact.Contact}`" : "The account";
        return fact.Event switch
        {
            EntryEvent.Entered e => $"{who} {(e.Resumed ? "went on in" : "entered")} journey `{e.Journey}` by {Way(e.Way)} `{e.Entry}`{(e.By.Length > 0 ? $", asked for by `{e.By}`" : "")}{(e.Key.Length > 0 ? $", for `{e.Key}`" : "")}.",
            EntryEvent.Left { Reason.Length: 0 } e => $"{who} came to the end of journey `{e.Journey}`.",
            EntryEvent.Left e => $"{who} left journey `{e.Journey}`: {e.Reason}.",
            EntryEvent.Waits { Entry: var e } waits => $"{who} waits to {(e.Resumes ? "go on in" : "enter")} journey `{e.Journey}` by {Way(e.Way)} `{e.Entry}`: {waits.Reason}.",
            EntryEvent.Refused e => $"{who} was not let into journey `{e.Journey}` by `{e.Entry}`: {e.Reason}.",
            EntryEvent.Dropped e => $"{who} does not wait for journey `{e.Journey}` any more: {e.Reason}.",
            EntryEvent.Judged e => $"{who} {(e.Holds ? "is" : "is not")} a member by entry `{e.Entry}` of journey `{e.Journey}`.",
            EntryEvent.Ticked e => $"The schedule of entry `{e.Entry}` of journey `{e.Journey}` has been followed up to {InstantForm.Show(e.At)}.",
            _ => throw new UnreachableException(),
        };
    }

    public static string Way(EntryWay way) => way switch
    {
        EntryWay.Transition => "transition",
        EntryWay.Signal => "signal",
        EntryWay.Segment => "segment",
        EntryWay.Schedule => "schedule",
        EntryWay.Api => "request",
        EntryWay.Manual => "hand",
    };
}
