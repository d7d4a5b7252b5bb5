namespace Orchestrator.Simulation.Planting;

/// <summary>Bugs that are put in on purpose, one at a time, to show that the simulator would find them. Nothing outside this project can name one.</summary>
internal enum PlantedBug
{
    None = 0,

    /// <summary>Always reported: shows that reporting works.</summary>
    Canary,

    // The database.

    /// <summary>The append checks the sequence and not the epoch.</summary>
    NoEpochInWhere,

    /// <summary>The append looks at the row without holding it until it commits, as FOR KEY SHARE and a plain SELECT do.</summary>
    KeyShare,

    /// <summary>The database answers before a commit is durable, and forgets it in a restart.</summary>
    AnswerBeforeDurable,

    /// <summary>A take-over gives out the sequence of the last frame again, and the append writes over it.</summary>
    SequenceReused,

    /// <summary>Snapshots are written whatever their epoch and sequence.</summary>
    UnfencedSnapshot,

    /// <summary>The wakes of snapshots are not found again.</summary>
    WakesForgotten,

    /// <summary>The flag of snapshots with open actions is not found again.</summary>
    OffersForgotten,

    // The client of the database.

    /// <summary>After an unknown outcome the same frame is sent again at whatever sequence is next.</summary>
    RetryAfterUnknown,

    /// <summary>The end of the journal is read before the epoch is raised.</summary>
    TailReadBeforeBump,

    /// <summary>A take-over does not look at the feature level that the store has come to.</summary>
    TakeOverIgnoresLevel,

    /// <summary>What a frame says of a grain is read twice now and then when the grain is loaded.</summary>
    FrameAppliedTwice,

    /// <summary>The watermark of what was received is written with the frame after.</summary>
    WatermarkOutsideFrame,

    /// <summary>The id window is not part of the snapshot.</summary>
    IdWindowForgotten,

    /// <summary>The highest instant is not recovered, and the clock alone says what time it is.</summary>
    NowUnclamped,

    /// <summary>Two messages to one destination change places in the stored frame.</summary>
    MessagesSwapped,

    /// <summary>The client reports success when it has sent a frame.</summary>
    ReleasedBeforeCommit,

    /// <summary>An unknown outcome is taken for a success.</summary>
    UnknownTakenForWritten,

    /// <summary>A restore leaves the incarnation as it was in the backup.</summary>
    RestoreKeepsIncarnation,

    /// <summary>What waits for the release of somebody in quarantine is not written down.</summary>
    ParkedForgotten,

    /// <summary>A silo writes what it can, whatever the store's feature level is.</summary>
    LevelIgnored,

    // The engine.

    /// <summary>Memory is read whatever has become of the lease.</summary>
    ReadsWithoutLease,

    /// <summary>Whether a lease is over is told by the silo's own clock.</summary>
    LeaseBySiloClock,

    /// <summary>A message is applied though the one before it has not come.</summary>
    GapAccepted,

    /// <summary>A partition drops messages by the highest number of any source.</summary>
    DedupeByGlobalSequence,

    /// <summary>What is not acknowledged is not sent again.</summary>
    OutboxNotResent,

    /// <summary>Messages between partitions are handed on as commands of a client, and confirmed at once.</summary>
    MessagesNotDeduplicated,

    /// <summary>Callers are answered when their command is in the mailbox.</summary>
    AnsweredBeforeCommit,

    // Delivery.

    /// <summary>After a start open actions are offered under new ids.</summary>
    OfferedUnderNewId,

    /// <summary>A second settlement is told that it counts.</summary>
    SettledTwice,

    /// <summary>The hub of a silo that gave a partition away goes on to lease its actions.</summary>
    LeasedByTwoSilos,

    /// <summary>A settlement that could not be taken to the account's new silo is told that it counts.</summary>
    SettlementLostAtHandOver,

    /// <summary>A silo that is not sure any more of its partitions hands their actions out all the same.</summary>
    LeasedWhenUnsure,

    /// <summary>Somebody is put into quarantine after two deaths.</summary>
    QuarantinedTooSoon,

    /// <summary>A consumer whose relay to another silo broke is not given another.</summary>
    RelayNotResumed,

    /// <summary>Whoever opened a relay is not told that it has ended.</summary>
    RelayEndNotTold,
}
