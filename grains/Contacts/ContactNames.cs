using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Contacts;

/// <summary>What conditions may ask about the person at hand, beside their attributes and scores.</summary>
internal sealed class ContactNames(PlaybookDefinition definition)
{
    public void Declare(CelEnvironment<Facts>.Builder builder)
    {
        foreach (var attribute in definition.Attributes.Contact)
        {
            if (attribute.Type == PropertyType.Text)
            {
                builder.Function($"contact.{attribute.Name}_matches", [CelType.List(CelType.String)], c => BindMatches(c, attribute.Name));
            }
        }

        builder
            .Function("consent", [CelType.String, CelType.String], BindConsent)
            .Function("prefers", [CelType.String], BindPrefers)
            .Function("has_role", [CelType.String], BindHasRole);
    }

    private CelBinding<Facts> BindConsent(CelCall<Facts> call)
    {
        if (!call.Arguments[0].TryText(out var channel) || definition.Channels.All(c => c.Id != channel))
        {
            return call.Refuse(0, $"{call.Arguments[0].Source} is not a channel", (call.Arguments[0].Value as string) ?? "", definition.Channels.Select(c => c.Id));
        }

        if (!call.Arguments[1].TryText(out var purpose) || definition.ContactPolicy.Consent.Purposes.All(p => p.Id != purpose))
        {
            return call.Refuse(1, $"{call.Arguments[1].Source} is not a purpose of contact-policy.consent", (call.Arguments[1].Value as string) ?? "", definition.ContactPolicy.Consent.Purposes.Select(p => p.Id));
        }

        var confirmed = definition.ContactPolicy.Consent.DoubleOptIn.Any(c => c.Id == channel);
        return call.Bind(CelTerms.Bool((Facts facts, ref CelFault _) => facts.Contact is { } c && ConsentGiven.Allows(c.Consents, purpose, channel, confirmed)), "consent", Condition.Person);
    }

    /// <summary>Whether one of the words stands in what is known of the person: whole words, whatever their case. An attribute that nobody gave holds none.</summary>
    private static CelBinding<Facts> BindMatches(CelCall<Facts> call, string attribute)
    {
        if (!call.Arguments[0].TryTexts(out var words) || words.Count == 0 || words.Any(string.IsNullOrWhiteSpace))
        {
            return call.Refuse(0, "the words must be written out as a list, for example ['head of', 'director']");
        }

        string[] sought = [.. words];
        return call.Bind(
            CelTerms.Bool((Facts facts, ref CelFault _) => facts.Contact is { } c && c.Attributes.TryGetValue(attribute, out var held) && held.Value.KindCase == Value.KindOneofCase.Text && Words.Stand(held.Value.Text, sought)),
            $"attribute:contact.{attribute}",
            Condition.Person);
    }

    /// <summary>What the person has said; whom nobody asked prefers nothing.</summary>
    private CelBinding<Facts> BindPrefers(CelCall<Facts> call)
    {
        const string Said = "preferred_channel";
        if (!call.Arguments[0].TryText(out var channel) || definition.Channels.All(c => c.Id != channel))
        {
            return call.Refuse(0, $"{call.Arguments[0].Source} is not a channel", (call.Arguments[0].Value as string) ?? "", definition.Channels.Select(c => c.Id));
        }

        if (!definition.Attributes.Contact.Any(a => a is { Name: Said, Type: PropertyType.Text }))
        {
            return call.Refuse(0, $"nobody can say what they prefer; expected `{Said}: string` among the attributes of contacts");
        }

        return call.Bind(
            CelTerms.Bool((Facts facts, ref CelFault _) => facts.Contact is { } c && c.Attributes.TryGetValue(Said, out var said) && said.Value.KindCase == Value.KindOneofCase.Text && said.Value.Text == channel),
            $"attribute:contact.{Said}",
            Condition.Person);
    }

    private CelBinding<Facts> BindHasRole(CelCall<Facts> call)
    {
        if (!call.Arguments[0].TryText(out var role) || definition.BuyingGroup.Roles.All(r => r.Id != role))
        {
            return call.Refuse(0, $"{call.Arguments[0].Source} is not a declared role", (call.Arguments[0].Value as string) ?? "", definition.BuyingGroup.Roles.Select(r => r.Id));
        }

        return call.Bind(CelTerms.Bool((Facts facts, ref CelFault _) => facts.Contact is { } c && c.HasRole(role)), $"role:{role}", Condition.Person);
    }
}
