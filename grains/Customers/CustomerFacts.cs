using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Customers;

/// <summary>The names and functions that conditions may use about the time after the contract.</summary>
internal static class CustomerFacts
{
    public static void Declare(CelEnvironment<Facts>.Builder builder, PlaybookDefinition playbook, TallyRegistry tallies)
    {
        builder.Function("contacts.active", [CelType.String], BindActive);
        MilestoneFacts.Declare(builder, playbook.Customer);
    }

    /// <summary>How many people of the account sent a signal within the window.</summary>
    private static CelBinding<Facts> BindActive(CelCall<Facts> call)
    {
        if (!call.Arguments[0].TryDuration(out var window) || window <= TimeSpan.Zero)
        {
            return call.Refuse(0, $"{call.Arguments[0].Source} is not a window such as '30d'");
        }

        return call.Bind(CelTerms.Int((Facts f, ref CelFault _) => Active(f, window), new CelTemporal<Facts>.Step(f => NextChange(f, window))), "signal", "time");
    }

    private static long Active(Facts facts, TimeSpan window)
    {
        var from = facts.Now.Back(window);
        long active = 0;
        foreach (var (_, link) in facts.Account.Contacts)
        {
            active += link.LastSignalAt > from && link.LastSignalAt <= facts.Now ? 1 : 0;
        }

        return active;
    }

    /// <summary>Somebody leaves the window, or a signal that was ahead of the clock enters it.</summary>
    private static DateTimeOffset? NextChange(Facts facts, TimeSpan window)
    {
        DateTimeOffset? next = null;
        foreach (var (_, link) in facts.Account.Contacts)
        {
            var change = link.LastSignalAt > facts.Now ? link.LastSignalAt : link.LastSignalAt.Forth(window);
            if (link.LastSignalAt > DateTimeOffset.MinValue && change > facts.Now && (next is null || change < next))
            {
                next = change;
            }
        }

        return next;
    }
}
