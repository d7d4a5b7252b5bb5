using System.Collections.Frozen;
using Orchestrator.Grains.Conditions;

namespace Orchestrator.Grains.Decisions;

/// <summary>One question whose answer removes treatments: a clause of conditions, or many clauses that ask about the same value.</summary>
/// <param name="concerned">Every treatment that an answer can remove.</param>
internal abstract class CandidateTest(ulong[] concerned)
{
    public ulong[] Concerned { get; } = concerned;

    /// <summary>Those that fall; null = none.</summary>
    public abstract ulong[]? Fallen(Facts facts);
}

/// <summary>A clause that nothing else is known about: it is evaluated, once for the same facts.</summary>
/// <param name="slot">Where facts remember its truth: its own within its playbook.</param>
internal sealed class ClauseTest(CelTerm<Facts, bool> clause, int slot, ulong[] concerned) : CandidateTest(concerned)
{
    public override ulong[]? Fallen(Facts facts)
    {
        ref var known = ref facts.Clauses[slot];
        return (facts.Holds(known) ? known.Value : Evaluate(facts)) ? null : Concerned;
    }

    private bool Evaluate(Facts facts)
    {
        var outer = facts.Begin();
        var fault = default(CelFault);
        var holds = clause.Eval(facts, ref fault) && !fault.IsSet;
        facts.Keep(ref facts.Clauses[slot], holds, outer);
        return holds;
    }
}

/// <summary>A condition that removes what it holds for.</summary>
internal sealed class HeldTest(Playbooks.Condition held, ulong[] concerned) : CandidateTest(concerned)
{
    public override ulong[]? Fallen(Facts facts) => held.Holds(facts) ? Concerned : null;
}

/// <summary>Clauses that compare the same number with numbers that are written out: the number is found once, and its place among them says which clauses fail.</summary>
/// <param name="limits">Ascending, each once.</param>
/// <param name="fallen">
/// Those that fall when the number is below the first limit, equal to it, between it and the next, and so on, above the last, and no number at all; null = none.
/// </param>
internal sealed class LimitTest<T>(CelTerm<Facts, T> compared, T[] limits, ulong[]?[] fallen, ulong[] concerned) : CandidateTest(concerned)
    where T : struct, IComparable<T>
{
    public override ulong[]? Fallen(Facts facts)
    {
        var fault = default(CelFault);
        var value = compared.Eval(facts, ref fault);
        if (fault.IsSet)
        {
            return Concerned;
        }

        if (typeof(T) == typeof(double) && double.IsNaN((double)(object)value))
        {
            return fallen[^1];
        }

        var (low, high) = (0, limits.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = limits[middle].CompareTo(value) < 0 ? (middle + 1, high) : (low, middle);
        }

        return fallen[low < limits.Length && limits[low].CompareTo(value) == 0 ? (2 * low) + 1 : 2 * low];
    }
}

/// <summary>Clauses that ask whether the same text is one of those that are written out.</summary>
/// <param name="fallen">By each text that some clause names; null = none.</param>
/// <param name="otherwise">Those that fall for every other text; null = none.</param>
internal sealed class TextTest(CelTerm<Facts, string> asked, FrozenDictionary<string, ulong[]?> fallen, ulong[]? otherwise, ulong[] concerned) : CandidateTest(concerned)
{
    public override ulong[]? Fallen(Facts facts)
    {
        var fault = default(CelFault);
        var text = asked.Eval(facts, ref fault);
        return fault.IsSet ? Concerned : text is not null && fallen.TryGetValue(text, out var named) ? named : otherwise;
    }
}
