using System.Buffers;
using System.Text;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Playbooks;
using Orchestrator.V1;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Ingest;

/// <summary>Checks a signal against the contract and the playbook's schema before it reaches a partition. Stateless; any thread.</summary>
public static class SignalSchema
{
    private const int MostIdentifiers = 8;
    private static readonly SearchValues<char> AccountCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:@/-");

    /// <summary>Attributes that the Orchestrator itself understands; every playbook has them.</summary>
    private static readonly Dictionary<string, PropertyType> BuiltInAttributes = new(StringComparer.Ordinal)
    {
        ["time-zone"] = PropertyType.Text,
        ["exclusion"] = PropertyType.Text,
    };

    /// <summary>Null if the signal may be taken, otherwise what was found and what was expected.</summary>
    public static string? Fault(Signal? signal, Playbook? playbook)
    {
        if (signal is null)
        {
            return "the message has no signal";
        }

        if (signal.Id.Length == 0 || IsLonger(signal.Id, 100))
        {
            return $"the id must be 1 to 100 bytes, it is {Bytes(signal.Id)}";
        }

        if (signal.Account.Length > 0 && AccountFault(signal.Account) is { } account)
        {
            return account;
        }

        if (signal.Account.Length == 0 && signal.Identifiers.Count == 0)
        {
            return "neither `account` nor `identifiers` is set: it must be known whom the signal is about";
        }

        if (IdentifierFault(signal) is { } identifier)
        {
            return identifier;
        }

        if (IsLonger(signal.Source, 64))
        {
            return $"the source must be at most 64 bytes, it is {Bytes(signal.Source)}";
        }

        if (signal.Time is { } time && (time.Seconds is < -62_135_596_800 or > 253_402_300_799 || time.Nanos is < 0 or > 999_999_999))
        {
            return "the time is out of range: years 1 to 9999, nanos 0 to 999,999,999";
        }

        if (signal.BackFill && signal.Time is null)
        {
            return "the time is not set: history (`back_fill`) has to say when it happened";
        }

        if (playbook is null)
        {
            return "no playbook is published yet: publish one, then send signals";
        }

        if (!playbook.Signals.TryGetValue(signal.Type, out var type))
        {
            return Unknown("signal type", signal.Type, playbook.Signals.Keys);
        }

        return Properties(signal, type, playbook) ?? Asserted(signal, type.Definition);
    }

    /// <summary>Null if it is a possible account id.</summary>
    public static string? AccountFault(string account)
    {
        if (account.Length is 0 or > 128)
        {
            return $"the account must be 1 to 128 bytes, it is {account.Length}";
        }

        var at = account.AsSpan().IndexOfAnyExcept(AccountCharacters);
        return at < 0 ? null : $"the account `{account}` has a character at {at + 1} that is not a letter, a digit or one of `._:@/-`";
    }

    private static string? IdentifierFault(Signal signal)
    {
        if (signal.Identifiers.Count > MostIdentifiers)
        {
            return $"at most {MostIdentifiers} identifiers are possible, {signal.Identifiers.Count} came";
        }

        for (var i = 0; i < signal.Identifiers.Count; i++)
        {
            var identifier = signal.Identifiers[i];
            if (identifier.Kind.Length is 0 or > 32 || identifier.Kind.Contains(':', StringComparison.Ordinal) || identifier.Kind.Contains('\u001f', StringComparison.Ordinal))
            {
                return $"the identifier kind `{identifier.Kind}` must be 1 to 32 characters without `:`";
            }

            if (identifier.Value.Trim().Length == 0 || IsLonger(identifier.Value, 256) || identifier.Value.Contains('\u001f', StringComparison.Ordinal))
            {
                return $"the {identifier.Kind} identifier must be 1 to 256 bytes, it is {Bytes(identifier.Value)}";
            }
        }

        return null;
    }

    private static string? Properties(Signal signal, CompiledSignal type, Playbook playbook)
    {
        if (BuiltInSignals.CarriesAttributes(type.Id))
        {
            return Attributes(signal, type.Id == BuiltInSignals.AccountUpdated ? playbook.Definition.Attributes.Account : playbook.Definition.Attributes.Contact);
        }

        foreach (var (name, value) in signal.Properties)
        {
            if (!type.Properties.TryGetValue(name, out var property))
            {
                return $"{Unknown("property", name, type.Properties.Keys)} of `{type.Id}`";
            }

            if (ValueFault(value, property.Type, property.Optional) is { } fault)
            {
                return $"property `{name}` of `{type.Id}` {fault}";
            }
        }

        foreach (var property in type.Definition.Properties)
        {
            if (!property.Optional && !signal.Properties.ContainsKey(property.Name))
            {
                return $"property `{property.Name}` of `{type.Id}` is missing; it must be {Name(property.Type)}";
            }
        }

        return ModelSignals.Fault(signal, type.Id, playbook) ?? DealingsTurn.Fault(signal, type, playbook, account: null);
    }

