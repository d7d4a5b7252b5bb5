using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Feedback;
using Orchestrator.Grains.Handoffs;
using Orchestrator.Grains.Insights;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Promises;
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
        SignalMeaning.None or SignalMeaning.Noted => null,
        SignalMeaning.DealUpdated or SignalMeaning.DealWon or SignalMeaning.DealLost or SignalMeaning.DealAnswered => DealTurn.Fault(signal, type.Meaning, playbook, account),
        SignalMeaning.OwnerAssigned => OwnerTurn.Fault(signal, playbook),
        SignalMeaning.HandoffOffered => HandoffTurn.Fault(signal, account),
        SignalMeaning.PromiseMade or SignalMeaning.PromiseKept or SignalMeaning.PromiseBroken => PromiseTurn.Fault(signal, type.Meaning, playbook, account),
        SignalMeaning.InsightNoted => InsightTurn.Fault(signal),
        SignalMeaning.FeedbackGiven or SignalMeaning.FeedbackAnswered => FeedbackTurn.Fault(signal, type.Meaning, playbook, account),
    };

    internal static void Take(TurnBuilder turn, Playbook playbook, CompiledSignal type, Signal signal, DateTimeOffset time)
    {
        switch (type.Meaning)
        {
            case SignalMeaning.DealUpdated or SignalMeaning.DealWon or SignalMeaning.DealLost or SignalMeaning.DealAnswered:
                DealTurn.Take(turn, playbook.Deals!, type, signal, time);
                break;
            case SignalMeaning.OwnerAssigned:
                OwnerTurn.Take(turn, signal, time);
                break;
            case SignalMeaning.HandoffOffered:
                turn.Add(new DealingsEvent.HandoffReady(Text(signal, "handoff")));
                break;
            case SignalMeaning.PromiseMade or SignalMeaning.PromiseKept or SignalMeaning.PromiseBroken:
                PromiseTurn.Take(turn, type.Meaning, signal, time);
                break;
            case SignalMeaning.InsightNoted:
                InsightTurn.Take(turn, type, signal, time);
                break;
            case SignalMeaning.FeedbackGiven or SignalMeaning.FeedbackAnswered:
                FeedbackTurn.Take(turn, playbook, type.Meaning, signal, time);
                break;
            case SignalMeaning.Noted:
                turn.Add(new DealingsEvent.NoteTaken(new Note(signal.Type, Text(signal, "note"), By(signal), time)));
                break;
            case SignalMeaning.None:
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Walks the stages with deals as they then are: criteria may ask whether one is flagged, and what flags one may ask for the stage.</summary>
    internal static void Walk(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        Judge(turn, playbook, at);
        var stage = turn.Account.Stage;
        StageWalk.Go(turn, playbook, at);
        if (!ReferenceEquals(stage, turn.Account.Stage))
        {
            Judge(turn, playbook, at);
        }
    }

    /// <summary>When time alone may change something here.</summary>
    internal static DateTimeOffset? NextChange(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        var facts = turn.Context.Workspace.Facts;
        facts.Set(playbook, turn.Account, null, null, at);
        return Instants.Earlier(
            Instants.Earlier(DealTurn.NextChange(facts), PromiseTurn.NextChange(facts)),
            Instants.Earlier(InsightTurn.NextChange(turn.Account), FeedbackTurn.NextChange(turn.Account)));
    }

    /// <summary>A property's text, trimmed; empty if there is none.</summary>
    internal static string Text(Signal signal, string property) => SignalValues.TextOf(signal, property).Trim();

    /// <summary>Who says so: the person, or else the system that sent it.</summary>
    internal static string By(Signal signal) => signal.AssertedBy.Length > 0 ? signal.AssertedBy : signal.Source;

    private static void Judge(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        if (turn.Account.Dealings is null)
        {
            return;
        }

        InsightTurn.Judge(turn, at);
        FeedbackTurn.Judge(turn, at);
        PromiseTurn.Judge(turn, playbook, at);
        DealTurn.Judge(turn, playbook, at);
        turn.Context.Workspace.Facts.Account = turn.Account;
    }
}
