namespace Orchestrator.Silo.Delivery;

/// <summary>One reader of a subscription: a stream, or a pull while it waits. A handle; everything in it belongs to the hub's lock.</summary>
/// <remarks>
/// Memory is bounded by its credit: a lease that ended before anybody read it keeps its credit until it is read past, so a consumer that
/// does not read gets at most its credit, once.
/// </remarks>
public sealed class Consumer
{
    internal Consumer(Subscription subscription, ConsumerTerms terms)
    {
        Subscription = subscription;
        Terms = terms;
        Credit = terms.MaxOutstanding;
    }

    internal Subscription Subscription { get; }

    internal ConsumerTerms Terms { get; }

    /// <summary>How much of its credit counts at this hub: all of it, unless other silos' hubs have a share.</summary>
    internal int Credit { get; set; }

    /// <summary>Part of its credit is elsewhere: its bell rings also when actions wait for which it has none here, and when some is free again.</summary>
    internal bool IsShared { get; set; }

    internal Bell Bell { get; } = new();

    internal HashSet<Lease> Leases { get; } = [];

    /// <summary>Granted and not yet read, in order; some may be over.</summary>
    internal Queue<Lease> Outbox { get; } = new();

    internal List<Revoked> Revocations { get; } = [];

    internal int StaleUnread { get; set; }

    internal bool InRing { get; set; }

    internal bool Closed { get; set; }

    /// <summary>Set when this consumer should go elsewhere.</summary>
    internal TimeSpan? Drain { get; set; }

    internal bool HasCredit => !Closed && Drain is null && Used < Credit;

    /// <summary>Unsettled actions, unread ones included.</summary>
    internal int Used => Leases.Count + StaleUnread;
}

/// <summary>What a consumer asked for, checked.</summary>
/// <param name="MaxOutstanding">Most unsettled actions, 1 to 10,000.</param>
/// <param name="Lease">1 s to 10 min.</param>
/// <param name="ReleaseOnClose">Frees its leases at once when it closes.</param>
public readonly record struct ConsumerTerms(int MaxOutstanding, TimeSpan Lease, bool ReleaseOnClose);

/// <summary>An action that its holder should no longer carry out.</summary>
public readonly record struct Revoked(string ActionId, string Reason);
