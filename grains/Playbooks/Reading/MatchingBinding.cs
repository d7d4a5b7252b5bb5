using System.Collections.Immutable;
using Orchestrator.Grains.Matching;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>How people find their account.</summary>
internal static class MatchingBinding
{
    const string EmailDomain = "email-domain";
    const string Contacts = "contacts";

    public static MatchingDefinition Matching(Field field, AttributeSchemas attributes)
    {
        var section = field.Section(SectionKind.Matching);
        var freeMail = section.Optional("free-mail");
        var domains = freeMail is null ? [] : Domains(freeMail);
        var rules = section.Required("rules", rules => Rules(rules, attributes), []);
        if (freeMail is null && rules.Any(r => r.Person is null))
        {
            field.RefuseKey("a rule goes by `email-domain`, so `free-mail` must list the domains that say nothing about a company, for example [gmail.com, outlook.com]");
        }

        section.Close();
        return new MatchingDefinition(domains, rules);
    }

    static ImmutableArray<string> Domains(Field field)
    {
        var domains = ImmutableArray.CreateBuilder<string>();
        foreach (var item in field.Items("a list of domains"))
        {
            var domain = item.Text("a domain such as gmail.com").ToLowerInvariant();
            if (domain.Length > 0 && (!domain.Contains('.', StringComparison.Ordinal) || domain.Contains('@', StringComparison.Ordinal)))
            {
                item.Refuse($"expected a domain such as gmail.com, found {item.Found()}");
            }

            domains.Add(domain);
        }

        return domains.ToImmutable();
    }

    static ImmutableArray<MatchRule> Rules(Field field, AttributeSchemas attributes)
    {
        var rules = ImmutableArray.CreateBuilder<MatchRule>();
        foreach (var item in field.Items("a list of rules"))
        {
            var section = item.Section(SectionKind.MatchRule);
            var id = section.Required("id", name => name.Id(), "");
            var person = section.Required("person", of => Of(of, EmailDomain, attributes.Contact, "contacts"), null);
            var account = section.Required("account", of => Of(of, Contacts, attributes.Account, "accounts"), null);
            section.Close();
            if (account is null && person is not null)
            {
                item.RefuseKey($"`account: {Contacts}` compares e-mail domains, `person: {person}` is none; expected `person: {EmailDomain}`, or an attribute of accounts");
            }

            if (rules.Any(r => r.Id == id))
            {
                item.RefuseKey($"the rule `{id}` is given twice");
            }

            rules.Add(new MatchRule(id, person, account));
        }

        return rules.ToImmutable();
    }

    /// <returns>Null for the word.</returns>
    static string? Of(Field field, string word, ImmutableArray<PropertyDefinition> declared, string whose)
    {
        var name = field.Text($"`{word}` or an attribute of {whose}");
        if (name == word || name.Length == 0)
        {
            return null;
        }

        var attribute = declared.FirstOrDefault(p => p.Name == name);
        if (attribute is null)
        {
            var near = Words.Nearest(name, declared.Select(p => p.Name).Append(word));
            field.Refuse($"expected `{word}` or an attribute of {whose}, found `{Field.Short(name)}`{(near is null ? "" : $"; did you mean `{near}`?")}");
        }
        else if (attribute.Type != PropertyType.Text)
        {
            field.Refuse($"`{name}` is no text; expected an attribute of {whose} that is a string");
        }

        return name;
    }
}
