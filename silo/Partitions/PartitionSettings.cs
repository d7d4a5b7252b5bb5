namespace Orchestrator.Silo.Partitions;

/// <summary>Bounds of one partition and of the silo's committer. The defaults are what the measurements in tests/Bench were made with.</summary>
public sealed record PartitionSettings
{
    public static readonly PartitionSettings Default = new();

    /// <summary>Most commands that may wait at one partition; more are answered with an overload.</summary>
    public int MailboxLimit { get; init; } = 8_192;

    /// <summary>Most bytes of commands that may wait at one partition.</summary>
    public long MailboxLimitBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Told to callers that are turned away.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Most commands from outside that one batch takes.</summary>
    public int BatchLimit { get; init; } = 512;

    /// <summary>Most bytes of commands that one batch takes; keeps a frame far below the store's 16 MiB.</summary>
    public long BatchLimitBytes { get; init; } = 1024 * 1024;

    /// <summary>Most turns of one batch, those caused by messages within the partition included; further messages go to the next batch.</summary>
    public int TurnLimit { get; init; } = 2_048;

    /// <summary>Most grains that one batch wakes because they are due: after a long stop the rest follow in order.</summary>
    public int WakesPerBatch { get; init; } = 128;

    /// <summary>The committer writes at the latest this long after the first frame came.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Between the beginnings of two transactions at least, unless enough is there: fewer and larger frames, so fewer bytes a signal where each frame costs a row, for answers that come later. Zero = none.</summary>
    public TimeSpan CommitPause { get; init; }

    /// <summary>The committer waits no longer once this many events are there.</summary>
    public int FlushEvents { get; init; } = 512;

    /// <summary>The committer waits no longer once this many bytes are there.</summary>
    public int FlushBytes { get; init; } = 256 * 1024;

    /// <summary>Most grains that one partition keeps in memory.</summary>
    public int ResidentLimit { get; init; } = 20_000;

    /// <summary>Most estimated bytes of grains that one partition keeps in memory.</summary>
    public long ResidentLimitBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Most estimated bytes of grains that all partitions of the store would keep in memory together; each has an equal share.</summary>
    public long AllResidentLimitBytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary>A grain that was not loaded or changed for so long leaves memory once a snapshot includes it. By the machine's clock.</summary>
    public TimeSpan IdleAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A grain is saved when this many events would have to be folded to get it back; for a state above 12.8 kB as stored that many again for each 6.4 kB, up to eight times as many.</summary>
    public int SnapshotEvents { get; init; } = 256;

    /// <summary>Grains are saved, oldest change first, when this many frame entries are behind no checkpoint.</summary>
    public int TailLimit { get; init; } = 4_096;

    /// <summary>Grains are saved at the latest this long after their first unsaved change.</summary>
    public TimeSpan TailAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A partition that has been idle for so long saves a checkpoint however few frames it is for: retention drops nothing above it, and a store may drop days as a whole only.</summary>
    public TimeSpan CheckpointAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Share of the written bytes that snapshots may take while the tail is not far above its limit, in (0, 1).</summary>
    public double SnapshotShare { get; init; } = 0.2;

    /// <summary>Most grains saved with one frame.</summary>
    public int SnapshotsPerFrame { get; init; } = 256;

    /// <summary>Messages to other partitions that are not acknowledged are sent again after this.</summary>
    public TimeSpan ResendAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Wait before a partition tries again after the store failed or was full.</summary>
    public TimeSpan FailurePause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>A partition looks at the clock again at least this often, since a wall clock may jump without its timers noticing.</summary>
    public TimeSpan LongestSleep { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A step that takes longer is logged as a warning.</summary>
    public TimeSpan SlowStep { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>After so many owners in a row that did not leave in order, the next one decides one command at a time and writes first which.</summary>
    public int CarefulAfter { get; init; } = 2;

    /// <summary>After so many deaths with a command of one grain open, none of whose commands was survived in between, the grain goes to quarantine.</summary>
    public int QuarantineAfter { get; init; } = 5;

    /// <summary>An owner that has survived so many commands, or committed so many events, has nothing to fear: owners before it count no more.</summary>
    public int WellAfterEvents { get; init; } = 200;

    /// <summary>The bounds of each of so many partitions.</summary>
    public PartitionSettings SharedBy(int partitions) => this with { ResidentLimitBytes = Math.Min(ResidentLimitBytes, AllResidentLimitBytes / partitions) };
}
