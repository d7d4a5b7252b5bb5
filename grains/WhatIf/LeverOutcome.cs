using System.Runtime.InteropServices;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.WhatIf;

/// <summary>What a replay came to, as far as levers are weighed by it. Those of several partitions add up.</summary>
public sealed class LeverOutcome
{
    private readonly Dictionary<string, string> open = new(StringComparer.Ordinal);
    private readonly HashSet<GrainKey> people = [];
    private readonly HashSet<string> accounts = new(StringComparer.Ordinal);
    private long peopleElsewhere;
    private long accountsElsewhere;

    public long Actions { get; private set; }

    /// <summary>People that something was offered to.</summary>
    public long People => peopleElsewhere + people.Count;

    public long Accounts => accountsElsewhere + accounts.Count;

    /// <summary>Sum over the actions of propensity x context x value, minor currency units; levers are what is tried, not worth anything.</summary>
    public double ExpectedValue { get; private set; }

    /// <summary>Choices that came to nothing because of a limit of the contact policy or of capacity.</summary>
    public long CapsHit { get; private set; }

    public Dictionary<string, long> Moves { get; } = new(StringComparer.Ordinal);

    /// <summary>Actions offered and ended, by department (empty: none) and day, counted in days since the year 1.</summary>
    public SortedDictionary<(string Department, long Day), (long Offered, long Ended)> Load { get; } = [];

    /// <summary>Takes what happened in a turn.</summary>
    public void Take(DateTimeOffset at, IReadOnlyList<Fact> facts)
    {
        var day = at.UtcTicks / TimeSpan.TicksPerDay;
        for (var i = 0; i < facts.Count; i++)
        {
            switch (facts[i].Event)
            {
                case AccountEvent.ActionOffered(var action, _):
                    Actions++;
                    ExpectedValue += action.Factors.Propensity * action.Factors.Context * action.Factors.Value;
                    accounts.Add(facts[i].Grain.Affinity);
                    if (action.Contact.Length > 0)
                    {
                        people.Add(GrainKey.Contact(facts[i].Grain.Tenant, facts[i].Grain.Affinity, action.Contact));
                    }

                    open[action.Id] = action.Department;
                    Count(action.Department, day, offered: 1, ended: 0);
                    break;
                case AccountEvent.ActionEnded ended when open.Remove(ended.Id, out var department):
                    Count(department, day, offered: 0, ended: 1);
                    break;
                case AccountEvent.NoneDecided(var reason) when IsLimit(reason):
                    CapsHit++;
                    break;
                case AccountEvent.StageEntered moved:
                    CollectionsMarshal.GetValueRefOrAddDefault(Moves, moved.Transition, out _)++;
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Adds another partition's: its accounts are others.</summary>
    public void Add(LeverOutcome other)
    {
        Actions += other.Actions;
        ExpectedValue += other.ExpectedValue;
        CapsHit += other.CapsHit;
        peopleElsewhere += other.People;
        accountsElsewhere += other.Accounts;
        foreach (var (move, count) in other.Moves)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(Moves, move, out _) += count;
        }

        foreach (var ((department, day), (offered, ended)) in other.Load)
        {
            Count(department, day, offered, ended);
        }
    }

    /// <summary>Each department with its actions, its busiest day and the most that it had in hand at the end of a day.</summary>
    public IEnumerable<(string Department, long Actions, long BusiestDay, long MostOpen)> Departments() =>
        Load.GroupBy(l => l.Key.Department, StringComparer.Ordinal).Select(g =>
        {
            long now = 0;
            var most = g.Max(l => now += l.Value.Offered - l.Value.Ended);
            return (g.Key, g.Sum(l => l.Value.Offered), g.Max(l => l.Value.Offered), most);
        });

    private static bool IsLimit(NoneReason reason) => reason is NoneReason.OverCap or NoneReason.Resting or NoneReason.PeoplePerWeek or NoneReason.NoCapacity;

    private void Count(string department, long day, long offered, long ended)
    {
        var (o, e) = Load.GetValueOrDefault((department, day));
        Load[(department, day)] = (o + offered, e + ended);
    }
}
