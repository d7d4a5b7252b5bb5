namespace Orchestrator.Silo.Delivery;

/// <summary>Times and bounds of delivery. The bounds of the contract (lease, credit, delay) are in <see cref="Limits"/>.</summary>
public sealed record DeliveryOptions
{
    /// <summary>How long a subscription keeps its filter after its last consumer and lease have gone. Real time. Default 1 min.</summary>
    public TimeSpan SubscriptionGrace { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest silence on a stream. Real time. Default 15 s.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often validity is looked at at least, in business time: a wall clock may jump, and a timer does not see it. Default 30 s; an accelerated clock needs it less.</summary>
    public TimeSpan LongestSleep { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Tells apart the leases of one start of the silo from those of another, so that an ack id from before a restart settles but cannot prolong somebody
    /// else's lease. Null: the lease clock's reading at the start.
    /// </summary>
    public long? Incarnation { get; init; }
}

/// <summary>The bounds of the public contract (actions.proto).</summary>
public static class Limits
{
    public const int DefaultOutstanding = 100;
    public const int MostOutstanding = 10_000;
    public const int MostPulled = 1_000;
    public const int MostInOneCall = 1_000;
    public const int SubscriptionNameLength = 64;
    public const int OutcomeBytes = 64;
    public const int ReasonBytes = 1_024;
    public const int NoteBytes = 4_096;
    public const int ByBytes = 256;

    /// <summary>No more actions are added to a response beyond this: it stays well below the 4 MiB that gRPC clients take by default.</summary>
    public const int ResponseBytes = 1 << 20;

    /// <summary>Values in one list of a filter.</summary>
    public const int MostFilterValues = 1_000;

    /// <summary>Bytes of one value of a filter.</summary>
    public const int FilterValueBytes = 128;

    public static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestLease = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan DefaultLease = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan LongestRetryDelay = TimeSpan.FromHours(24);
    public static readonly TimeSpan LongestSnooze = TimeSpan.FromDays(366);
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
}
