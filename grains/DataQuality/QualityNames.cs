using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.DataQuality;

/// <summary>What conditions may ask about how well accounts and people are known.</summary>
internal sealed class QualityNames(PlaybookDefinition definition)
{
    private const string Tag = "data-quality";

    public void Declare(CelEnvironment<Facts>.Builder builder, Func<CelTerm<Facts>, CelTerm<Facts>> once)
    {
        if (definition.AccountQuality is not null)
        {
            var stale = new CelTemporal<Facts>.Step(f => f.Playbook.AccountQuality!.NextStale(f.Account.Attributes, f.Now));
            builder
                .Variable("data_quality.account", once(CelTerms.Double((Facts f, ref CelFault _) => f.Playbook.AccountQuality!.ScoreOf(f.Account.Attributes, AccountTwins.Unique(f.Account), f.Now), stale)), Tag)
                .Variable("data_quality.account_lacking", once(CelTerms.Int((Facts f, ref CelFault _) => f.Playbook.AccountQuality!.Lacking(f.Account.Attributes, f.Now), stale)), Tag)
                .Variable("data_quality.account_duplicates", once(CelTerms.Int((Facts f, ref CelFault _) => AccountTwins.Of(f.Account).Count)), Tag);
        }

        if (definition.ContactQuality is not null)
        {
            var stale = new CelTemporal<Facts>.Step(f => f.Contact is { } contact ? f.Playbook.ContactQuality!.NextStale(contact.Attributes, f.Now) : null);
            builder
                .Variable("data_quality.contact", once(CelTerms.Double(ScoreOfPerson, stale)), Tag, Condition.Person)
                .Variable("data_quality.contact_lacking", once(CelTerms.Int(LackingOfPerson, stale)), Tag, Condition.Person)
                .Variable("data_quality.duplicates", once(CelTerms.Int((Facts f, ref CelFault _) => Likeness.Suspected(f.Account))), Tag);
        }
    }

    private static double ScoreOfPerson(Facts facts, ref CelFault fault)
    {
        if (facts.Contact is { } contact)
        {
            return facts.Playbook.ContactQuality!.ScoreOf(contact.Attributes, Likeness.HasTwin(facts.Account, contact.Key.Id) ? 0 : 1, facts.Now);
        }

        fault.Unset("data_quality.contact");
        return 0;
    }

    private static long LackingOfPerson(Facts facts, ref CelFault fault)
    {
        if (facts.Contact is { } contact)
        {
            return facts.Playbook.ContactQuality!.Lacking(contact.Attributes, facts.Now);
        }

        fault.Unset("data_quality.contact_lacking");
        return 0;
    }
}
