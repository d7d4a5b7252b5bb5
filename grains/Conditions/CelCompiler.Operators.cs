namespace Orchestrator.Grains.Conditions;

internal sealed partial class CelCompiler<TFacts>
{
    // One bit for each outcome of a comparison, in the order of CelValues.Less, Same, Greater, Unordered.
    private static readonly Dictionary<string, int> Relations = new(StringComparer.Ordinal)
    {
        ["<"] = 0b0001, ["<="] = 0b0011, [">"] = 0b0100, [">="] = 0b0110, ["=="] = 0b0010, ["!="] = 0b1101,
    };

    private CelTerm<TFacts>? CheckUnary(CelSyntax.Unary unary)
    {
        if (Check(unary.Operand) is not { } operand)
        {
            return null;
        }

        if (unary.Operator == "-")
        {
            return CallStandard("-_", [operand], [unary.Operand.Start], unary.Start);
        }

        return RequireBool(operand, unary.Operand.Start, "after `!`")
            ? Fold(new CelNotTerm<TFacts>(CelTerms.Condition(operand)), operand)
            : null;
    }

    private CelTerm<TFacts>? CheckBinary(CelSyntax.Binary binary)
    {
        var left = Check(binary.Left);
        var right = Check(binary.Right);
        if (left is null || right is null)
        {
            return null;
        }

        switch (binary.Operator)
        {
            case "&&" or "||":
                // Both are looked at, so that both errors are shown.
                var sound = RequireBool(left, binary.Left.Start, $"before `{binary.Operator}`") & RequireBool(right, binary.Right.Start, $"after `{binary.Operator}`");
                return sound
                    ? Fold(new CelLogicTerm<TFacts>(binary.Operator == "||", CelTerms.Condition(left), CelTerms.Condition(right), Combine(binary.Start, left, right)), left, right)
                    : null;
            case "in":
                return CheckIn(binary, left, right);
            case "==" or "!=" or "<" or "<=" or ">" or ">=":
                return CheckComparison(binary, left, right);
            default:
                return CallStandard($"_{binary.Operator}_", [left, right], [binary.Left.Start, binary.Right.Start], binary.OperatorStart);
        }
    }

    private CelTerm<TFacts>? CheckTernary(CelSyntax.Ternary ternary)
    {
        var condition = Check(ternary.Condition);
        var then = Check(ternary.Then);
        var otherwise = Check(ternary.Else);
        if (condition is null || then is null || otherwise is null || !RequireBool(condition, ternary.Condition.Start, "before `?`"))
        {
            return null;
        }

        var type = then.Type.Join(otherwise.Type);
        if (Promotes(then.Type, otherwise) || Promotes(otherwise.Type, then))
        {
            type = CelType.Double;
        }
        else if (!then.Type.Agrees(otherwise.Type))
        {
            Error(ternary.Else.Start, $"expected {then.Type.Named} as the other alternative, found {otherwise.Type.Named}");
            return null;
        }

        var temporal = Combine(ternary.Start, condition, then, otherwise);
        var test = CelTerms.Condition(condition);
        CelTerm<TFacts> term = type.Kind switch
        {
            CelKind.Bool => Choose<bool>(),
            CelKind.Int => Choose<long>(),
            CelKind.Uint => Choose<ulong>(),
            CelKind.Double => Choose<double>(),
            CelKind.String => Choose<string>(),
            CelKind.Timestamp => Choose<DateTimeOffset>(),
            CelKind.Duration => Choose<TimeSpan>(),
            CelKind.Bytes or CelKind.Null or CelKind.List or CelKind.Map or CelKind.Dyn => Choose<object?>(),
        };
        return Fold(term, condition, then, otherwise);

        CelTernaryTerm<TFacts, T> Choose<T>() =>
            new(type, test, CelTerms.As<TFacts, T>(then, type), CelTerms.As<TFacts, T>(otherwise, type), temporal);
    }

    private CelTerm<TFacts>? CheckComparison(CelSyntax.Binary binary, CelTerm<TFacts> left, CelTerm<TFacts> right)
    {
        var equality = binary.Operator is "==" or "!=";
        var relation = Relations[binary.Operator];
        if (equality && (left.Type.Kind == CelKind.Null) != (right.Type.Kind == CelKind.Null) && left.Type.Kind != CelKind.Dyn && right.Type.Kind != CelKind.Dyn)
        {
            // `x == null` asks whether x is unknown; a typed value is never null otherwise.
            var asked = left.Type.Kind == CelKind.Null ? right : left;
            return Fold(new CelIsSetTerm<TFacts>(asked, binary.Operator == "!=", Presence(asked, binary.Start)), asked);
        }

        var ordered = equality || (Ordered(left.Type) && Ordered(right.Type));
        if (!ordered || !(left.Type.Agrees(right.Type) || (left.Type.IsNumeric && right.Type.IsNumeric)))
        {
            Error(binary.OperatorStart, $"cannot compare {left.Type.Named} with {right.Type.Named} by `{binary.Operator}`");
            return null;
        }

        if (Promotes(left.Type, right))
        {
            right = CelTerms.As<TFacts, double>(right, CelType.Double);
        }
        else if (Promotes(right.Type, left))
        {
            left = CelTerms.As<TFacts, double>(left, CelType.Double);
        }

        var temporal = CompareInTime(binary, left, right, relation);
        return Fold(Comparison(left, right, relation, equality, temporal), left, right);
    }

