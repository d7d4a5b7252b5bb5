using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.V1;

namespace Orchestrator.Grains.Survivorship;

/// <summary>Works out what stays of the attributes of two who become one.</summary>
public static class Survivors
{
    /// <summary>The attributes for which a rule says something else than that the newest stays; the merge sets them after all others.</summary>
    /// <param name="one">Of who stays; wins where times are equal.</param>
    /// <param name="other">Of who joins.</param>
    public static AttributeSet Of(ImmutableArray<SurvivalRule> rules, AttributeSet one, AttributeSet other)
    {
        var survivors = AttributeSet.None;
        foreach (var (attribute, rule) in rules)
        {
            if (one.TryGetValue(attribute, out var ours) && other.TryGetValue(attribute, out var theirs) && Of(rule, ours, theirs) is { } stays && stays != Newest(ours, theirs))
            {
                survivors = survivors.With(attribute, stays);
            }
        }

        return survivors;
    }

    /// <summary>All of both: the newest of each, then what rules say.</summary>
    public static AttributeSet Merge(AttributeSet one, AttributeSet other, AttributeSet survivors)
    {
        var all = other.Aggregate(one, (all, theirs) => all.TryGetValue(theirs.Key, out var held) && held.At >= theirs.Value.At ? all : all.With(theirs.Key, theirs.Value));
        return survivors.Count == 0 ? all : survivors.Aggregate(all, (set, stays) => set.With(stays.Key, stays.Value));
    }

    private static Held Of(Survival rule, Held one, Held other) => rule switch
    {
        Survival.Newest => Newest(one, other),
        Survival.Oldest => other.At < one.At ? other : one,
        Survival.NonEmpty => IsEmpty(one) ? IsEmpty(other) ? Newest(one, other) : other : IsEmpty(other) ? one : Newest(one, other),
        Survival.Add => Sum(one, other) ?? (IsEmpty(one) ? other : IsEmpty(other) ? one : Newest(one, other)),
    };

    private static Held Newest(Held one, Held other) => one.At >= other.At ? one : other;

    private static bool IsEmpty(Held held) => held.Value.KindCase is Value.KindOneofCase.None || held.Value is { KindCase: Value.KindOneofCase.Text, Text.Length: 0 };

    /// <summary>Null where there is no sum: one is absent, they are of different currencies, or it is too large for a number.</summary>
    private static Held? Sum(Held one, Held other)
    {
        Value? sum = null;
        try
        {
            sum = (one.Value.KindCase, other.Value.KindCase) switch
            {
                (Value.KindOneofCase.Integer, Value.KindOneofCase.Integer) => new Value { Integer = one.Value.Integer + other.Value.Integer },
                (Value.KindOneofCase.Number, Value.KindOneofCase.Number) when double.IsFinite(one.Value.Number + other.Value.Number) => new Value { Number = one.Value.Number + other.Value.Number },
                (Value.KindOneofCase.Money, Value.KindOneofCase.Money) when one.Value.Money.Currency == other.Value.Money.Currency =>
                    new Value { Money = new Money { Currency = one.Value.Money.Currency, MinorUnits = one.Value.Money.MinorUnits + other.Value.Money.MinorUnits } },
                _ => null,
            };
        }
        catch (OverflowException)
        {
            // What people send may be anything.
        }

        return sum is null ? null : new Held(sum, Newest(one, other).At);
    }
}
