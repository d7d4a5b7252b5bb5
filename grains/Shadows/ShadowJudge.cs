using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.WhatIf;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Grains.Shadows;

/// <summary>
/// What another playbook would have decided in a recorded turn, on the very state that the account had: the same command, instant and seed. Its facts are compared and thrown away, so each
/// turn is compared for itself and no difference leads to the next.
/// </summary>
/// <remarks>Belongs to one thread at a time.</remarks>
public sealed class ShadowJudge
{
    private readonly DecisionWorkspace workspace = new();
    private readonly PlaybookLibrary library;
    private readonly Func<Signal, string?> refuses;
    private readonly int examples;
    private readonly TurnOutcome live = new();
    private readonly TurnOutcome shadow = new();

    /// <param name="refuses">Why the shadow's schema refuses a signal that was taken; null = it does not.</param>
    /// <param name="examples">Most differences that are kept as examples.</param>
    /// <param name="tally">What is added to.</param>
    public ShadowJudge(string tenant, Playbook playbook, Func<Signal, string?> refuses, int examples, ShadowTally tally) =>
        (library, this.refuses, this.examples, Tally) = (PlaybookLibrary.Only(tenant, playbook), refuses, examples, tally);

    public ShadowTally Tally { get; }

    /// <summary>What was asked in the turn; null if there is nothing to judge: its facts came from outside, or people answered.</summary>
    /// <param name="account">As it was just before the turn; null = it was not known.</param>
    public static AccountCommand? CauseOf(RecordedTurn turn, Account? account) => RecordedCause.Of(turn) switch
    {
        AccountCommand.Settle settle when account?.OpenActions.FirstOrDefault(a => a.Id == settle.ActionId) is not { Request: null } => null,
        var cause => cause,
    };

    /// <summary>Judges the turn by the shadow and compares.</summary>
    /// <param name="cause">As <see cref="CauseOf"/> says.</param>
    /// <param name="states">Just before the turn, with all that <see cref="GrainTurn.Need"/> names; stay as they are.</param>
    public void Take(RecordedTurn turn, AccountCommand? cause, IGrains states)
    {
        var result = Tally.Comparison;
        result.Turns++;
        result.From ??= turn.At;
        result.To = turn.At;
        if (cause is null)
        {
            result.Stood++;
            return;
        }

        live.Clear();
        live.Take(turn);
        shadow.Clear();
        states.TryGet(turn.Account, out var before);
        Judge(turn, cause, states);
        var difference = TurnDifference.Of(live, shadow, cause is AccountCommand.Wake);
        difference.Count(result);
        result.Signals += cause is AccountCommand.Record ? 1 : 0;
        result.Before.Take(live, turn.At);
        result.After.Take(shadow, turn.At);
        if (live.Offers.Count + live.Nones.Count + shadow.Offers.Count + shadow.Nones.Count > 0 || difference.Any)
        {
            Tally.Count(before is Account { Stage: var stage } ? stage : "", live, shadow, difference.Any);
        }

        if (difference.Any && result.Examples.Count < examples)
        {
            result.Examples.Add(new Difference(turn.Account.Affinity, turn.At, Replay.Describe(cause), live.Describe(), shadow.Describe()));
        }
    }

    private void Judge(RecordedTurn turn, AccountCommand cause, IGrains states)
    {
        if (cause is AccountCommand.Record record && refuses(record.Signal) is { } fault)
        {
            (shadow.Happened, shadow.Refused) = (true, fault);
            return;
        }

        shadow.Take(AccountTurn.Decide(cause, new TurnContext(turn.Position, turn.At, library, states, workspace)));
    }
}
