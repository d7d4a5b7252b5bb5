using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Grains.DataQuality;

/// <summary>Other accounts that may be the same company as this one, and by what.</summary>
/// <param name="By">By kind of evidence: accounts that have the same, sorted; at most <see cref="Matching.MatchIndex.MostAccounts"/> each.</param>
/// <param name="Dismissed">Accounts that somebody said to be others; sorted.</param>
public sealed record AccountTwins(ImmutableSortedDictionary<string, ImmutableArray<string>> By, ImmutableArray<string> Dismissed)
{
    /// <summary>From this score on an account is suspected.</summary>
    public const double Suspected = 0.5;

    /// <summary>How many accounts are remembered that somebody said to be others; the one that comes first by name is forgotten first.</summary>
    public const int MostDismissed = 64;

    public static readonly AccountTwins None = new(AccountStanding.Of<ImmutableArray<string>>(), []);

    /// <summary>How likely two accounts with the same are one company, each kind by itself; they add up as independent evidence does.</summary>
    public static double WeightOf(string kind) => kind switch
    {
        TwinKinds.Number => 0.95,
        TwinKinds.Domain => 0.6,
        TwinKinds.Name => 0.5,
        TwinKinds.Phone => 0.4,
        TwinKinds.Contacts => 0.3,
        _ => 0,
    };

    /// <summary>The accounts that are suspected, the likeliest first, then by id.</summary>
    public static IReadOnlyList<SuspectedAccount> Of(Account account)
    {
        if (account.Standing?.Twins is not { } twins)
        {
            return [];
        }

        return [.. twins.By.SelectMany(by => by.Value.Select(other => (Other: other, Kind: by.Key)))
            .Where(t => !twins.Dismissed.Contains(t.Other))
            .GroupBy(t => t.Other, StringComparer.Ordinal)
            .Select(t => new SuspectedAccount(t.Key, 1 - t.Aggregate(1.0, (none, kind) => none * (1 - WeightOf(kind.Kind))), [.. t.Select(k => k.Kind)]))
            .Where(t => t.Score >= Suspected)
            .OrderByDescending(t => t.Score).ThenBy(t => t.Account, StringComparer.Ordinal)];
    }

    /// <summary>[0, 1]: the share of people who are not suspected, less the strongest suspicion that the account is another one.</summary>
    public static double Unique(Account account) => Likeness.Unique(account) * (1 - (Of(account) is [var likeliest, ..] ? likeliest.Score : 0));

    internal static AccountTwins Evolve(AccountTwins? twins, StandingEvent @event)
    {
        var now = twins ?? None;
        return @event switch
        {
            StandingEvent.TwinsHeard e => now with { By = e.Accounts.Count == 0 ? now.By.Remove(e.Kind) : now.By.SetItem(e.Kind, [.. e.Accounts]) },
            StandingEvent.TwinDismissed e => now with { Dismissed = [.. now.Dismissed.Remove(e.Account).Add(e.Account).Order(StringComparer.Ordinal).TakeLast(MostDismissed)] },
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>An account has become part of this one.</summary>
    internal AccountTwins Without(string account) => this with
    {
        By = By.SetItems(By.Select(b => KeyValuePair.Create(b.Key, b.Value.Remove(account)))).RemoveRange(By.Where(b => b.Value is [var only] && only == account).Select(b => b.Key)),
        Dismissed = Dismissed.Remove(account),
    };
}

/// <summary>An account that may be the same company.</summary>
/// <param name="Score">How likely, in [0.5, 1].</param>
/// <param name="Kinds">By what; sorted.</param>
public sealed record SuspectedAccount(string Account, double Score, ImmutableArray<string> Kinds);

/// <summary>By what two accounts may be found to be one company, in the words of the playbook.</summary>
public static class TwinKinds
{
    public const string Number = "number";
    public const string Domain = "domain";
    public const string Name = "name";
    public const string Phone = "phone";
    public const string Contacts = "contacts";

    /// <summary>The grain that knows whose a value is has a key of its own, which no rule of the matching can have.</summary>
    internal const char Mark = '~';
}

/// <summary>By which attributes accounts are compared; each may be empty.</summary>
/// <param name="Name">The name, and what else must be the same with it, such as the place.</param>
public sealed record TwinsDefinition(ImmutableArray<string> Name, ImmutableArray<string> Domain, ImmutableArray<string> Number, ImmutableArray<string> Phone, bool Contacts);