    private static string? Attributes(Signal signal, IReadOnlyList<PropertyDefinition> schema)
    {
        foreach (var (name, value) in signal.Properties)
        {
            var type = TypeOf(name, schema);
            if (type is null)
            {
                return Unknown("attribute", name, schema.Select(p => p.Name).Concat(BuiltInAttributes.Keys));
            }

            if (ValueFault(value, type.Value, mayBeEmpty: true) is { } fault)
            {
                return $"attribute `{name}` {fault}";
            }

            if (name == "time-zone" && value.KindCase == Value.KindOneofCase.Text && NodaTime.DateTimeZoneProviders.Tzdb.GetZoneOrNull(value.Text) is null)
            {
                return $"attribute `time-zone` is `{value.Text}`, an IANA zone such as `Europe/London` was expected";
            }
        }

        return signal.Properties.Count == 0 ? $"`{signal.Type}` has no properties: nothing would change" : null;
    }

    private static PropertyType? TypeOf(string attribute, IReadOnlyList<PropertyDefinition> schema)
    {
        for (var i = 0; i < schema.Count; i++)
        {
            if (schema[i].Name == attribute)
            {
                return schema[i].Type;
            }
        }

        return BuiltInAttributes.TryGetValue(attribute, out var builtIn) ? builtIn : null;
    }

    private static string? Asserted(Signal signal, SignalDefinition type)
    {
        // Not asked with a lambda: it would make an object for each signal, also of types that nobody has to assert.
        var known = type.By.Length == 0;
        for (var i = 0; i < type.By.Length && !known; i++)
        {
            known = type.By[i].Id == signal.AssertedBy;
        }

        if (!known)
        {
            var by = string.Join(", ", type.By.Select(b => $"`{b.Id}`"));
            return signal.AssertedBy.Length == 0
                ? $"`{type.Id}` must say who asserts it: `asserted_by` is one of {by}"
                : $"`{type.Id}` cannot be asserted by `{signal.AssertedBy}`, only by {by}";
        }

        return null;
    }

    private static string? ValueFault(Value value, PropertyType type, bool mayBeEmpty)
    {
        if (value.KindCase == Value.KindOneofCase.None)
        {
            return mayBeEmpty ? null : $"is empty; it must be {Name(type)}";
        }

        var fits = (type, value.KindCase) switch
        {
            (PropertyType.Text, Value.KindOneofCase.Text) => true,
            (PropertyType.Whole, Value.KindOneofCase.Integer) => true,
            (PropertyType.Number, Value.KindOneofCase.Number) => true,
            (PropertyType.Flag, Value.KindOneofCase.Flag) => true,
            (PropertyType.Timestamp, Value.KindOneofCase.Instant) => true,
            (PropertyType.Duration, Value.KindOneofCase.Duration) => true,
            (PropertyType.Money, Value.KindOneofCase.Money) => true,
            _ => false,
        };
        if (!fits)
        {
            return $"must be {Name(type)}, {Name(value)} came";
        }

        return value.KindCase switch
        {
            Value.KindOneofCase.Text when IsLonger(value.Text, 4096) => $"must be at most 4,096 bytes, it is {Bytes(value.Text)}",
            Value.KindOneofCase.Number when !double.IsFinite(value.Number) => "must be a finite number",
            Value.KindOneofCase.Money when value.Money.Currency.Length != 3 => $"must name its currency by three letters, `{value.Money.Currency}` came",
            _ => null,
        };
    }

    private static string Name(PropertyType type) => type switch
    {
        PropertyType.Text => "a text",
        PropertyType.Whole => "a whole number (integer)",
        PropertyType.Number => "a number",
        PropertyType.Flag => "a flag (true or false)",
        PropertyType.Timestamp => "an instant",
        PropertyType.Duration => "a duration",
        PropertyType.Money => "money",
    };

    private static string Name(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.None => "nothing",
        Value.KindOneofCase.Text => "a text",
        Value.KindOneofCase.Integer => "a whole number",
        Value.KindOneofCase.Number => "a number",
        Value.KindOneofCase.Flag => "a flag",
        Value.KindOneofCase.Instant => "an instant",
        Value.KindOneofCase.Duration => "a duration",
        Value.KindOneofCase.Money => "money",
    };

    internal static string Unknown(string what, string name, IEnumerable<string> known)
    {
        var nearest = Words.Nearest(name, known);
        return $"unknown {what} `{name}`{(nearest is null ? "" : $"; did you mean `{nearest}`?")}";
    }

    /// <summary>Whether a text takes more bytes than that. A UTF-16 unit takes three at most, so most texts need no counting.</summary>
    private static bool IsLonger(string text, int bytes) => text.Length > bytes / 3 && Bytes(text) > bytes;

    private static int Bytes(string text) => Encoding.UTF8.GetByteCount(text);
}
