using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Decisions;

/// <summary>Scratch memory of one partition loop, reused from turn to turn so that a rejected candidate allocates nothing.</summary>
public sealed class DecisionWorkspace
{
    private Finalist[] finalists = new Finalist[64];
    private Answer.Recorded recorded = new(0, Duplicate: false);

    public Facts Facts { get; } = new();

    internal TurnBuilder Turn { get; } = new();

    /// <summary>Set to record every candidate and what removed it (Explain); null on the hot path.</summary>
    public DecisionTrace? Trace { get; set; }

    /// <summary>Looks at one play and one condition after the other, as it does to record them: for whoever wants to see that deciding by index comes to the same.</summary>
    public bool Walks { get; set; }

    /// <summary>A playbook that is asked beside the one that decides; null on the hot path.</summary>
    internal WhatIf.Rival? Rival { get; set; }

    internal Sieve Sieve { get; } = new();

    internal RecentTexts Texts { get; } = new();

    internal Sieve SieveFor(CandidateIndex index, int people)
    {
        Sieve.Begin(index, people);
        return Sieve;
    }

    /// <summary>
    /// Whoever uses this looks at a verdict before the next turn only: its lists are then the workspace's own, filled anew by the next turn, and no copies are made. False: a
    /// verdict is its holder's for ever.
    /// </summary>
    public bool LendsVerdicts { get; init; }

    /// <summary>The answer to a signal that this frame records: one object for all of a frame.</summary>
    internal Answer.Recorded RecordedIn(long sequence) => recorded.Sequence == sequence ? recorded : recorded = new(sequence, Duplicate: false);

    internal int FinalistCount { get; private set; }

    internal ReadOnlySpan<Finalist> Finalists => finalists.AsSpan(0, FinalistCount);

    internal void Clear() => FinalistCount = 0;

    /// <summary>The place of one more finalist, to be filled: written where it stays, since there may be hundreds.</summary>
    internal ref Finalist Add()
    {
        if (FinalistCount == finalists.Length)
        {
            Array.Resize(ref finalists, finalists.Length * 2);
        }

        return ref finalists[FinalistCount++];
    }
}

/// <summary>A treatment that reached arbitration.</summary>
/// <param name="At">Index of the treatment among the play's.</param>
/// <param name="Person">Index of the person among those considered; -1 = the account as a whole.</param>
/// <param name="Context">As in <see cref="Accounts.Factors"/>; what the play and the treatment know is not repeated.</param>
/// <param name="Value">As in <see cref="Accounts.Factors"/>.</param>
/// <param name="Priority">Of the factors: compared more often than they are read.</param>
internal readonly record struct Finalist(CompiledPlay Play, int At, int Person, double Context, double Value, double Priority)
{
    public CompiledTreatment Treatment => Play.Treatments[At];

    public Factors FactorsAt(double probability) => new(Treatment.Propensity, Context, Value, Play.Lever, probability);
}
