using Orchestrator.Grains.Conditions;

namespace Orchestrator.Grains.Tests.Conditions;

/// <summary>Random well-typed expressions and bindings; the same seed gives the same ones on every machine.</summary>
internal sealed class OracleExpressions(ulong seed)
{
    private static readonly long[] Ints = [0, 1, -1, 2, 3, 7, 10, -5, 100, 9007199254740993, long.MaxValue, long.MinValue];
    private static readonly ulong[] Uints = [0, 1, 2, 5, 100, ulong.MaxValue, 9223372036854775808];
    private static readonly double[] Doubles = [0, 1, -1, 0.5, 2.5, 1e10, -3.75, 1e300, 9007199254740992];
    private static readonly string[] Texts = ["", "a", "b", "ab", "abc", "é", "😀", "z\uFFFD", "A b", "12", "-7", "2.5", "true", "1h"];

    private readonly Stack<string> locals = new();
    private ulong state = seed;

    public OracleFacts Facts() => new(
        Pick(Ints), Pick(Ints), Pick(Uints), Pick(Doubles), Pick(Texts), Pick(Texts), Next(2) == 0,
        [.. Enumerable.Range(0, Next(4)).Select(_ => (object?)Pick(Ints))],
        [.. Enumerable.Range(0, Next(4)).Select(_ => (object?)Pick(Texts))],
        new CelMap(Texts.Take(Next(4)).Select(key => KeyValuePair.Create((object)key, (object?)Pick(Ints)))));

    public string Any()
    {
        locals.Clear();
        return Next(10) switch
        {
            < 5 => Bool(4),
            5 => Int(4),
            6 => Uint(3),
            7 => Double(3),
            8 => Text(3),
            _ => IntList(3),
        };
    }

    private string Bool(int depth) => (depth <= 0 ? Next(3) : Next(22)) switch
    {
        0 => "b",
        1 => Next(2) == 0 ? "true" : "false",
        2 => Next(4) == 0 ? "missing" : "b",
        3 or 4 or 5 => $"({Bool(depth - 1)} {(Next(2) == 0 ? "&&" : "||")} {Bool(depth - 1)})",
        6 => $"!{Bool(depth - 1)}",
        7 or 8 => $"({Int(depth - 1)} {Relation()} {Int(depth - 1)})",
        9 => $"({Double(depth - 1)} {Relation()} {Double(depth - 1)})",
        10 => $"({Text(depth - 1)} {Relation()} {Text(depth - 1)})",
        11 => $"({Uint(depth - 1)} {Relation()} {Uint(depth - 1)})",
        12 => $"({Mixed(depth - 1)} {Relation()} {Mixed(depth - 1)})",
        13 => $"({Int(depth - 1)} in {IntList(depth - 1)})",
        14 => $"({Text(depth - 1)} in {Pick(["ls", "m", "['a', 'é', '😀']"])})",
        15 => $"{Text(depth - 1)}.{Pick(["contains", "startsWith", "endsWith"])}({Text(depth - 1)})",
        16 => $"({Bool(depth - 1)} ? {Bool(depth - 1)} : {Bool(depth - 1)})",
        17 => Macro(depth),
        18 => $"({IntList(depth - 1)} {(Next(2) == 0 ? "==" : "!=")} {IntList(depth - 1)})",
        19 => $"({Duration(depth - 1)} {Relation()} {Duration(depth - 1)})",
        20 => $"({Timestamp(depth - 1)} {Relation()} {Timestamp(depth - 1)})",
        _ => Pick(["has(m.a)", "has(m.ab)", "has({'x': 1}.x)", "s.matches('^[a-c]+$')", "t.matches('b')", "bool(s)"]),
    };

    private string Macro(int depth)
    {
        var name = $"x{locals.Count}";
        var range = IntList(depth - 1);
        locals.Push(name);
        var body = Bool(depth - 1);
        locals.Pop();
        return $"{range}.{Pick(["all", "exists", "exists_one"])}({name}, {body})";
    }

