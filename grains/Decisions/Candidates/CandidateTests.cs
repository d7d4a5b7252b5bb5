using System.Collections.Frozen;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Decisions;

/// <summary>Turns the conditions of one step of deciding into as few questions as answer them all.</summary>
/// <param name="words">Length of a set of treatments.</param>
/// <param name="slots">The slot of each clause by its text, for the playbook as a whole; grows.</param>
internal sealed class CandidateTests(int words, Dictionary<string, int> slots)
{
    private readonly List<(string Text, CelTerm<Facts, bool> Term, ulong[] Concerned)> clauses = [];
    private readonly Dictionary<string, int> known = new(StringComparer.Ordinal);

    /// <summary>These treatments fall where the condition does not hold.</summary>
    public void Add(Condition? condition, int first, int count)
    {
        foreach (var (text, term) in condition?.Clauses ?? [])
        {
            if (!known.TryGetValue(text, out var at))
            {
                known.Add(text, at = clauses.Count);
                clauses.Add((text, term, new ulong[words]));
            }

            for (var place = first; place < first + count; place++)
            {
                clauses[at].Concerned.Add(place);
            }
        }
    }

    public CandidateTest[] Build()
    {
        var tests = new List<CandidateTest>();
        var rest = clauses.Where(c => c.Term is not CelConstantTerm<Facts, bool> { Value: true }).ToList();
        rest = Limited<double>(rest, tests);
        rest = Limited<long>(rest, tests);
        rest = AboutTexts(rest, tests);
        foreach (var (text, term, concerned) in rest)
        {
            if (!slots.TryGetValue(text, out var slot))
            {
                slots.Add(text, slot = slots.Count);
            }

            tests.Add(new ClauseTest(term, slot, concerned));
        }

        return [.. tests];
    }

    private List<(string Text, CelTerm<Facts, bool> Term, ulong[] Concerned)> Limited<T>(List<(string Text, CelTerm<Facts, bool> Term, ulong[] Concerned)> all, List<CandidateTest> tests)
        where T : struct, IComparable<T>
    {
        var left = new List<(string, CelTerm<Facts, bool>, ulong[])>();
        foreach (var group in all.GroupBy(c => c.Term is ICelLimited<Facts, T, T> limited && limited.TryLimit(out _) ? (object)limited.Compared : c.Term, ReferenceEqualityComparer.Instance))
        {
            if (group.Key is not CelTerm<Facts, T> compared || group.Count() == 1)
            {
                left.AddRange(group);
                continue;
            }

            var asked = group.Select(c => (Of: (ICelLimited<Facts, T, T>)c.Term, c.Concerned)).Select(c => (Limit: LimitOf(c.Of), c.Of.Relation, c.Concerned)).ToList();
            var limits = asked.Select(c => c.Limit).Distinct().Order().ToArray();
            var fallen = new ulong[]?[(2 * limits.Length) + 2];
            for (var i = 0; i < fallen.Length; i++)
            {
                // Even: between two limits; odd: at one; last: no number at all.
                var (at, between) = (i / 2, i % 2 == 0);
                fallen[i] = Union(asked.Where(c => !Holds(c.Relation, i == fallen.Length - 1 ? CelValues.Unordered : Array.BinarySearch(limits, c.Limit) is var own && own < at ? CelValues.Greater : own == at && !between ? CelValues.Same : CelValues.Less)).Select(c => c.Concerned));
            }

            tests.Add(new LimitTest<T>(compared, limits, fallen, Union(asked.Select(c => c.Concerned))!));
        }

        return left;

        static bool Holds(int relation, int order) => ((relation >> order) & 1) != 0;

        static T LimitOf(ICelLimited<Facts, T, T> limited)
        {
            limited.TryLimit(out var limit);
            return limit;
        }
    }

    private List<(string Text, CelTerm<Facts, bool> Term, ulong[] Concerned)> AboutTexts(List<(string Text, CelTerm<Facts, bool> Term, ulong[] Concerned)> all, List<CandidateTest> tests)
    {
        var left = new List<(string, CelTerm<Facts, bool>, ulong[])>();
        foreach (var group in all.GroupBy(c => c.Term is ICelAboutText<Facts> { Texts: not null } about ? (object)about.Asked : c.Term, ReferenceEqualityComparer.Instance))
        {
            if (group.Key is not CelTerm<Facts, string> asked || group.Count() == 1)
            {
                left.AddRange(group);
                continue;
            }

            var clausesOf = group.Select(c => (Of: (ICelAboutText<Facts>)c.Term, c.Concerned)).ToList();
            var fallen = clausesOf.SelectMany(c => c.Of.Texts!).Distinct(StringComparer.Ordinal).ToFrozenDictionary(
                text => text,
                text => Union(clausesOf.Where(c => c.Of.Texts!.Contains(text) == c.Of.Otherwise).Select(c => c.Concerned)),
                StringComparer.Ordinal);
            tests.Add(new TextTest(asked, fallen, Union(clausesOf.Where(c => !c.Of.Otherwise).Select(c => c.Concerned)), Union(clausesOf.Select(c => c.Concerned))!));
        }

        return left;
    }

    private ulong[]? Union(IEnumerable<ulong[]> sets)
    {
        ulong[]? union = null;
        foreach (var set in sets)
        {
            union ??= new ulong[words];
            for (var i = 0; i < words; i++)
            {
                union[i] |= set[i];
            }
        }

        return union;
    }
}
