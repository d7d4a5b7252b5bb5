using System.Collections.Immutable;

namespace Orchestrator.Grains.Lateness;

/// <summary>What was put right because signals came late.</summary>
/// <param name="At">When.</param>
/// <param name="Since">The earliest instant from which everything was judged anew.</param>
/// <param name="Signals">Those that came late; at most <see cref="LatenessState.MostPending"/>.</param>
/// <param name="StageBefore">Where the account stood.</param>
/// <param name="StageAfter">Where it would stand, and stands now.</param>
/// <param name="Changed">At most <see cref="LatenessState.MostChanged"/>, by instant.</param>
/// <param name="Unlisted">How many there are beyond those.</param>
/// <param name="Also">What else was put right (roles, consent, scores), in words.</param>
/// <param name="Undetermined">Why it could not be worked out; empty: it was.</param>
public sealed record Correction(
    DateTimeOffset At,
    DateTimeOffset Since,
    ImmutableArray<LateSignal> Signals,
    string StageBefore,
    string StageAfter,
    ImmutableArray<ChangedDecision> Changed,
    int Unlisted,
    ImmutableArray<string> Also,
    string Undetermined)
{
    /// <summary>The rooms that were put right, in the order of <see cref="Room"/>; each is a fact of its own.</summary>
    public ImmutableArray<CorrectedRoom> Rooms { get; init; } = [];

    /// <summary>Done decisions that would not have been made.</summary>
    public int DoneInError => Changed.Count(c => c.Kind == ChangeKind.Done);
}
