using System.Collections.Immutable;
using Orchestrator.Grains.DataQuality;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>How well accounts and people must be known.</summary>
internal static class QualityBinding
{
    static readonly QualityWeights DefaultWeights = new(60, 25, 15);

    public static (DataQualityDefinition? Account, DataQualityDefinition? Contact) Quality(Field field, AttributeSchemas attributes)
    {
        var section = field.Section(SectionKind.DataQuality);
        var weights = section.Optional("weights", Weights, DefaultWeights);
        var account = section.Optional("account", watched => Watched(watched, attributes.Account, weights, compares: false));
        var contact = section.Optional("contact", watched => Watched(watched, attributes.Contact, weights, compares: true));
        section.Close();
        if (account is null && contact is null && field.IsMap)
        {
            field.RefuseKey("the data quality needs `account`, `contact` or both, such as account: {attributes: {employees: {fresh-for: 180d}}}");
        }

        return (account, contact);
    }

    static QualityWeights Weights(Field field)
    {
        var section = field.Section(SectionKind.QualityWeights);
        var weights = new QualityWeights(
            section.Optional("complete", weight => weight.Number(0, 100), DefaultWeights.Complete),
            section.Optional("fresh", weight => weight.Number(0, 100), DefaultWeights.Fresh),
            section.Optional("unique", weight => weight.Number(0, 100), DefaultWeights.Unique));
        section.Close();
        if (weights.Complete + weights.Fresh + weights.Unique <= 0)
        {
            field.Refuse("at least one of `complete`, `fresh` and `unique` must weigh more than 0");
            return DefaultWeights;
        }

        return weights;
    }

    static DataQualityDefinition Watched(Field field, ImmutableArray<PropertyDefinition> declared, QualityWeights weights, bool compares)
    {
        var section = field.Section(SectionKind.WatchedAttributes);
        var attributes = section.Required<ImmutableArray<WatchedAttribute>>("attributes", all => [.. all.Entries("a map with each attribute that should be known").Select(entry => Attribute(entry, declared))], []);
        var alike = compares && section.Optional("alike") is { } names ? names.Items("a list of attributes").Select(name => Known(name, name.Id(), declared, name.Refuse)).ToImmutableArray() : [];
        var twins = compares ? null : section.Optional("duplicates", found => Twins(found, declared));
        section.Close();
        if (attributes.IsEmpty && field.IsMap)
        {
            field.RefuseKey("expected at least one attribute that should be known, found none");
        }

        return new DataQualityDefinition(field.KeyAt, attributes, alike, weights) { Twins = twins };
    }

    static TwinsDefinition Twins(Field field, ImmutableArray<PropertyDefinition> declared)
    {
        var section = field.Section(SectionKind.Duplicates);
        ImmutableArray<string> Texts(string key) => section.Optional(key) is { } names ? [.. names.Items("a list of attributes").Select(name => Text(name, declared))] : [];
        var twins = new TwinsDefinition(Texts("name"), Texts("domain"), Texts("number"), Texts("phone"), section.Optional("contacts", contacts => contacts.Flag(), absent: false));
        section.Close();
        if (twins is { Name.IsEmpty: true, Domain.IsEmpty: true, Number.IsEmpty: true, Phone.IsEmpty: true } && field.IsMap)
        {
            field.RefuseKey("accounts are compared by `name`, `domain`, `number` or `phone`: expected at least one of them, such as domain: [website]");
        }

        return twins;
    }

    static string Text(Field field, ImmutableArray<PropertyDefinition> declared)
    {
        var name = Known(field, field.Id(), declared, field.Refuse);
        if (declared.FirstOrDefault(a => a.Name == name) is { } found && found.Type != PropertyType.Text)
        {
            field.Refuse($"`{name}` is no text; companies are compared by what they are called, and by numbers written as texts");
        }

        return name;
    }

    static WatchedAttribute Attribute(Field field, ImmutableArray<PropertyDefinition> declared)
    {
        Known(field, field.Key, declared, field.RefuseKey);
        var section = field.Section(SectionKind.WatchedAttribute);
        var watched = new WatchedAttribute(
            field.Key,
            field.KeyAt,
            section.Optional("weight", weight => weight.Number(0.001, 1_000), 1),
            section.Optional<TimeSpan?>("fresh-for", fresh => fresh.Duration(), absent: null));
        section.Close();
        return watched;
    }

    static string Known(Field field, string name, ImmutableArray<PropertyDefinition> declared, Action<string> refuse)
    {
        var names = declared.Select(attribute => attribute.Name).ToList();
        if (name.Length > 0 && !names.Contains(name))
        {
            var nearest = Words.Nearest(name, names);
            refuse($"unknown attribute `{Field.Short(name)}`{(nearest is not null ? $"; did you mean `{nearest}`?" : names.Count == 0 ? "; no attributes are declared" : $"; expected one of {Names.Listed(names)}")}");
        }

        return name;
    }
}