    private string Int(int depth) => (depth <= 0 ? Next(4) : Next(16)) switch
    {
        0 => "i",
        1 => "j",
        2 => Literal(Pick(Ints)),
        3 => locals.Count > 0 ? Pick([.. locals]) : "i",
        4 or 5 or 6 => $"({Int(depth - 1)} {Pick(["+", "-", "*", "/", "%"])} {Int(depth - 1)})",
        7 => $"-({Int(depth - 1)})",
        8 => $"size({Text(depth - 1)})",
        9 => $"{IntList(depth - 1)}.size()",
        10 => $"{IntList(depth - 1)}[{Int(depth - 2)}]",
        11 => Pick(["m.a", "m['ab']", "m[s]", "m[t]"]),
        12 => $"int({Pick([Double(depth - 1), Uint(depth - 1), Numeral()])})",
        13 => $"({Bool(depth - 1)} ? {Int(depth - 1)} : {Int(depth - 1)})",
        14 => $"{Timestamp(depth - 1)}.{Pick(["getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes", "getSeconds"])}({Pick(["", "", "'Asia/Tokyo'", "'-03:30'", "'America/New_York'"])})",
        _ => $"{Duration(depth - 1)}.{Pick(["getHours", "getMinutes", "getSeconds"])}()",
    };

    private string Uint(int depth) => (depth <= 0 ? Next(2) : Next(5)) switch
    {
        0 => "u",
        1 => Pick(Uints) + "u",
        // No division: the oracle faults on quotients of 2^63 and more.
        2 or 3 => $"({Uint(depth - 1)} {Pick(["+", "-", "*", "%"])} {Uint(depth - 1)})",
        _ => $"uint({Pick([Int(depth - 1), Double(depth - 1), Numeral()])})",
    };

    private string Double(int depth) => (depth <= 0 ? Next(2) : Next(7)) switch
    {
        0 => "d",
        1 => Literal(Pick(Doubles)),
        2 or 3 or 4 => $"({Double(depth - 1)} {Pick(["+", "-", "*", "/"])} {Double(depth - 1)})",
        5 => $"-({Double(depth - 1)})",
        _ => $"double({Pick([Int(depth - 1), Uint(depth - 1), Numeral()])})",
    };

    private string Text(int depth) => (depth <= 0 ? Next(3) : Next(7)) switch
    {
        0 => "s",
        1 => "t",
        2 => $"'{Pick(Texts)}'",
        3 => $"({Text(depth - 1)} + {Text(depth - 1)})",
        4 => $"string({Pick([Int(depth - 1), Uint(depth - 1), Bool(depth - 1)])})",
        5 => $"ls[{Pick(["0", "1", "2", "i"])}]",
        _ => $"({Bool(depth - 1)} ? {Text(depth - 1)} : {Text(depth - 1)})",
    };

    private string IntList(int depth) => (depth <= 0 ? Next(2) : Next(6)) switch
    {
        0 or 1 => "li",
        2 => $"[{Int(depth - 1)}, {Int(depth - 1)}]",
        3 => $"({IntList(depth - 1)} + {IntList(depth - 1)})",
        4 => Bound("filter", depth),
        _ => Bound("map", depth),
    };

    private string Bound(string macro, int depth)
    {
        var name = $"x{locals.Count}";
        var range = IntList(depth - 1);
        locals.Push(name);
        var body = macro == "filter" ? Bool(depth - 1) : Int(depth - 1);
        locals.Pop();
        return $"{range}.{macro}({name}, {body})";
    }

    private string Duration(int depth) => (depth <= 0 ? 0 : Next(4)) switch
    {
        0 or 1 => $"duration('{Pick(["1h", "90m", "-3s", "1.5h", "36h", "250ms"])}')",
        2 => $"({Duration(depth - 1)} {Pick(["+", "-"])} {Duration(depth - 1)})",
        _ => $"({Timestamp(depth - 1)} - {Timestamp(depth - 1)})",
    };

    private string Timestamp(int depth) => (depth <= 0 ? 0 : Next(3)) switch
    {
        0 or 1 => $"timestamp('{Pick(["2026-11-22T09:00:00Z", "2024-02-29T23:59:59.5Z", "2026-11-01T05:30:00+09:00", "1969-12-31T23:59:59Z"])}')",
        _ => $"({Timestamp(depth - 1)} {Pick(["+", "-"])} {Duration(depth - 1)})",
    };

    // Not any text: the oracle takes '' for 0 and 'a' for NaN, where the specification has an error.
    private string Numeral() => Pick(["'12'", "'0'", "'9223372036854775807'"]);

    private string Mixed(int depth) => Pick([Int(depth), Uint(depth), Double(depth)]);

    private string Relation() => Pick(["<", "<=", ">", ">=", "==", "!="]);

    private static string Literal(long value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Literal(double value)
    {
        var text = value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal) || text.Contains('E', StringComparison.Ordinal) ? text : text + ".0";
    }

    private T Pick<T>(IReadOnlyList<T> choices) => choices[Next(choices.Count)];

    // SplitMix64: written out so that the expressions never change with a library.
    private int Next(int below)
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return (int)((z ^ (z >> 31)) % (ulong)below);
        }
    }
}
