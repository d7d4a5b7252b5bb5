using System.Collections.Immutable;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Playbooks;

/// <summary>Hard rules on how often, when and by whose consent a person or account may be treated.</summary>
/// <param name="SuppressWhen">While one of these holds, nothing goes out.</param>
/// <param name="Exempt">Classes that are counted apart and never held back.</param>
/// <param name="Exclusions">Names of lists, kept outside the playbook, whose members are never treated.</param>
public sealed record ContactPolicyDefinition(
    ImmutableArray<CapDefinition> Caps,
    OverCap OverCap,
    QuietHoursDefinition? QuietHours,
    ImmutableArray<RestDefinition> RestAfter,
    ImmutableArray<Expression> SuppressWhen,
    ImmutableArray<PlayClass> Exempt,
    ImmutableArray<Reference> Exclusions,
    ConsentDefinition Consent);

public enum CapScope
{
    Contact,
    Account,
}

/// <summary>At most so many actions in a window.</summary>
/// <param name="Channel">Null: all channels together.</param>
/// <param name="AtMost">0 = none at all.</param>
/// <param name="Segments">Empty: all accounts.</param>
public sealed record CapDefinition(
    SourcePosition At, CapScope Per, Reference? Channel, int AtMost, CapWindow Window, ImmutableArray<Reference> Segments);

/// <summary>The time over which a cap counts.</summary>
public abstract record CapWindow
{
    private CapWindow() { }

    /// <summary>The time up to now.</summary>
    public sealed record Rolling(TimeSpan Length) : CapWindow;

    /// <summary>The day, week (from Monday) or month in the person's zone.</summary>
    public sealed record Calendar(CalendarUnit Unit) : CapWindow;
}

public enum CalendarUnit
{
    Day,
    Week,
    Month,
}

/// <summary>What happens to a choice that a cap forbids.</summary>
public enum OverCap
{
    NextBest,
    Wait,
    Skip,
}

/// <summary>Local times at which nothing goes out on channels that keep quiet hours.</summary>
/// <param name="From">Start, included; later than <paramref name="To"/> when the night is meant.</param>
/// <param name="To">End, excluded; never equal to <paramref name="From"/>.</param>
/// <param name="DaysOff">Whole days; Monday first, each once.</param>
/// <param name="Holidays">Whole days, in order, each once.</param>
public sealed record QuietHoursDefinition(
    SourcePosition At, TimeOnly From, TimeOnly To, ImmutableArray<DayOfWeek> DaysOff, ImmutableArray<DateOnly> Holidays)
{
    /// <summary>Calendars whose holidays are whole days too; may be empty.</summary>
    public ImmutableArray<HolidayCalendar> Calendars { get; init; } = [];
}

/// <summary>After so many outcomes of a kind within a time, the person is left alone.</summary>
public sealed record RestDefinition(SourcePosition At, string Outcome, int Times, TimeSpan Within, TimeSpan Rest);

/// <summary>What people are asked to consent to.</summary>
/// <param name="DoubleOptIn">Channels on which consent counts only when confirmed.</param>
public sealed record ConsentDefinition(ImmutableArray<Reference> Purposes, ImmutableArray<Reference> DoubleOptIn);
