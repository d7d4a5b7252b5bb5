using System.Collections.Immutable;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Matching;

/// <summary>Who has a value that people and accounts find each other by.</summary>
/// <param name="Accounts">Of which it is known, sorted.</param>
/// <param name="Waiting">People of whom it is known and who have no account yet, oldest first.</param>
public sealed record MatchIndex(ImmutableArray<string> Accounts, ImmutableArray<GrainKey> Waiting)
{
    public static readonly MatchIndex Empty = new([], []);

    /// <summary>More than one is as good as many: then it says nothing.</summary>
    public const int MostAccounts = 8;

    public const int MostWaiting = 64;

    internal MatchIndex With(string account, bool claimed) => this with
    {
        Accounts = !claimed ? Accounts.Remove(account) : Accounts.Contains(account) || Accounts.Length == MostAccounts ? Accounts : [.. Accounts.Add(account).Order(StringComparer.Ordinal)],
        Waiting = claimed ? [] : Waiting,
    };

    internal MatchIndex With(GrainKey waiting)
    {
        var others = Waiting.Remove(waiting);
        return this with { Waiting = [.. (others.Length < MostWaiting ? others : others.RemoveAt(0)), waiting] };
    }
}

/// <summary>A person's word on where somebody belongs; rules do not go against it.</summary>
/// <param name="Contact">In the account that remembers it.</param>
/// <param name="Account">Where they belong, or do not.</param>
/// <param name="Belongs">False: they do not belong there.</param>
/// <param name="By">Who said so.</param>
/// <param name="Reason">Why; may be empty.</param>
public sealed record MatchOverride(string Contact, string Account, bool Belongs, string By, string Reason, DateTimeOffset At);
