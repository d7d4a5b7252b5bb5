using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Journeys;

/// <summary>Journeys that compete for the same person, or the same account: only so many are under way at a time.</summary>
/// <param name="AtMost">How many, at least 1.</param>
/// <param name="OnConflict">What becomes of an entry when that many are under way.</param>
/// <param name="DisplacedWaits">Whether a displaced journey waits for its turn, or has simply ended.</param>
/// <param name="WaitAtMost">How long an entry waits; null: until it is its turn.</param>
public sealed record JourneyGroupDefinition(
    string Id, SourcePosition At, LocalizedText Title, int AtMost, OnConflict OnConflict, bool DisplacedWaits, TimeSpan? WaitAtMost);

public enum OnConflict
{
    /// <summary>Those under way stay, and the entry is refused.</summary>
    Keep,

    /// <summary>An entry of a higher priority takes the place of the lowest; any other is refused.</summary>
    Displace,

    /// <summary>The entry waits until a place is free.</summary>
    Queue,
}

/// <summary>A way into a journey beside the main one.</summary>
/// <param name="To">The stage at which it begins.</param>
/// <param name="On">Signals with which it is entered; may be empty.</param>
/// <param name="When">Without anything else: it is entered when this becomes true. Otherwise what must hold besides; null: nothing.</param>
/// <param name="Schedule">Local times at which it is entered; null: none.</param>
/// <param name="ByApi">Whether a system may ask for it.</param>
/// <param name="ByHand">Whether a person may ask for it.</param>
public sealed record JourneyEntryDefinition(
    string Id, SourcePosition At, string To, ImmutableArray<Reference> On, Expression? When, EntryScheduleDefinition? Schedule, bool ByApi, bool ByHand)
{
    /// <summary>Whether it is entered by becoming a member of a segment: its condition is all there is.</summary>
    public bool IsSegment => On.IsEmpty && Schedule is null && !ByApi && !ByHand;
}

/// <summary>Local times of the person, or else of the account, or else of the playbook.</summary>
/// <param name="Days">Bit i is set for the day i of <see cref="DayOfWeek"/>; not 0.</param>
/// <param name="Dates">Only on these, sorted; empty: on all such days.</param>
/// <param name="Holidays">Not on the public holidays of these countries.</param>
public sealed record EntryScheduleDefinition(SourcePosition At, TimeOnly Time, int Days, ImmutableArray<DateOnly> Dates, ImmutableArray<HolidayCalendar> Holidays);
