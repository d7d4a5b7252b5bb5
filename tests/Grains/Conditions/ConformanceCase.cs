using System.Globalization;
using System.Text.Json;
using Orchestrator.Grains.Conditions;

namespace Orchestrator.Grains.Tests.Conditions;

/// <summary>One case of the specification's conformance suite, as transcribed.</summary>
internal sealed record ConformanceCase(string Id, string Expression, JsonElement? Value, IReadOnlyList<(string Name, string Type, JsonElement? Value)> Variables, string? Container, bool CheckOnly)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Conditions", "conformance");

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        .. Directory.GetFiles(Folder, "*.json").Order(StringComparer.Ordinal)
            .SelectMany(file => JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("cases").EnumerateArray())
            .Select(Read),
    ];

    /// <summary>Ids, or sections ending in `/*`, that the language refuses on purpose; the reasons stand in the file.</summary>
    public static IReadOnlyList<string> Unsupported { get; } =
        [.. File.ReadAllLines(Path.Combine(Folder, "unsupported.md")).Where(line => line.StartsWith("- ", StringComparison.Ordinal)).Select(line => line[2..].Trim('`', ' '))];

    public bool IsUnsupported => Unsupported.Any(pattern => pattern.EndsWith("/*", StringComparison.Ordinal) ? Id.StartsWith(pattern[..^1], StringComparison.Ordinal) : Id == pattern);

    public bool ExpectsError => Value is null;

    /// <summary>Null if the case's names cannot be declared: they are messages, or are looked up in a container, which we do not have.</summary>
    public CelEnvironment<ConformanceCase>? Environment()
    {
        if (Container is not null && Variables.Any(variable => variable.Name == $"{Container}.{Expression}"))
        {
            return null;
        }

        var builder = new CelEnvironment<ConformanceCase>.Builder();
        foreach (var (name, type, value) in Variables)
        {
            if (type.Contains("unsupported", StringComparison.Ordinal) || (value is { } given && !Representable(given)))
            {
                return null;
            }

            builder.Variable(name, Term(name, Type(type), value is { } bound ? Decode(bound) : null, value is not null));
        }

        return builder.Build();
    }

    /// <summary>Whether a result is the expected one: same type and same value, lists and maps alike; a NaN is a NaN.</summary>
    public static bool Same(object? found, JsonElement expected)
    {
        var kind = expected.EnumerateObject().First();
        return kind.Name switch
        {
            "null" => found is null,
            "list" => found is IReadOnlyList<object?> list && list.Count == kind.Value.GetArrayLength() && list.Zip(kind.Value.EnumerateArray()).All(pair => Same(pair.First, pair.Second)),
            "map" => found is CelMap map && map.Count == kind.Value.GetArrayLength()
                && kind.Value.EnumerateArray().All(entry => map.TryGet(Decode(entry[0]), out var value) && Same(value, entry[1])),
            "double" => found is double real && real.Equals((double)Decode(expected)!),
            "bytes" => found is byte[] bytes && bytes.AsSpan().SequenceEqual((byte[])Decode(expected)!),
            _ => Representable(expected) && Equals(found, Decode(expected)),
        };
    }

    private static bool Representable(JsonElement value)
    {
        var kind = value.EnumerateObject().First();
        return kind.Name switch
        {
            "message" or "type" or "none" => false,
            "list" => kind.Value.EnumerateArray().All(Representable),
            "map" => kind.Value.EnumerateArray().All(entry => Representable(entry[0]) && Representable(entry[1])),
            _ => true,
        };
    }

    private static object? Decode(JsonElement value)
    {
        var kind = value.EnumerateObject().First();
        return kind.Name switch
        {
            "null" => null,
            "bool" => kind.Value.GetBoolean(),
            "int" => long.Parse(kind.Value.GetString()!, CultureInfo.InvariantCulture),
            "uint" => ulong.Parse(kind.Value.GetString()!, CultureInfo.InvariantCulture),
            "double" => kind.Value.GetString() switch
            {
                "inf" => double.PositiveInfinity,
                "-inf" => double.NegativeInfinity,
                "nan" => double.NaN,
                var text => double.Parse(text!, CultureInfo.InvariantCulture),
            },
            "string" => kind.Value.GetString(),
            "bytes" => Convert.FromHexString(kind.Value.GetString()!),
            "list" => kind.Value.EnumerateArray().Select(Decode).ToArray(),
            "map" => new CelMap(kind.Value.EnumerateArray().Select(entry => KeyValuePair.Create(Decode(entry[0])!, Decode(entry[1])))),
            "timestamp" => DateTimeOffset.UnixEpoch.AddTicks(Ticks(kind.Value)),
            "duration" => new TimeSpan(Ticks(kind.Value)),
            _ => throw new ArgumentException(kind.Name),
        };
    }

    private static long Ticks(JsonElement parts) =>
        (long.Parse(parts[0].GetString()!, CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond) + (long.Parse(parts[1].GetString()!, CultureInfo.InvariantCulture) / 100);

    private static ConformanceCase Read(JsonElement json) => new(
        json.GetProperty("id").GetString()!,
        json.GetProperty("expr").GetString()!,
        json.TryGetProperty("value", out var value) ? value : null,
        json.TryGetProperty("vars", out var variables)
            ? [.. variables.EnumerateObject().Select(variable => (variable.Name, variable.Value[0].GetString()!, variable.Value[1].ValueKind == JsonValueKind.Null ? (JsonElement?)null : variable.Value[1]))]
            : [],
        json.TryGetProperty("container", out var container) ? container.GetString() : null,
        json.TryGetProperty("checkOnly", out var checkOnly) && checkOnly.GetBoolean());

    private static CelType Type(string text)
    {
        if (text.StartsWith("list(", StringComparison.Ordinal))
        {
            return CelType.List(Type(text[5..^1]));
        }

        if (text.StartsWith("map(", StringComparison.Ordinal))
        {
            var comma = text.IndexOf(',', StringComparison.Ordinal);
            return CelType.Map(Type(text[4..comma]), Type(text[(comma + 2)..^1]));
        }

        return new CelType(Enum.Parse<CelKind>(text, ignoreCase: true));
    }

    private static CelTerm<ConformanceCase> Term(string name, CelType type, object? value, bool bound) => type.Kind switch
    {
        CelKind.Bool => CelTerms.Bool(Reader<bool>(name, value, bound)),
        CelKind.Int => CelTerms.Int(Reader<long>(name, value, bound)),
        CelKind.Uint => CelTerms.Uint(Reader<ulong>(name, value, bound)),
        CelKind.Double => CelTerms.Double(Reader<double>(name, value, bound)),
        CelKind.String => CelTerms.String(Reader<string>(name, value, bound)),
        CelKind.Timestamp => CelTerms.Timestamp(Reader<DateTimeOffset>(name, value, bound)),
        CelKind.Duration => CelTerms.Duration(Reader<TimeSpan>(name, value, bound)),
        _ => CelTerms.Value(type, Reader<object?>(name, value, bound)),
    };

    private static CelReader<ConformanceCase, T> Reader<T>(string name, object? value, bool bound) => (ConformanceCase _, ref CelFault fault) =>
    {
        if (!bound)
        {
            fault.Unset(name);
        }

        return bound ? (T)value! : default!;
    };
}
