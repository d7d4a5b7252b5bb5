using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Dealings;

/// <summary>What signals and time do to what we and an account have in hand with each other.</summary>
public static class DealingsTurn
{
    /// <summary>Null if the signal may be taken, otherwise what was found and what was expected.</summary>
    /// <param name="account">Null: as far as that can be told without the account.</param>
    public static string? Fault(Signal signal, CompiledSignal type, Playbook playbook, Account? account) => type.Meaning switch
    {
        SignalMeaning.None => null,
        SignalMeaning.DealUpdated or SignalMeaning.DealWon or SignalMeaning.DealLost or SignalMeaning.DealAnswered => DealTurn.Fault(signal, type.Meaning, playbook, account),
    };

    internal static void Take(TurnBuilder turn, Playbook playbook, CompiledSignal type, Signal signal, DateTimeOffset time)
    {
        switch (type.Meaning)
        {
            case SignalMeaning.DealUpdated or SignalMeaning.DealWon or SignalMeaning.DealLost or SignalMeaning.DealAnswered:
                DealTurn.Take(turn, playbook.Deals!, type, signal, time);
                break;
            case SignalMeaning.None:
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Walks the stages with deals as they then are: criteria may ask whether one is flagged, and what flags one may ask for the stage.</summary>
    internal static void Walk(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        DealTurn.Judge(turn, playbook, at);
        var stage = turn.Account.Stage;
        StageWalk.Go(turn, playbook, at);
        if (!ReferenceEquals(stage, turn.Account.Stage))
        {
            DealTurn.Judge(turn, playbook, at);
        }
    }

    /// <summary>When time alone may change something here.</summary>
    internal static DateTimeOffset? NextChange(TurnBuilder turn, Playbook playbook, DateTimeOffset at) => DealTurn.NextChange(turn, playbook, at);
}
