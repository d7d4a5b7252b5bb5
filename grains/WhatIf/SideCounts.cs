using Orchestrator.Grains.Decisions;

namespace Orchestrator.Grains.WhatIf;

/// <summary>What one side of a comparison came to.</summary>
public sealed class SideCounts
{
    /// <summary>Turns in which something was chosen, or nothing was.</summary>
    public long Decisions { get; set; }

    public Dictionary<(string Play, string Treatment, string Channel, string Department), long> Offers { get; } = [];

    public Dictionary<NoneReason, long> Nones { get; } = [];

    public Dictionary<MoveMade, long> Moves { get; } = [];

    /// <summary>Actions of each department by day, counted in days since the year 1.</summary>
    public Dictionary<(string Department, long Day), long> Load { get; } = [];

    /// <summary>Accounts that stand at each stage in the end.</summary>
    public Dictionary<string, long> Stages { get; } = [];

    /// <summary>Signals and questions refused, by why.</summary>
    public Dictionary<string, long> Refused { get; } = [];

    /// <summary>Recorded settlements of actions that were not offered here.</summary>
    public long Unmatched { get; set; }

    public CriterionCounts Criteria { get; } = new();

    public void Take(TurnOutcome outcome, DateTimeOffset at)
    {
        if (outcome.Refused is { } why)
        {
            Count(Refused, why);
            return;
        }

        Decisions += outcome.Offers.Count + outcome.Nones.Count > 0 ? 1 : 0;
        foreach (var offer in outcome.Offers)
        {
            Count(Offers, (offer.Play, offer.Treatment, offer.Channel, offer.Department));
            if (offer.Department.Length > 0)
            {
                Count(Load, (offer.Department, at.UtcTicks / TimeSpan.TicksPerDay));
            }
        }

        foreach (var none in outcome.Nones)
        {
            Count(Nones, none);
        }

        foreach (var move in outcome.Moves)
        {
            Count(Moves, move);
        }
    }

    public void Add(SideCounts other)
    {
        Decisions += other.Decisions;
        Unmatched += other.Unmatched;
        Add(Offers, other.Offers);
        Add(Nones, other.Nones);
        Add(Moves, other.Moves);
        Add(Load, other.Load);
        Add(Stages, other.Stages);
        Add(Refused, other.Refused);
        Criteria.Add(other.Criteria);
    }

    internal static void Count<T>(Dictionary<T, long> counts, T what)
        where T : notnull => System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, what, out _)++;

    private static void Add<T>(Dictionary<T, long> counts, Dictionary<T, long> others)
        where T : notnull
    {
        foreach (var (what, count) in others)
        {
            counts[what] = counts.GetValueOrDefault(what) + count;
        }
    }
}
