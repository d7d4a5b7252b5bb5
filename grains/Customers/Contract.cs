namespace Orchestrator.Grains.Customers;

/// <summary>The contract as it was signed last.</summary>
/// <param name="Amount">Minor units; null = not known.</param>
/// <param name="RenewsAt">Null = not known.</param>
public sealed record Contract(DateTimeOffset SignedAt, double? Amount, DateTimeOffset? RenewsAt)
{
    /// <summary>The one signed later, whichever was told first.</summary>
    public static Contract Later(Contract? one, Contract other) => one is null || other.SignedAt >= one.SignedAt ? other : one;
}
