using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Stages;

/// <summary>Judges whether an account may come by a transition again. Only transitions that say something about it are remembered.</summary>
internal static class ReEntry
{
    /// <summary>Whether the transition is open for these facts.</summary>
    public static bool Allows(CompiledTransition transition, Facts facts)
    {
        var rule = transition.Definition.ReEntry!;
        if (facts.Account.Journey?.EntryOf(transition.Definition.Id, KeyOf(transition, facts)) is not { } before)
        {
            return true;
        }

        return rule.Rule != ReEntryRule.Never
            && (rule.AtMost is not { } most || before.Count < most)
            && (rule.CoolDown == TimeSpan.Zero || (Since(rule, before) is { } since && facts.Now - since >= rule.CoolDown));
    }

    /// <summary>When time alone opens the transition again; null: it is open, or it takes more than time.</summary>
    public static DateTimeOffset? OpensAt(CompiledTransition transition, Facts facts) =>
        transition.Definition.ReEntry is { Per: null, CoolDown: { Ticks: > 0 } coolDown } rule
        && facts.Account.Journey?.EntryOf(transition.Definition.Id, "") is { } before && Since(rule, before) is { } since
        && since + coolDown > facts.Now
            ? since + coolDown
            : null;

    /// <summary>The business key for these facts; empty where the transition has none.</summary>
    public static string KeyOf(CompiledTransition transition, Facts facts) => transition.Per?.TextOf(facts) ?? "";

    /// <summary>The account leaves its stage.</summary>
    public static void Leave(TurnBuilder turn, DateTimeOffset at)
    {
        if (turn.Account.Journey?.Open is { } open)
        {
            turn.Add(new AccountEvent.OfJourney(new JourneyEvent.Exited(open.Transition, open.Key, at)));
        }
    }

    /// <summary>The account came by the transition.</summary>
    public static void Enter(TurnBuilder turn, string transition, string key, DateTimeOffset at) =>
        turn.Add(new AccountEvent.OfJourney(new JourneyEvent.Entered(transition, key, at)));

    private static DateTimeOffset? Since(ReEntryDefinition rule, StageEntry before) => rule.Since switch
    {
        ReEntrySince.Start => before.EnteredAt,
        ReEntrySince.End => before.LeftAt,
    };
}
