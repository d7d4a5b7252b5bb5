using System.Collections.Immutable;

namespace Orchestrator.Grains.Advocacy;

/// <summary>Who brought an account.</summary>
/// <param name="By">As the first signal that named somebody said: an account, or an identifier such as `email:ann@example.com`.</param>
public sealed record Referrer(string By, DateTimeOffset At);

/// <summary>An account that somebody here brought.</summary>
/// <param name="Contact">Who; empty = the account as a whole.</param>
/// <param name="Account">The one that came.</param>
public sealed record Referral(string Contact, string Account, DateTimeOffset At)
{
    /// <summary>How many are kept one by one.</summary>
    public const int Most = 64;

    internal static ImmutableArray<Referral> Add(ImmutableArray<Referral> referrals, Referral added) =>
        (referrals.Length >= Most ? referrals.RemoveAt(0) : referrals).Add(added);
}
