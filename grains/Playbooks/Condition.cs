using System.Runtime.CompilerServices;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Provenance;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Playbooks;

/// <summary>A compiled condition of a playbook. A name that is not known for these facts makes it false.</summary>
/// <param name="slot">Where facts remember its truth: its own within its playbook.</param>
public sealed class Condition(CelProgram<Facts> program, int slot)
{
    /// <summary>The tag of what depends on the person at hand.</summary>
    internal const string Person = "person";

    public string Text => program.Source;

    /// <summary>Whether it asks about the person at hand, so that it may differ from one to the next.</summary>
    public bool IsPersonal { get; } = program.Dependencies.Contains(Person);

    /// <summary>Whether time alone can change it.</summary>
    public bool IsTemporal => program.IsTemporal;

    /// <summary>What it depends on, for example <c>score:engagement</c>.</summary>
    public IReadOnlyList<string> Tags => program.Dependencies;

    /// <summary>How its truth moves when only time passes; null if it does not.</summary>
    internal CelTemporal<Facts>? Temporal => program.Temporal;

    /// <summary>It holds exactly when each of them does.</summary>
    internal IEnumerable<(string Text, CelTerm<Facts, bool> Term)> Clauses => program.Clauses;

    /// <summary>Evaluated once for the same facts, however many candidates ask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Holds(Facts facts)
    {
        ref var known = ref facts.Truths[slot];
        return facts.Holds(known) ? known.Value : Evaluate(facts);
    }

    /// <summary>The earliest instant after facts' now at which time alone may change it; null = never.</summary>
    public DateTimeOffset? NextChange(Facts facts) => program.NextChange(facts);

    private bool Evaluate(Facts facts)
    {
        var outer = facts.Begin();
        var holds = program.EvalBool(facts);
        facts.Keep(ref facts.Truths[slot], holds, outer);
        return holds;
    }

    /// <summary>Clause by clause, with the values seen.</summary>
    public IReadOnlyList<Clause> Evidence(Facts facts) => [.. program.Explain(facts).Clauses.Select(c => new Clause(c.Source, c.Held, string.Join(", ", c.Values)) { AssertedOnly = Basis.IsAssertedOnly(c.Values, facts) })];
}

/// <summary>A compiled number, instant or text of a playbook.</summary>
public sealed class Formula(CelProgram<Facts> program)
{
    public string Text => program.Source;

    /// <summary>Whether it asks a local clock.</summary>
    internal bool IsLocal { get; } = program.Dependencies.Contains(JourneyNames.Zone);

    /// <summary>The number, or null if a name is not known for these facts.</summary>
    public double? Number(Facts facts)
    {
        var value = program.EvalDouble(facts, out var fault);
        return fault.IsSet ? null : value;
    }

    /// <summary>The instant, or null if a name is not known for these facts.</summary>
    public DateTimeOffset? Instant(Facts facts)
    {
        var value = program.EvalTimestamp(facts, out var fault);
        return fault.IsSet ? null : value;
    }

    /// <summary>The text, or empty if a name is not known for these facts.</summary>
    public string TextOf(Facts facts) => program.EvalString(facts, out var fault) is { } value && !fault.IsSet ? value : "";
}
