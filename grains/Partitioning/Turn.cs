using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms.Levels;

namespace Orchestrator.Grains.Partitioning;

/// <summary>The grains that are in memory now.</summary>
public interface IGrains
{
    /// <summary>False if the grain is not loaded; true with null if it is known not to exist.</summary>
    bool TryGet(GrainKey key, out GrainState? state);

    /// <summary>
    /// Whether it is known that everybody who has an action of the account open is loaded and is nobody else by now. A turn may have to take any of these back, but asking for each of them for each
    /// signal took a twentieth of a silo's time.
    /// </summary>
    bool KnowsHolders(Accounts.Account account) => false;

    /// <summary>Everybody who has an action of the account open was just found to be loaded, and to be nobody else by now.</summary>
    void NoteHolders(Accounts.Account account)
    {
    }
}

/// <summary>Where a turn stands: unique and stable for ever, since a frame that is refused takes its turns with it.</summary>
/// <param name="Partition">Number, from 0.</param>
/// <param name="Sequence">The sequence that the turn's frame will have, from 1.</param>
/// <param name="Turn">The turn within the frame, from 0.</param>
public readonly record struct TurnPosition(int Partition, long Sequence, int Turn)
{
    /// <summary>
    /// Of the store when the frame was written, or 0 where its frame does not say. After a restore the same sequences are given out once more, for other turns, while the
    /// world may still hold what the first ones gave it: so a restored store's ids are others.
    /// </summary>
    public long Incarnation { get; init; }

    /// <summary>The seed of everything that the turn draws, and the stem of the ids that it gives out. Of a store that was never restored, it does not depend on the incarnation.</summary>
    public ulong Seed => Incarnation <= 1
        ? StableHash.Of((ulong)Partition, (ulong)Sequence, (ulong)Turn)
        : StableHash.Of(StableHash.Of((ulong)Partition, (ulong)Sequence, (ulong)Turn), (ulong)Incarnation, 0);

    /// <summary>A new id with a one-letter prefix; <paramref name="ordinal"/> tells apart the ids of one turn.</summary>
    public string NewId(char prefix, int ordinal) => StableIds.Format(prefix, StableHash.Of(Seed, (ulong)prefix, (ulong)ordinal));
}

/// <summary>Everything outside the grains that a decision may look at.</summary>
/// <param name="Position">Where the turn stands.</param>
/// <param name="Now">The partition's instant; never goes back.</param>
/// <param name="Playbooks">All published versions; the current one decides.</param>
/// <param name="Grains">The grains in memory, with what earlier turns of the batch did to them.</param>
/// <param name="Workspace">Scratch memory of the partition's loop, reused from turn to turn; holds nothing between turns.</param>
public readonly record struct TurnContext(TurnPosition Position, DateTimeOffset Now, PlaybookLibrary Playbooks, IGrains Grains, DecisionWorkspace Workspace)
{
    /// <summary>The feature level at which may be written. Below the highest, what an older silo could not read is left out where a decision can do without it.</summary>
    public int Level { get; init; } = FormLevels.Highest;
}

/// <summary>The answer to a command.</summary>
public abstract record Verdict
{
    private Verdict()
    {
    }

    /// <param name="Facts">What happened, in order; may be empty (a duplicate, a read).</param>
    /// <param name="Wakes">The new wake instants of grains this turn touched.</param>
    /// <param name="Effects">What to do in the world once the facts are durable.</param>
    /// <param name="Answer">For whoever sent the command.</param>
    public sealed record Accepted(IReadOnlyList<Fact> Facts, IReadOnlyList<WakeAt> Wakes, IReadOnlyList<Effect> Effects, Answer Answer) : Verdict
    {
        /// <summary>
        /// The states that folding <see cref="Facts"/> gives, one for each grain they concern, with its wake; null = whoever needs them folds. A judge that has folded
        /// them already hands them over, so that it is not done twice.
        /// </summary>
        public IReadOnlyList<GrainState>? Folded { get; init; }
    }

    /// <summary>Refused, with the facts of why; nothing happens.</summary>
    public sealed record Rejected(Rejection Rejection) : Verdict;
}

/// <summary>One event of one grain.</summary>
public readonly record struct Fact(GrainKey Grain, GrainEvent Event);

/// <summary>When a grain wants to be woken next; null = never.</summary>
public readonly record struct WakeAt(GrainKey Grain, DateTimeOffset? At);
