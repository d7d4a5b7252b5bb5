using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Partitioning;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Facts = Orchestrator.Grains.Decisions.Facts;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Expansion;

/// <summary>Notices when value creation turns into value expansion, and fires what that makes ready.</summary>
internal static class ExpansionWalk
{
    public static void Go(TurnBuilder turn, CompiledExpansion expansion, DateTimeOffset at)
    {
        var facts = turn.Context.Workspace.Facts;
        facts.Account = turn.Account;
        var expanding = expansion.When.Holds(facts);
        if (expanding != (turn.Account.Customer?.ExpandingSince is not null))
        {
            turn.Add(new AccountEvent.OfCustomer(new CustomerEvent.ExpansionPhaseChanged(expanding, at, expansion.When.Evidence(facts))));
            facts.Account = turn.Account;
        }

        if (!expanding)
        {
            return;
        }

        foreach (var trigger in expansion.Triggers)
        {
            // What one has changed the next may see.
            facts.Account = turn.Account;
            if (!(RestsUntil(facts.Account, trigger) > at) && trigger.When.Holds(facts))
            {
                Fire(turn, trigger, facts, at);
            }
        }
    }

    /// <summary>When time alone may change something; null = never.</summary>
    public static DateTimeOffset? NextChange(Facts facts, CompiledExpansion expansion)
    {
        var next = expansion.When.IsTemporal ? expansion.When.NextChange(facts) : null;
        if (facts.Account.Customer?.ExpandingSince is null)
        {
            return next;
        }

        foreach (var trigger in expansion.Triggers)
        {
            var rests = RestsUntil(facts.Account, trigger);
            var change = rests > facts.Now ? rests : trigger.When.IsTemporal ? trigger.When.NextChange(facts) : null;
            next = change is not null && (next is null || change < next) ? change : next;
        }

        return next;
    }

    private static DateTimeOffset? RestsUntil(Account account, CompiledTrigger trigger) =>
        account.Customer is { } customer && FiredTrigger.Find(customer.Triggers, trigger.Definition.Id) is { } fired ? fired.Forth(trigger.Definition.CoolDown) : null;

    /// <summary>The account tells itself, in a turn of its own: whatever the playbook does at that signal, a deal, a stage, a play for sales, follows.</summary>
    private static void Fire(TurnBuilder turn, CompiledTrigger trigger, Facts facts, DateTimeOffset at)
    {
        var definition = trigger.Definition;
        var id = turn.NewId('x');
        var signal = new Signal { Id = id, Type = definition.Signal.Id, Account = turn.Account.Key.Affinity, Source = "expansion", Time = Timestamp.FromDateTimeOffset(at), BackFill = turn.Silent };
        foreach (var name in trigger.Fills)
        {
            signal.Properties.Add(name, new Value { Text = name == "opportunity" ? id : definition.Id });
        }

        turn.Add(new AccountEvent.OfCustomer(new CustomerEvent.ExpansionTriggered(definition.Id, at, signal.Type, trigger.Fills.Contains("opportunity") ? id : "", trigger.When.Evidence(facts))));
        turn.Add(new Effect.Send(new AccountCommand.Record(turn.Account.Key, signal, "", at)));
    }
}
