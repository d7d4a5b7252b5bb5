using System.Runtime.InteropServices;
using Orchestrator.Grains.WhatIf;

namespace Orchestrator.Grains.Shadows;

/// <summary>What an agreement is counted by. The numbers are stored and are those of the contract: never renumber.</summary>
public enum AgreementOf
{
    /// <summary>The stage before the turn; counts decisions.</summary>
    Stage = 1,

    /// <summary>Counts offers.</summary>
    Play = 2,

    /// <summary>Counts offers that go to one.</summary>
    Department = 3,
}

/// <summary>How often both came to the same, and how often only one of them did it.</summary>
/// <param name="LiveOnly">Offers that only the live playbook made; decisions that differ, where decisions are counted.</param>
/// <param name="ShadowOnly">Offers that only the shadow made.</param>
public readonly record struct AgreementCounts(long Same, long LiveOnly, long ShadowOnly)
{
    internal AgreementCounts Plus(long same, long liveOnly, long shadowOnly) => new(Same + same, LiveOnly + liveOnly, ShadowOnly + shadowOnly);
}

/// <summary>How a shadow and the live playbook compare: what differs, and what agrees.</summary>
public sealed class ShadowTally
{
    /// <summary>Before = the live playbook, after = the shadow.</summary>
    public Comparison Comparison { get; } = new();

    public Dictionary<(AgreementOf Of, string Name), AgreementCounts> Agreements { get; } = [];

    /// <summary>Turns in which either side chose something, or nothing.</summary>
    public long Decisions { get; set; }

    public long Same { get; set; }

    /// <summary>Turns of accounts whose state before could not be had.</summary>
    public long LeftOut { get; set; }

    internal void Count(string stage, TurnOutcome live, TurnOutcome shadow, bool differs)
    {
        Decisions++;
        Same += differs ? 0 : 1;
        Add(AgreementOf.Stage, stage, same: differs ? 0 : 1, liveOnly: differs ? 1 : 0, shadowOnly: 0);
        foreach (var offer in live.Offers)
        {
            var both = shadow.Offers.Contains(offer);
            Add(offer, same: both ? 1 : 0, liveOnly: both ? 0 : 1, shadowOnly: 0);
        }

        foreach (var offer in shadow.Offers)
        {
            if (!live.Offers.Contains(offer))
            {
                Add(offer, same: 0, liveOnly: 0, shadowOnly: 1);
            }
        }
    }

    private void Add(OfferMade offer, long same, long liveOnly, long shadowOnly)
    {
        Add(AgreementOf.Play, offer.Play, same, liveOnly, shadowOnly);
        if (offer.Department.Length > 0)
        {
            Add(AgreementOf.Department, offer.Department, same, liveOnly, shadowOnly);
        }
    }

    private void Add(AgreementOf of, string name, long same, long liveOnly, long shadowOnly)
    {
        ref var counts = ref CollectionsMarshal.GetValueRefOrAddDefault(Agreements, (of, name), out _);
        counts = counts.Plus(same, liveOnly, shadowOnly);
    }
}