    private static CelTerm<TFacts, bool> Comparison(CelTerm<TFacts> left, CelTerm<TFacts> right, int relation, bool equality, CelTemporal<TFacts>? temporal) =>
        (left, right) switch
        {
            (CelTerm<TFacts, double> a, CelTerm<TFacts, double> b) => new CelRelationTerm<TFacts, double, double, CelOrders.Doubles>(a, b, relation, temporal),
            (CelTerm<TFacts, long> a, CelTerm<TFacts, long> b) => new CelRelationTerm<TFacts, long, long, CelOrders.Ints>(a, b, relation, temporal),
            (CelTerm<TFacts, ulong> a, CelTerm<TFacts, ulong> b) => new CelRelationTerm<TFacts, ulong, ulong, CelOrders.Uints>(a, b, relation, temporal),
            (CelTerm<TFacts, string> a, CelTerm<TFacts, string> b) when equality => new CelTextEqualsTerm<TFacts>(a, b, relation == 0b0010, temporal),
            (CelTerm<TFacts, string> a, CelTerm<TFacts, string> b) => new CelRelationTerm<TFacts, string, string, CelOrders.Texts>(a, b, relation, temporal),
            (CelTerm<TFacts, bool> a, CelTerm<TFacts, bool> b) => new CelRelationTerm<TFacts, bool, bool, CelOrders.Bools>(a, b, relation, temporal),
            (CelTerm<TFacts, DateTimeOffset> a, CelTerm<TFacts, DateTimeOffset> b) => new CelRelationTerm<TFacts, DateTimeOffset, DateTimeOffset, CelOrders.Timestamps>(a, b, relation, temporal),
            (CelTerm<TFacts, TimeSpan> a, CelTerm<TFacts, TimeSpan> b) => new CelRelationTerm<TFacts, TimeSpan, TimeSpan, CelOrders.Durations>(a, b, relation, temporal),
            (CelTerm<TFacts, long> a, CelTerm<TFacts, double> b) => new CelRelationTerm<TFacts, long, double, CelOrders.IntDouble>(a, b, relation, temporal),
            (CelTerm<TFacts, long> a, CelTerm<TFacts, ulong> b) => new CelRelationTerm<TFacts, long, ulong, CelOrders.IntUint>(a, b, relation, temporal),
            (CelTerm<TFacts, ulong> a, CelTerm<TFacts, double> b) => new CelRelationTerm<TFacts, ulong, double, CelOrders.UintDouble>(a, b, relation, temporal),
            (CelTerm<TFacts, double>, CelTerm<TFacts, long> or CelTerm<TFacts, ulong>) or (CelTerm<TFacts, ulong>, CelTerm<TFacts, long>) =>
                Comparison(right, left, Mirror(relation), equality, temporal),
            _ => new CelObjectRelationTerm<TFacts>(CelTerms.Object(left), CelTerms.Object(right), relation, equality, temporal),
        };

    private CelTerm<TFacts>? CheckIn(CelSyntax.Binary binary, CelTerm<TFacts> item, CelTerm<TFacts> container)
    {
        var element = container.Type.Kind switch
        {
            CelKind.List => container.Type.Element,
            CelKind.Map => container.Type.Key,
            CelKind.Dyn => CelType.Dyn,
            CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.Double or CelKind.String or CelKind.Bytes or CelKind.Null or CelKind.Timestamp or CelKind.Duration => null,
        };
        if (element is null)
        {
            Error(binary.Right.Start, $"expected a list or map after `in`, found {container.Type.Named}");
            return null;
        }

        if (!element.Agrees(item.Type) && !(element.IsNumeric && item.Type.IsNumeric))
        {
            Error(binary.Left.Start, $"expected {element.Named} before `in`, found {item.Type.Named}");
            return null;
        }

        var temporal = Combine(binary.Start, item, container);
        return Fold(Membership(item, container, temporal), item, container);
    }

    private static CelTerm<TFacts, bool> Membership(CelTerm<TFacts> item, CelTerm<TFacts> container, CelTemporal<TFacts>? temporal)
    {
        var fault = default(CelFault);
        if (container.IsConstant && container.EvalObject(default!, ref fault) is IReadOnlyList<object?> list)
        {
            switch (item)
            {
                case CelTerm<TFacts, string> text when list.All(value => value is string):
                    return new CelInTextsTerm<TFacts>(text, [.. list.Cast<string>()], temporal);
                case CelTerm<TFacts, long> whole when list.All(value => value is long):
                    return new CelInTerm<TFacts, long>(whole, [.. list.Cast<long>()], temporal);
                case CelTerm<TFacts, double> real when list.All(value => value is double or (long and >= -(1L << 53) and <= 1L << 53)):
                    return new CelInTerm<TFacts, double>(real, [.. list.Select(value => value is long whole ? whole : (double)value!)], temporal);
                default:
                    break;
            }
        }

        return new CelInObjectTerm<TFacts>(CelTerms.Object(item), CelTerms.Object(container), temporal);
    }

    private bool RequireBool(CelTerm<TFacts> term, int offset, string where)
    {
        if (term.Type.Kind is CelKind.Bool or CelKind.Dyn)
        {
            return true;
        }

        Error(offset, $"expected a bool {where}, found {term.Type.Named}");
        return false;
    }

    private static bool Ordered(CelType type) => type.Kind is not (CelKind.Null or CelKind.List or CelKind.Map);

    private static int Mirror(int relation) => (relation & 0b1010) | ((relation & 0b0001) << 2) | ((relation & 0b0100) >> 2);
}
