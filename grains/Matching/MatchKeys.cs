using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Grains.Matching;

/// <summary>By what people and accounts find each other: a value under a rule, with a grain of its own that knows whose it is.</summary>
public static class MatchKeys
{
    /// <summary>The grain of a value. No identifier has such a key: a kind is never empty.</summary>
    public static GrainKey Of(string tenant, MatchRule rule, string value) => GrainKey.Identity(tenant, $":{rule.Id}:{value}");

    /// <summary>What the rule asks of the person; null = not known, or free mail.</summary>
    public static string? OfPerson(MatchingDefinition matching, MatchRule rule, Contact contact) =>
        rule.Person is { } attribute ? Text(contact.Attributes, attribute) : DomainOf(matching, contact.Identifiers);

    /// <summary>What the rule asks of the account; null = not known. For rules by an attribute.</summary>
    public static string? OfAccount(MatchRule rule, Account account) => rule.Account is { } attribute ? Text(account.Attributes, attribute) : null;

    /// <summary>The domain of the first e-mail address that is a company's; null = there is none.</summary>
    public static string? DomainOf(MatchingDefinition matching, IEnumerable<PersonName> names)
    {
        foreach (var name in names)
        {
            if (name.Kind == "email" && name.Value.LastIndexOf('@') is > 0 and var at && at < name.Value.Length - 1 && name.Value[(at + 1)..] is var domain && !matching.FreeMail.Contains(domain))
            {
                return domain;
            }
        }

        return null;
    }

    /// <summary>Capitals, and how many spaces there are, make no difference.</summary>
    public static string? Normal(string text)
    {
        var words = string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)).ToLowerInvariant();
        return words.Length is 0 or > 256 ? null : words;
    }

    private static string? Text(AttributeSet attributes, string name) =>
        attributes.TryGetValue(name, out var held) && held.Value.KindCase == Value.KindOneofCase.Text ? Normal(held.Value.Text) : null;
}
