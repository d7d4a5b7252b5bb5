using Orchestrator.V1;

namespace Orchestrator.Client;

/// <summary>Settings of an <see cref="ActionSubscription"/>; the limits are those of <c>SubscribeRequest.Open</c>.</summary>
public sealed record ActionSubscriptionOptions
{
    /// <summary>1 to 64 characters of a-z, 0-9, "-" and ".". Consumers that name the same subscription share its actions.</summary>
    public required string Subscription { get; init; }

    /// <summary>Which actions; null takes all.</summary>
    public ActionFilter? Filter { get; init; }

    /// <summary>Unsettled actions held at most, 1 to 10,000.</summary>
    public int MaxOutstanding { get; init; } = 100;

    /// <summary>Lease of each action, 1 s to 10 min.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Frees the leases at once when the stream ends.</summary>
    public bool ReleaseOnClose { get; init; }

    /// <summary>Told when a leased action is no longer wanted; called from the loop that takes actions.</summary>
    public Action<SubscribeResponse.Types.Revocation>? Revoked { get; init; }

    /// <summary>Silence after which the connection counts as lost; the server says something every 15 s.</summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>Waits between attempts to connect, and between attempts to settle.</summary>
    public RetryPolicy Reconnect { get; init; } = new();

    /// <summary>Clock of the waits.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
