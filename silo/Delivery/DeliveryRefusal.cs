namespace Orchestrator.Silo.Delivery;

/// <summary>Why a stream or a call cannot be served; the adapter maps it to a gRPC status.</summary>
public enum RefusalKind
{
    /// <summary>A field is out of range.</summary>
    Invalid,

    /// <summary>The subscription is open with another filter.</summary>
    OtherFilter,

    /// <summary>This silo is shutting down; go elsewhere.</summary>
    Draining,
}

/// <summary>Ends a stream or a call with a reason that the caller can act on.</summary>
#pragma warning disable CA1032 // Without a kind there is nothing to map.
public sealed class DeliveryRefusedException(RefusalKind kind, string message) : Exception(message)
#pragma warning restore CA1032
{
    public RefusalKind Kind { get; } = kind;
}
