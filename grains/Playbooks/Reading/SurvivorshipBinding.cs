using System.Collections.Immutable;
using Orchestrator.Grains.Survivorship;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>What stays of attributes when two become one.</summary>
internal static class SurvivorshipBinding
{
    /// <param name="field">`attributes.survive`.</param>
    public static SurvivorshipDefinition Survive(Field field, ImmutableArray<PropertyDefinition> account, ImmutableArray<PropertyDefinition> contact)
    {
        var section = field.Section(SectionKind.Survive);
        var definition = new SurvivorshipDefinition(
            section.Optional("account", rules => Rules(rules, account, "account"), []), section.Optional("contact", rules => Rules(rules, contact, "contact"), []));
        section.Close();
        return definition;
    }

    static ImmutableArray<SurvivalRule> Rules(Field field, ImmutableArray<PropertyDefinition> declared, string of)
    {
        var rules = ImmutableArray.CreateBuilder<SurvivalRule>();
        foreach (var entry in field.Entries("a map of rules by attribute"))
        {
            var attribute = declared.FirstOrDefault(p => p.Name == entry.Key);
            if (attribute is null)
            {
                var near = Words.Nearest(entry.Key, declared.Select(p => p.Name));
                entry.RefuseKey($"`{entry.Key}` is not a declared attribute of {of}s{(near is null ? "" : $"; did you mean `{near}`?")}");
                continue;
            }

            var rule = entry.Choice(("newest", Survival.Newest), ("oldest", Survival.Oldest), ("non-empty", Survival.NonEmpty), ("add", Survival.Add));
            if (rule == Survival.Add && attribute.Type is not (PropertyType.Whole or PropertyType.Number or PropertyType.Money))
            {
                entry.Refuse($"`add` adds numbers up, and `{entry.Key}` is none; expected newest, oldest or non-empty, or an attribute that is an int, a double or money");
            }

            rules.Add(new SurvivalRule(entry.Key, rule));
        }

        rules.Sort((one, other) => string.CompareOrdinal(one.Attribute, other.Attribute));
        return rules.ToImmutable();
    }
}
