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
}

/// <summary>Finds what the types of signals of a playbook mean.</summary>
internal static class SignalMeanings
{
    public static SignalMeaning Of(SignalDefinition signal, PlaybookDefinition playbook) => signal.Id switch
    {
        var id when playbook.Deal is { } deal && Names(deal.OpenedBy, id) => SignalMeaning.DealUpdated,
        var id when playbook.Deal is { } deal && Names(deal.WonBy, id) => SignalMeaning.DealWon,
        var id when playbook.Deal is { } deal && Names(deal.LostBy, id) => SignalMeaning.DealLost,
        BuiltInSignals.DealAnswered => SignalMeaning.DealAnswered,
        _ => SignalMeaning.None,
    };

    private static bool Names(System.Collections.Immutable.ImmutableArray<Reference> signals, string id) => signals.Any(s => s.Id == id);
}
