using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Silo.Insight;

/// <summary>Why a candidate fell, in the words of the contract and with the values that the rule saw.</summary>
/// <param name="grains">The account and its people as the choice saw them.</param>
/// <param name="facts">Holding playbook, account, signal and now of the choice; the contact is set here.</param>
internal sealed class RemovalText(FoldedGrains grains, Facts facts)
{
    /// <summary>The word of the contract for a step of deciding.</summary>
    public static string WordOf(RemovedAt at) => at switch
    {
        RemovedAt.Stage => "stage",
        RemovedAt.Role => "role",
        RemovedAt.Trigger => "trigger",
        RemovedAt.Open => "open",
        RemovedAt.CoolDown => "cool-down",
        RemovedAt.Eligible => "eligible",
        RemovedAt.Applicable => "applicable",
        // A buyer who sets the pace makes a play unsuitable; an arm of an experiment is a choice among treatments.
        RemovedAt.Suitable or RemovedAt.BuyerPaced => "suitable",
        RemovedAt.Treatment or RemovedAt.Experiment => "treatment",
        RemovedAt.Consent => "consent",
        RemovedAt.Exclusion => "exclusion",
        RemovedAt.Suppression => "suppression",
        RemovedAt.QuietHours => "quiet-hours",
        RemovedAt.Cap => "cap",
        RemovedAt.Rest => "rest",
        RemovedAt.PeoplePerWeek => "people-per-week",
        RemovedAt.Capacity => "capacity",
        RemovedAt.HoldOut => "hold-out",
        RemovedAt.Arbitration => "arbitration",
    };

    /// <summary>The rule that removed a candidate, with what it saw.</summary>
    public string RuleOf(TracedCandidate candidate)
    {
        facts.Contact = PersonOf(candidate.Contact);
        var by = candidate.RemovedBy;
        return candidate.RemovedAt switch
        {
            RemovedAt.Role when facts.Contact is { } person => $"{by}; the contact has {(person.Roles.Length > 0 ? string.Join(", ", person.Roles.Select(r => $"`{r}`")) : "none")}",
            RemovedAt.Trigger => $"{by}; {(facts.Signal is { } signal ? $"the signal is `{signal.Type}`" : "there was no signal")}",
            RemovedAt.Open when facts.Account.OpenActions.FirstOrDefault(a => a.Play == candidate.Play && a.Contact == candidate.Contact) is { } open => $"{by}: action `{open.Id}`",
            RemovedAt.BuyerPaced => $"the buyer sets the pace: {by}",
            RemovedAt.Exclusion when facts.Account.Attributes.TryGetValue("exclusion", out var list) => $"{by}: `{SignalValues.Text(list.Value)}`",
            RemovedAt.Suppression when facts.Playbook.Policy.Suppress.FirstOrDefault(s => s.Holds(facts)) is { } rule => $"{by}: {Describe(rule)}",
            _ => by,
        };
    }

    /// <summary>Every condition of a play and treatment, evaluated for one person, whether deciding came to it or not.</summary>
    public string ConditionsOf(CompiledPlay play, string treatment, string contact)
    {
        facts.Contact = PersonOf(contact);
        (string Name, Condition? Condition)[] all =
        [
            ("eligible", play.Eligible),
            ("applicable", play.Applicable),
            ("suitable", play.Suitable),
            ("buyer-paced hold", play.Held),
            ($"treatment `{treatment}`", play.Treatments.FirstOrDefault(t => t.Id == treatment)?.When),
        ];
        return string.Join("; ", all.Where(c => c.Condition is not null).Select(c => $"{c.Name}: {Describe(c.Condition!)}"));
    }

    private Contact? PersonOf(string contact) =>
        contact.Length > 0 && grains.TryGet(GrainKey.Contact(facts.Account.Key.Tenant, facts.Account.Key.Affinity, contact), out var state) ? (Contact?)state : null;

    private string Describe(Condition condition) =>
        string.Join("; ", condition.Evidence(facts).Select(c => $"`{c.Text}` is {(c.Held ? "true" : "false")}{(c.Values.Length > 0 ? $" ({c.Values})" : "")}"));
}
