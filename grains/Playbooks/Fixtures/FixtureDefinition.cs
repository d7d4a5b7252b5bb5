using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks.Fixtures;

/// <summary>What a playbook is expected to do, told by examples: a file beside it.</summary>
public sealed record FixtureDefinition(ImmutableArray<FixtureTest> Tests);

/// <summary>One example: what happens, in order, and what is expected of it.</summary>
/// <param name="Start">When it begins; the clock is the example's own.</param>
/// <param name="Account">Of steps that name none.</param>
public sealed record FixtureTest(string Name, SourcePosition At, DateTimeOffset Start, string Account, ImmutableArray<FixtureStep> Steps);

/// <summary>Time passes, then something may happen, then something may be expected.</summary>
/// <param name="After">Since the step before; null = at once, or as <paramref name="Offset"/> says.</param>
/// <param name="Offset">Since the start; null = as <paramref name="After"/> says.</param>
/// <param name="Account">Null: the test's.</param>
/// <param name="Happens">Null: time only.</param>
public sealed record FixtureStep(SourcePosition At, TimeSpan? After, TimeSpan? Offset, string? Account, FixtureEvent? Happens, FixtureExpectation? Expect);

/// <summary>What happens in a step.</summary>
public abstract record FixtureEvent
{
    private FixtureEvent()
    {
    }

    /// <param name="From">Identifiers as `kind:value`, or an e-mail address.</param>
    /// <param name="Properties">As written, with their places.</param>
    public sealed record Signal(Reference Type, ImmutableArray<string> From, ImmutableArray<(string Name, string Text, SourcePosition At)> Properties) : FixtureEvent;

    /// <param name="Action">A play or treatment of which an action is open.</param>
    public sealed record Settle(Reference Action, FixtureOutcome How, string Reason) : FixtureEvent;
}

public enum FixtureOutcome
{
    Done,
    Rejected,
    Declined,
}

/// <summary>What is expected after a step; null and default = nothing is said about it.</summary>
/// <param name="Entered">Stages entered in the step, all of them, in order.</param>
/// <param name="Actions">Plays or treatments offered in the step, all of them, in any order.</param>
/// <param name="Open">Plays or treatments of which an action is open after it, all of them, in any order.</param>
/// <param name="None">Why the last decision of the step came to nothing.</param>
public sealed record FixtureExpectation(
    SourcePosition At,
    Reference? Stage,
    ImmutableArray<Reference>? Entered,
    ImmutableArray<Reference>? Actions,
    ImmutableArray<Reference>? Open,
    (Decisions.NoneReason Reason, SourcePosition At)? None);
