using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.WhatIf;

/// <summary>Whether two parts of compiled playbooks say the same, wherever they stand in their files. What it cannot tell counts as different.</summary>
/// <remarks>By all fields, private ones included, so that a part that is added later cannot be overlooked. Slow: asked once for two playbooks, never for a signal.</remarks>
internal sealed class Content
{
    private readonly HashSet<(object, object)> under = new(Pairs.Instance);
    private readonly HashSet<string> passedOver;

    /// <param name="passedOver">Fields and properties that may differ, as <c>Type.Name</c>.</param>
    public Content(params IEnumerable<string> passedOver) => this.passedOver = [.. passedOver];

    public bool IsSame(object? one, object? other)
    {
        if (ReferenceEquals(one, other))
        {
            return true;
        }

        if (one is null || other is null || one.GetType() != other.GetType())
        {
            return false;
        }

        var type = one.GetType();
        switch (one)
        {
            case SourcePosition:
                return true;
            case Expression expression:
                return expression.Text == ((Expression)other).Text;
            case Condition condition:
                return condition.Text == ((Condition)other).Text;
            case Formula formula:
                return formula.Text == ((Formula)other).Text;
            case CelProgram<Decisions.Facts> program:
                return program.Source == ((CelProgram<Decisions.Facts>)other).Source;
            case GateQuestion question:
                // Where the answer is remembered is of no matter.
                return question.Purpose == ((GateQuestion)other).Purpose && question.Transactional == ((GateQuestion)other).Transactional && IsSame(question.Channel, ((GateQuestion)other).Channel);
            case Delegate or Type or Decisions.CandidateIndex:
                return false;
            case ITuple tuple when type.Namespace == "System":
                return Enumerable.Range(0, tuple.Length).All(i => IsSame(tuple[i], ((ITuple)other)[i]));
            case IDictionary dictionary:
                return IsSameDictionary(dictionary, (IDictionary)other);
            default:
                break;
        }

        if (type.IsPrimitive || type.IsEnum || type.Namespace?.StartsWith("Orchestrator", StringComparison.Ordinal) != true)
        {
            return one is IEnumerable sequence and not string ? IsSameSequence(type, sequence, (IEnumerable)other) : one.Equals(other);
        }

        // Whoever comes here again while at it would go in circles: it is decided where it began.
        return !under.Add((one, other)) || Fields(type).All(f => passedOver.Contains(NameOf(type, f)) || IsSame(f.GetValue(one), f.GetValue(other)));
    }

    private bool IsSameDictionary(IDictionary one, IDictionary other)
    {
        if (one.Count != other.Count)
        {
            return false;
        }

        foreach (DictionaryEntry entry in one)
        {
            if (!other.Contains(entry.Key) || !IsSame(entry.Value, other[entry.Key]))
            {
                return false;
            }
        }

        return true;
    }

    private bool IsSameSequence(Type type, IEnumerable one, IEnumerable other)
    {
        if (type.IsValueType && type.GetProperty("IsDefault") is { } isDefault && (true.Equals(isDefault.GetValue(one)) || true.Equals(isDefault.GetValue(other))))
        {
            return true.Equals(isDefault.GetValue(one)) && true.Equals(isDefault.GetValue(other));
        }

        var (left, right) = (one.Cast<object?>().ToList(), other.Cast<object?>().ToList());
        if (left.Count != right.Count)
        {
            return false;
        }

        // Sets of names have no order.
        return type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IReadOnlySet<>))
            ? left.ToHashSet().SetEquals(right)
            : left.Zip(right).All(p => IsSame(p.First, p.Second));
    }

    private static IEnumerable<FieldInfo> Fields(Type type)
    {
        for (var at = type; at is not null && at != typeof(object); at = at.BaseType)
        {
            foreach (var field in at.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                yield return field;
            }
        }
    }

    private static string NameOf(Type type, FieldInfo field) =>
        $"{type.Name}.{(field.Name.StartsWith('<') ? field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)] : field.Name)}";

    private sealed class Pairs : IEqualityComparer<(object, object)>
    {
        public static readonly Pairs Instance = new();

        public bool Equals((object, object) x, (object, object) y) => ReferenceEquals(x.Item1, y.Item1) && ReferenceEquals(x.Item2, y.Item2);

        public int GetHashCode((object, object) pair) =>
            unchecked((RuntimeHelpers.GetHashCode(pair.Item1) * 397) ^ RuntimeHelpers.GetHashCode(pair.Item2));
    }
}
