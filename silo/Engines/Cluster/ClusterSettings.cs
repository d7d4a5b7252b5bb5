using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>Who a silo is in its cluster, and the times and bounds by which it plays its part. All times are the machine's.</summary>
public sealed record ClusterSettings
{
    /// <summary>This process, unique among all that ever open the store: the owner's name in partition rows.</summary>
    public required string Silo { get; init; }

    /// <summary>Where other silos reach it, <c>host:port</c>.</summary>
    public required string Address { get; init; }

    /// <summary>Where it stands; empty if nobody says.</summary>
    public string Zone { get; init; } = "";

    /// <summary>The highest feature level that this version can read.</summary>
    public int Level { get; init; } = Journal.FeatureLevel.Current;

    /// <summary>Catalogs whose playbooks must be known before anything is decided here.</summary>
    public IReadOnlyList<GrainKey> Catalogs { get; init; } = [];

    /// <summary>How long the silo counts as alive after a renewal.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Memory is read only until this long before the lease is over, and then everything is dropped: the database's clock may be a little faster than this machine's, and others look when the
    /// lease ends.
    /// </summary>
    public TimeSpan ReadMargin { get; init; } = TimeSpan.FromMilliseconds(500);

    public TimeSpan RenewEvery { get; init; } = TimeSpan.FromMilliseconds(1500);

    /// <summary>Instead of <see cref="RenewEvery"/> while somebody is missed or a renewal failed: who takes over must not learn of it late. At the end of another silo's lease it is at once.</summary>
    public TimeSpan HurryEvery { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A loop that wakes later than this share of the lease knows that it was not running: it drops its partitions and accuses nobody.</summary>
    public double StallShare { get; init; } = 0.6;

    /// <summary>Partitions that are taken at the same time at first; one more for each that was taken, up to <see cref="MostClaims"/>. With Orleans: in the first step, twice as many in each step after it.</summary>
    public int FirstClaims { get; init; } = 8;

    public int MostClaims { get; init; } = 64;

    /// <summary>A partition that could not be taken is tried again after this; also how often what is free is looked for where nothing has called for it.</summary>
    public TimeSpan ClaimStep { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Commands wait this long for a partition that is on its way to another silo.</summary>
    public TimeSpan MovePatience { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Most commands that wait for partitions on their way.</summary>
    public int MostHeld { get; init; } = 65_536;

    /// <summary>Most unanswered questions to one silo; also what this silo grants to each of the others.</summary>
    public int LinkCredit { get; init; } = 16_384;

    /// <summary>A question that is not answered within this is given up: its outcome is not known.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Told to callers that are turned away.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Partitions move to even the load when it is more uneven than this share of the mean ...</summary>
    public double MostSpread { get; init; } = 0.2;

    /// <summary>... for this long.</summary>
    public TimeSpan SpreadFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Partitions handed over at once by a silo that drains or leaves; to even the load it is one.</summary>
    public int MovesAtOnce { get; init; } = 8;

    /// <summary>A silo that was told to stop gives its partitions away for at most this long.</summary>
    public TimeSpan LeaveWithin { get; init; } = TimeSpan.FromSeconds(15);
}
