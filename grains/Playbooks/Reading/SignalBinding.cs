using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>Signals, attributes and their types.</summary>
internal static class SignalBinding
{
    public static ImmutableArray<SignalDefinition> Signals(Field? field, Names names)
    {
        var declared = field is null ? [] : field.Declared(NameKind.Signal).Select(Signal).ToImmutableArray();
        var builtIn = SignalDefinition.BuiltIn.Where(signal => declared.All(other => other.Id != signal.Id)).ToList();
        builtIn.ForEach(signal => names.DeclareBuiltIn(NameKind.Signal, signal.Id));

        // What a play to complete the data is for.
        names.DeclareBuiltIn(NameKind.Signal, BuiltInSignals.AccountUpdated);
        names.DeclareBuiltIn(NameKind.Signal, BuiltInSignals.ContactUpdated);
        return [.. declared, .. builtIn];
    }

    static SignalDefinition Signal(Field field)
    {
        var section = field.Section(SectionKind.Signal);
        var observed = section.Required("observed", seen => seen.Flag(), absent: true);
        var by = section.Optional("by");
        if (observed && by is not null)
        {
            by.RefuseKey("an observed signal is asserted by nobody; remove `by`, or say `observed: false`");
        }

        var signal = new SignalDefinition(
            field.Key,
            field.KeyAt,
            observed,
            by?.Names(NameKind.Department) ?? [],
            section.Many("properties", Properties));
        section.Close();
        return signal;
    }

    public static AttributeSchemas Attributes(Field field)
    {
        var section = field.Section(SectionKind.Attributes);
        var attributes = new AttributeSchemas(section.Many("account", Properties), section.Many("contact", Properties));
        attributes = attributes with { Survive = section.Optional("survive", survive => SurvivorshipBinding.Survive(survive, attributes.Account, attributes.Contact), attributes.Survive) };
        section.Close();
        return attributes;
    }

    static ImmutableArray<PropertyDefinition> Properties(Field field) =>
    [
        .. field.Entries("a map of types by property").Select(entry =>
        {
            entry.KeyIsName("a property");
            var (type, optional) = Type(entry);
            return new PropertyDefinition(entry.Key, entry.KeyAt, type, optional);
        }),
    ];

    static readonly (string Word, PropertyType Type)[] Types =
    [
        ("string", PropertyType.Text),
        ("int", PropertyType.Whole),
        ("double", PropertyType.Number),
        ("bool", PropertyType.Flag),
        ("timestamp", PropertyType.Timestamp),
        ("duration", PropertyType.Duration),
        ("money", PropertyType.Money),
    ];

    static (PropertyType Type, bool Optional) Type(Field field)
    {
        var expected = $"a type, one of {string.Join(", ", Types.Select(type => type.Word))}, with a `?` behind it when it may be absent";
        if (field.Words(expected) is not { } text)
        {
            return default;
        }

        var optional = text.EndsWith('?');
        var word = optional ? text[..^1] : text;
        if (Array.FindIndex(Types, type => type.Word == word) is var index && index >= 0)
        {
            return (Types[index].Type, optional);
        }

        var near = Words.Nearest(word, Types.Select(type => type.Word));
        field.Refuse($"expected {expected}, found {field.Found()}{(near is null ? "" : $"; did you mean `{near}`?")}");
        return default;
    }
}
