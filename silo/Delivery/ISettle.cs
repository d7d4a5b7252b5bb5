using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Delivery;

/// <summary>Takes a settlement to the account, which is the durable truth: the first settlement counts.</summary>
/// <remarks>
/// Called by <see cref="DeliveryHub"/> without any lock held, from the caller's context, and never twice at a time for one action. An answer of
/// <see cref="SettleAnswer.Settled"/> means that it is durable. A settled <see cref="Settlement.Retry"/> makes the account offer the action again
/// (<see cref="DeliveryHub.Offer"/>), before or after this call returns.
/// </remarks>
public interface ISettle
{
    /// <param name="account">The account whose action it is.</param>
    /// <param name="actionId">Read from an ack id that we signed.</param>
    /// <param name="settlement">Checked against the contract's bounds.</param>
    /// <param name="cancel">Fires when the server gives up; the outcome is unknown then.</param>
    ValueTask<SettleAnswer> SettleAsync(GrainKey account, string actionId, Settlement settlement, CancellationToken cancel);
}

/// <summary>What the account said to a settlement.</summary>
public abstract record SettleAnswer
{
    private SettleAnswer()
    {
    }

    /// <summary>It counts and is durable.</summary>
    public sealed record Settled : SettleAnswer
    {
        public static readonly Settled Instance = new();
    }

    /// <summary>The action had ended before; nothing changed.</summary>
    public sealed record AlreadySettled : SettleAnswer
    {
        public static readonly AlreadySettled Instance = new();
    }

    /// <summary>The account does not know the action, or no longer.</summary>
    public sealed record Unknown : SettleAnswer
    {
        public static readonly Unknown Instance = new();
    }

    /// <summary>The action takes no such answer; nothing happened.</summary>
    public sealed record Refused(string Reason) : SettleAnswer;

    /// <summary>Not now; nothing happened.</summary>
    public sealed record Overloaded(TimeSpan RetryAfter) : SettleAnswer;

    /// <summary>Not reached, or reached with unknown outcome.</summary>
    public sealed record Unavailable(string Reason) : SettleAnswer;
}
