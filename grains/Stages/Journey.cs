using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Recycling;

namespace Orchestrator.Grains.Stages;

/// <summary>What an account keeps of its way through the stages, beyond where it stands. An account that needs none of it has none.</summary>
public sealed record Journey
{
    /// <summary>How many entries (transition and business key) are remembered.</summary>
    public const int MostEntries = 64;

    public static readonly Journey Empty = new();

    public RecycleRecord Recycle { get; init; } = RecycleRecord.None;

    /// <summary>By transitions that limit coming again; the one that was entered last stands last.</summary>
    public ImmutableArray<StageEntry> Entries { get; init; } = [];

    /// <summary>The latest; null if there never was one.</summary>
    public Reassignment? Reassignment { get; init; }

    /// <summary>When somebody of us first did something in a stage; null: never yet, or the playbook does not measure it.</summary>
    public FirstTouch? FirstTouch { get; init; }

    /// <summary>Why it came where it was last sent with a reason; null if it never was.</summary>
    public StageReason? Reason { get; init; }

    public static Journey Evolve(Journey? journey, JourneyEvent @event)
    {
        var now = journey ?? Empty;
        return @event switch
        {
            JourneyEvent.Recycled e => now with { Recycle = now.Recycle.Enter(e) },
            JourneyEvent.Awoken e => now with { Recycle = now.Recycle.Awake(e.At) },
            JourneyEvent.Returned e => now with { Recycle = now.Recycle.Return(e) },
            JourneyEvent.Entered e => now with { Entries = Enter(now.Entries, e) },
            JourneyEvent.Exited e => now with { Entries = Exit(now.Entries, e) },
            JourneyEvent.ReasonGiven e => now with { Reason = new StageReason(e.Stage, e.Code, e.At) },
            JourneyEvent.ReassignmentDue e => now with { Reassignment = new Reassignment(e.Stage, e.Department, e.At) },
            JourneyEvent.FirstTouched e => now with { FirstTouch = new FirstTouch(e.Stage, e.StageSince, e.At) },
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>How often and when it last came by this transition for this key; null: never, or too long ago to be remembered.</summary>
    public StageEntry? EntryOf(string transition, string key)
    {
        foreach (var entry in Entries)
        {
            if (entry.Transition == transition && entry.Key == key)
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>The entry that led to the present stage, if a transition that limits coming again did.</summary>
    public StageEntry? Open => Entries is [.., { LeftAt: null } last] ? last : null;

    private static ImmutableArray<StageEntry> Enter(ImmutableArray<StageEntry> entries, JourneyEvent.Entered e)
    {
        var count = 1;
        var kept = ImmutableArray.CreateBuilder<StageEntry>(entries.Length + 1);
        foreach (var entry in entries)
        {
            if (entry.Transition == e.Transition && entry.Key == e.Key)
            {
                count = entry.Count + 1;
            }
            else
            {
                kept.Add(entry);
            }
        }

        kept.Add(new StageEntry(e.Transition, e.Key, count, e.At, null));
        return kept.Count > MostEntries ? [.. kept.Skip(1)] : kept.ToImmutable();
    }

    private static ImmutableArray<StageEntry> Exit(ImmutableArray<StageEntry> entries, JourneyEvent.Exited e) =>
        [.. entries.Select(entry => entry.Transition == e.Transition && entry.Key == e.Key ? entry with { LeftAt = e.At } : entry)];
}

/// <summary>How often and when an account came by a transition that limits coming again.</summary>
/// <param name="Key">The business key; empty where the transition has none.</param>
/// <param name="Count">At least 1.</param>
/// <param name="EnteredAt">Last.</param>
/// <param name="LeftAt">When it left the stage again; null: it is there.</param>
public sealed record StageEntry(string Transition, string Key, int Count, DateTimeOffset EnteredAt, DateTimeOffset? LeftAt);

/// <summary>Why an account entered a stage.</summary>
/// <param name="Code">One of the codes that the playbook lists.</param>
public sealed record StageReason(string Stage, string Code, DateTimeOffset At);

/// <summary>Somebody else of the department must take the account over.</summary>
public sealed record Reassignment(string Stage, string Department, DateTimeOffset At);

/// <summary>When somebody of us first did something after the account had entered a stage.</summary>
public sealed record FirstTouch(string Stage, DateTimeOffset StageSince, DateTimeOffset At);
