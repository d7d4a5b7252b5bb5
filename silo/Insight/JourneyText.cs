using System.Diagnostics;
using System.Globalization;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Silo.Insight;

/// <summary>Facts about an account's way through the stages in the reader's words.</summary>
internal static class JourneyText
{
    public static string KindOf(JourneyEvent fact) => fact switch
    {
        JourneyEvent.Recycled => "recycled",
        JourneyEvent.Awoken => "awoken",
        JourneyEvent.Returned => "won-back",
        JourneyEvent.Entered => "entered",
        JourneyEvent.Exited => "exited",
        JourneyEvent.ReasonGiven => "reason",
        JourneyEvent.ReassignmentDue => "reassignment",
        JourneyEvent.FirstTouched => "first-touch",
        _ => throw new UnreachableException(),
    };

    public static string SentenceOf(JourneyEvent fact) => fact switch
    {
        JourneyEvent.Recycled e => $"The account was recycled from stage `{e.Source}`{(e.Reason.Length > 0 ? $", reason: {e.Reason}" : "")}, for the {Ordinal(e.Attempt)} time, and cools down until {InstantForm.Show(e.Until)}.",
        JourneyEvent.Awoken { Condition.Length: > 0 } e => $"The recycled account was woken: `{e.Condition}` held{(e.Values.Length > 0 ? $" ({e.Values})" : "")}.",
        JourneyEvent.Awoken => "The recycled account has cooled down.",
        JourneyEvent.Returned e => $"The recycled account came back to stage `{e.Stage}`, which saved a new lead at {e.Saved.ToString(CultureInfo.InvariantCulture)} minor units.",
        JourneyEvent.Entered e => $"The entry by transition `{e.Transition}`{Key(e.Key)} was counted.",
        JourneyEvent.Exited e => $"The stage that transition `{e.Transition}`{Key(e.Key)} had led to was left.",
        JourneyEvent.FirstTouched e => $"Somebody of us did something with the account for the first time since it entered stage `{e.Stage}`, after {(e.At - e.StageSince).TotalMinutes.ToString("0.#", CultureInfo.InvariantCulture)} minutes.",
        JourneyEvent.ReasonGiven e => $"The account is in stage `{e.Stage}` for the reason `{e.Code}`.",
        JourneyEvent.ReassignmentDue e => $"Somebody else{(e.Department.Length > 0 ? $" of `{e.Department}`" : "")} must take the account over: it stayed in stage `{e.Stage}` for too long.",
        _ => throw new UnreachableException(),
    };

    private static string Key(string key) => key.Length > 0 ? $" for `{key}`" : "";

    private static string Ordinal(int number) => number.ToString(CultureInfo.InvariantCulture) + ((number % 100) is 11 or 12 or 13 ? "th" : (number % 10) switch { 1 => "st", 2 => "nd", 3 => "rd", _ => "th" });
}
