using Orchestrator.Grains.Scores;

namespace Orchestrator.Grains.Lateness;

/// <summary>A fact about signals that came late.</summary>
public abstract record LatenessEvent
{
    private LatenessEvent()
    {
    }

    /// <summary>A signal came after the account had been judged without it.</summary>
    /// <param name="Due">When everything since is judged anew.</param>
    public sealed record Came(LateSignal Signal, DateTimeOffset Due) : LatenessEvent;

    /// <summary>Whoever reads the journal was asked to judge anew.</summary>
    /// <param name="Next">When they are asked again if nothing comes of it.</param>
    public sealed record Sought(DateTimeOffset At, DateTimeOffset Next) : LatenessEvent;

    /// <summary>Everything was judged anew in the order in which it happened. Moves, roles, consents and actions taken back are facts of their own, in the same turn.</summary>
    /// <param name="StageSince">Since when the account would have been in its stage; null: as known.</param>
    /// <param name="Scores">The account's, only those that differ.</param>
    public sealed record Corrected(Correction Correction, DateTimeOffset? StageSince, IReadOnlyList<Score> Scores) : LatenessEvent
    {
        /// <summary>The transition by which the account would have come to its stage; null: as known.</summary>
        public string? StageBy { get; init; }

        /// <summary>Whether it would have stayed there for longer than agreed; null: as known. Nobody is told.</summary>
        public bool? SlaBreached { get; init; }

        /// <summary>When the account would have been met; null: as known.</summary>
        public DateTimeOffset? OpenedAt { get; init; }

        /// <summary>When people would have been heard of last; only those who differ.</summary>
        public IReadOnlyList<HeardOf> Heard { get; init; } = [];
    }

    /// <summary>A room is from now on what it would be if its signals had come in the order in which they happened.</summary>
    /// <param name="Would">The room's parts.</param>
    /// <param name="Changes">What differs, in words.</param>
    /// <param name="Signals">The cause: ids of those that came late.</param>
    public sealed record RoomCorrected(Room Room, RoomState Would, IReadOnlyList<string> Changes, IReadOnlyList<string> Signals, DateTimeOffset At) : LatenessEvent;
}
