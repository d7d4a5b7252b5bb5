using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Survivorship;

namespace Orchestrator.Grains.Accounts;

/// <summary>
/// What becomes of facts and commands while builds of feature level 1 share the store: without what those cannot read, as they would have written it themselves. Only what every account
/// meets, whatever its playbook says, has such a form; the rest is refused (silo/Journal/decisions/0003-feature-levels.md).
/// </summary>
public static class OlderForms
{
    /// <summary>Without who said it and what only people said.</summary>
    public static AccountEvent Of(AccountEvent @event) => @event switch
    {
        AccountEvent.AttributesSet { Origin: not null } e => e with { Origin = null },
        AccountEvent.StageEntered e when e.Evidence.Any(c => c.AssertedOnly) => e with { Evidence = [.. e.Evidence.Select(c => c with { AssertedOnly = false })] },
        AccountEvent.ActionEnded { By.Length: > 0 } e => e with { By = "" },
        _ => @event,
    };

    /// <summary>Two histories of one person become one by the rules of the first release.</summary>
    public static ContactEvent Of(ContactEvent @event) => @event switch
    {
        ContactEvent.AttributesSet { Origin: not null } e => e with { Origin = null },
        ContactEvent.Absorbed { Rules: > 0 } e => e with { Rules = 0 },
        _ => @event,
    };

    /// <summary>Who moves brings state, sums and id window, and nothing else.</summary>
    public static GrainCommand Of(GrainCommand command) => command switch
    {
        AccountCommand.MoveIn c => c with { Latest = [], Brought = PersonBrought.None, Activity = BuyingGroups.MemberActivity.None },
        AccountCommand.Settle { Settlement.By.Length: > 0 } c => c with { Settlement = c.Settlement with { By = "" } },
        _ => command,
    };
}
