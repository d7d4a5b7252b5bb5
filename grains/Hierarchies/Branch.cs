using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Grains.Hierarchies;

/// <summary>An account with all accounts below it, in numbers.</summary>
/// <param name="Accounts">At least 1.</param>
/// <param name="Stages">How many of the accounts are at each stage.</param>
/// <param name="Scores">Points that decay, added up; sorted by name.</param>
public sealed record Branch(long Accounts, long Contacts, long Signals, ImmutableSortedDictionary<string, long> Stages, ImmutableArray<BranchScore> Scores)
{
    public static readonly Branch None = new(0, 0, 0, AccountStanding.Of<long>(), []);

    /// <summary>This account and all below it.</summary>
    public static Branch Of(Account account)
    {
        var own = new Branch(1, account.Contacts.Count, account.SignalCount, AccountStanding.Of<long>().Add(account.Stage, 1), [.. account.Scores.Select(BranchScore.Of)]);
        return account.Standing?.Family?.Children.Values.Aggregate(own, (sum, child) => sum.Plus(child)) ?? own;
    }

    public Branch Plus(Branch other) => new(
        Accounts + other.Accounts,
        Contacts + other.Contacts,
        Signals + other.Signals,
        other.Stages.Aggregate(Stages, (all, stage) => all.SetItem(stage.Key, all.GetValueOrDefault(stage.Key) + stage.Value)),
        Merge(Scores, other.Scores));

    /// <summary>The points of this name, or null if there are none.</summary>
    public Score? FindScore(string name)
    {
        foreach (var score in Scores)
        {
            if (score.Name == name)
            {
                return score.ToScore();
            }
        }

        return null;
    }

    public bool Equals(Branch? other) => other is not null && Accounts == other.Accounts && Contacts == other.Contacts && Signals == other.Signals
        && Stages.SequenceEqual(other.Stages) && Scores.SequenceEqual(other.Scores);

    public override int GetHashCode() => unchecked((int)(Signals * 31 + Contacts));

    private static ImmutableArray<BranchScore> Merge(ImmutableArray<BranchScore> ones, ImmutableArray<BranchScore> others)
    {
        foreach (var other in others)
        {
            var at = 0;
            while (at < ones.Length && string.CompareOrdinal(ones[at].Name, other.Name) < 0)
            {
                at++;
            }

            ones = at < ones.Length && ones[at].Name == other.Name ? ones.SetItem(at, BranchScore.Of(ones[at].ToScore().Merge(other.ToScore()))) : ones.Insert(at, other);
        }

        return ones;
    }
}

/// <summary>Points that decay, without the days that only matter to the cap of a person.</summary>
/// <param name="Sum">The value at <paramref name="At"/>.</param>
/// <param name="HalfLife">Zero = does not decay.</param>
public readonly record struct BranchScore(string Name, double Sum, DateTimeOffset At, TimeSpan HalfLife)
{
    public static BranchScore Of(Score score) => new(score.Name, score.Sum, score.At, score.HalfLife);

    public Score ToScore() => new(Name, Sum, At, HalfLife, 0, 0);
}
