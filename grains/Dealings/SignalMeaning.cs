using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Dealings;

/// <summary>What a type of signal says about our dealings with the account. Known when the playbook is compiled, so that other signals cost nothing.</summary>
public enum SignalMeaning
{
    None,
    DealUpdated,
    DealWon,
    DealLost,
    DealAnswered,
    OwnerAssigned,
    HandoffOffered,
    PromiseMade,
    PromiseKept,
    PromiseBroken,
    InsightNoted,
    FeedbackGiven,
    FeedbackAnswered,

    /// <summary>It carries a note that goes along with a handoff.</summary>
    Noted,
}

/// <summary>Finds what the types of signals of a playbook mean.</summary>
internal static class SignalMeanings
{
    public static SignalMeaning Of(SignalDefinition signal, PlaybookDefinition playbook) => signal.Id switch
    {
        var id when playbook.Deal is { } deal && Names(deal.OpenedBy, id) => SignalMeaning.DealUpdated,
        var id when playbook.Deal is { } deal && Names(deal.WonBy, id) => SignalMeaning.DealWon,
        var id when playbook.Deal is { } deal && Names(deal.LostBy, id) => SignalMeaning.DealLost,
        BuiltInSignals.DealAnswered when HasTexts(signal, "opportunity", "question") => SignalMeaning.DealAnswered,
        BuiltInSignals.OwnerAssigned when HasTexts(signal, "owner") => SignalMeaning.OwnerAssigned,
        BuiltInSignals.HandoffOffered when HasTexts(signal, "handoff") => SignalMeaning.HandoffOffered,
        BuiltInSignals.PromiseMade when HasTexts(signal, "promise", "text") => SignalMeaning.PromiseMade,
        BuiltInSignals.PromiseKept when HasTexts(signal, "promise") => SignalMeaning.PromiseKept,
        BuiltInSignals.PromiseBroken when HasTexts(signal, "promise") => SignalMeaning.PromiseBroken,
        BuiltInSignals.InsightNoted when HasTexts(signal, "about", "text") => SignalMeaning.InsightNoted,
        BuiltInSignals.FeedbackGiven when playbook.Feedback.Length > 0 && HasTexts(signal, "from", "to", "about") => SignalMeaning.FeedbackGiven,
        BuiltInSignals.FeedbackAnswered when playbook.Feedback.Length > 0 && HasTexts(signal, "feedback") => SignalMeaning.FeedbackAnswered,
        _ when HasTexts(signal, "note") && playbook.Handoffs.Any(h => h.Packet.Contains(PacketPart.MeetingNote)) => SignalMeaning.Noted,
        _ => SignalMeaning.None,
    };

    private static bool Names(ImmutableArray<Reference> signals, string id) => signals.Any(s => s.Id == id);

    // A playbook may declare a signal of such a name with other properties: then it is its own.
    private static bool HasTexts(SignalDefinition signal, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!signal.Properties.Any(p => p.Name == name && p.Type == PropertyType.Text))
            {
                return false;
            }
        }

        return true;
    }
}
