namespace Orchestrator.Grains.WhatIf;

/// <summary>What a replay under a draft came to, beside what it is compared with. Those of several partitions add up.</summary>
public sealed class Comparison
{
    public SideCounts Before { get; } = new();

    public SideCounts After { get; } = new();

    public long Accounts { get; set; }

    public long Signals { get; set; }

    public long Turns { get; set; }

    /// <summary>Accounts whose history does not go back to its beginning any more: they are left out.</summary>
    public long LeftOut { get; set; }

    /// <summary>Turns whose facts came from outside and stand as they are.</summary>
    public long Stood { get; set; }

    /// <summary>Visits of publishes, which neither side makes: each goes by one version from the beginning.</summary>
    public long Visits { get; set; }

    /// <summary>People who came from another account; what they brought along is as recorded.</summary>
    public long MovedIn { get; set; }

    /// <summary>Turns that offer something else.</summary>
    public long DecisionsChanged { get; set; }

    /// <summary>Turns that offer nothing on either side, for another reason.</summary>
    public long ReasonsChanged { get; set; }

    /// <summary>Turns that lead to other stages.</summary>
    public long MovesChanged { get; set; }

    /// <summary>Turns that one side refuses and the other does not.</summary>
    public long RefusalsChanged { get; set; }

    /// <summary>Accounts with anything different.</summary>
    public long AccountsChanged { get; set; }

    /// <summary>Accounts that stand at another stage in the end.</summary>
    public long AccountsElsewhere { get; set; }

    /// <summary>The first ones of what differs, in the order of time within each partition.</summary>
    public List<Difference> Examples { get; } = [];

    /// <summary>The first of the accounts that stand at another stage in the end.</summary>
    public List<(string Account, string Before, string After)> Elsewhere { get; } = [];

    /// <summary>Of the first and last frame replayed.</summary>
    public DateTimeOffset? From { get; set; }

    public DateTimeOffset? To { get; set; }

    public bool IsEmpty => DecisionsChanged + ReasonsChanged + MovesChanged + RefusalsChanged + AccountsElsewhere == 0;

    public void Add(Comparison other)
    {
        Before.Add(other.Before);
        After.Add(other.After);
        Accounts += other.Accounts;
        Signals += other.Signals;
        Turns += other.Turns;
        LeftOut += other.LeftOut;
        Stood += other.Stood;
        MovedIn += other.MovedIn;
        Visits += other.Visits;
        DecisionsChanged += other.DecisionsChanged;
        ReasonsChanged += other.ReasonsChanged;
        MovesChanged += other.MovesChanged;
        RefusalsChanged += other.RefusalsChanged;
        AccountsChanged += other.AccountsChanged;
        AccountsElsewhere += other.AccountsElsewhere;
        Examples.AddRange(other.Examples);
        Elsewhere.AddRange(other.Elsewhere);
        From = From is { } from && !(other.From < from) ? from : other.From;
        To = To is { } to && !(other.To > to) ? to : other.To;
    }
}

/// <summary>A turn that came out differently.</summary>
/// <param name="Cause">What it answered.</param>
public sealed record Difference(string Account, DateTimeOffset At, string Cause, string Before, string After);
