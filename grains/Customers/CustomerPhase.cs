using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Advocacy;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Expansion;
using Orchestrator.Grains.Health;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Playbooks;
using Signal = Orchestrator.V1.Signal;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Customers;

/// <summary>The places where an account's turn looks at the customer phase. Nothing happens for playbooks that have none.</summary>
internal static class CustomerPhase
{
    /// <summary>Keeps what a signal tells about the customer.</summary>
    /// <param name="time">The instant that it is about.</param>
    public static void Record(TurnBuilder turn, Playbook playbook, Signal signal, string contact, DateTimeOffset time)
    {
        if (playbook.Customer is not { } phase)
        {
            return;
        }

        if (phase.Readings.TryGetValue(signal.Type, out var reading))
        {
            Read(turn, reading, signal, contact, time);
        }

        if (phase.SelfService.Count > 0)
        {
            Solved(turn, phase, signal, contact);
        }
    }

    /// <summary>Judges what may have come true, before the criteria of the stage are: they may ask for it.</summary>
    /// <param name="turn">The turn; its workspace's facts must hold contact, signal and now.</param>
    /// <param name="at">The instant for which it is judged.</param>
    public static void Judge(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        if (playbook.Customer is not { } phase)
        {
            return;
        }

        foreach (var set in phase.Milestones)
        {
            MilestoneWalk.Go(turn, set, at);
        }

        if (phase.Expansion is { } expansion)
        {
            ExpansionWalk.Go(turn, expansion, at);
        }
    }

    /// <summary>The earliest instant after facts' now at which time alone may change something here; null = never.</summary>
    public static DateTimeOffset? NextChange(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        if (playbook.Customer is not { } phase)
        {
            return null;
        }

        var facts = turn.Context.Workspace.Facts;
        facts.Set(playbook, turn.Account, null, null, at);
        var next = phase.Expansion is { } expansion ? ExpansionWalk.NextChange(facts, expansion) : null;
        foreach (var set in phase.Milestones)
        {
            next = MilestoneWalk.NextChange(facts, set) is { } change && (next is null || change < next) ? change : next;
        }

        return next;
    }

    /// <summary>An action is over: if customers could do it by themselves, they had their chance, unless it was taken back.</summary>
    public static void Ended(TurnBuilder turn, OpenAction action, EndedHow how)
    {
        if (how != EndedHow.Revoked && turn.Context.Playbooks.Current(turn.Account.Key.Tenant)?.Customer is { SelfService.Count: > 0 } phase && phase.SelfService.ContainsKey(action.Play))
        {
            turn.Add(new AccountEvent.OfCustomer(new CustomerEvent.SelfServiceTried(action.Play, turn.Now)));
        }
    }

    private static void Read(TurnBuilder turn, SignalReading reading, Signal signal, string contact, DateTimeOffset time)
    {
        // What is given back or was free says nothing about buying.
        if (reading.Amount is { } amount && Number(signal, amount) is { } spent && spent > 0 && double.IsFinite(spent))
        {
            turn.Add(new AccountEvent.OfCustomer(new CustomerEvent.Purchased(time, spent)));
        }

        if (reading.Answer is { } property && Surveys.AnswerOf(signal, property, contact, time) is { } answer)
        {
            turn.Add(new AccountEvent.OfCustomer(new CustomerEvent.Answered(answer)));
        }

        if (reading.IsContract)
        {
            turn.Add(new AccountEvent.OfCustomer(new CustomerEvent.ContractSigned(time, Number(signal, reading.ContractAmount), Instant(signal, reading.RenewsAt))));
        }

        if (reading.Referrer is { } referrer)
        {
            Attribution.Note(turn, signal, referrer, time);
        }
    }

    /// <summary>A goal that is reached while its self-service play is open, or within its horizon after it, was reached by themselves: counted once a try.</summary>
    private static void Solved(TurnBuilder turn, CompiledCustomer phase, Signal signal, string contact)
    {
        foreach (var (id, play) in phase.SelfService.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (play.Goal?.Id != signal.Type)
            {
                continue;
            }

            var open = turn.Account.OpenActions.Any(a => a.Play == id && (a.Contact.Length == 0 || a.Contact == contact));
            var used = turn.Account.Customer is { } customer ? SelfServiceUse.Find(customer.SelfService, id) : null;
            if (open || (used is { Credited: false } && turn.Now - used.LastTriedAt <= play.Horizon))
            {
                turn.Add(new AccountEvent.OfCustomer(new CustomerEvent.SelfServiceSolved(id, open, turn.Now, play.Saves ?? TimeSpan.Zero)));
            }
        }
    }

    private static double? Number(Signal signal, string? property) =>
        property is not null && signal.Properties.TryGetValue(property, out var value) && value.KindCase is Value.KindOneofCase.Money or Value.KindOneofCase.Integer or Value.KindOneofCase.Number ? SignalValues.Amount(value) : null;

    private static DateTimeOffset? Instant(Signal signal, string? property) =>
        property is not null && signal.Properties.TryGetValue(property, out var value) && value.KindCase == Value.KindOneofCase.Instant ? SignalValues.Instant(value) : null;
}
