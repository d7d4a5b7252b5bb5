using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Milestones;

/// <summary>What conditions may ask about milestones. All of it follows from when they were reached, so it is exact at any instant.</summary>
public static class MilestoneNames
{
    internal static void Declare(CelEnvironment<Facts>.Builder builder, CustomerDefinition customer)
    {
        if (customer.Milestones.IsEmpty)
        {
            return;
        }

        var sets = customer.Milestones.ToDictionary(s => s.Id, StringComparer.Ordinal);
        var milestones = customer.Milestones.SelectMany(s => s.Milestones.Select(m => (Set: s, Milestone: m))).DistinctBy(m => m.Milestone.Id).ToDictionary(m => m.Milestone.Id, StringComparer.Ordinal);
        builder
            .Function("milestones.done", [CelType.String], c => OfSet(c, sets, set => CelTerms.Bool((Facts f, ref CelFault _) => IsDone(f, set))))
            .Function("milestones.overdue", [CelType.String], c => OfSet(c, sets, set => CelTerms.Bool((Facts f, ref CelFault _) => IsOverdue(f, set), new CelTemporal<Facts>.Step(f => NextDue(f, set)))))
            .Function("milestones.reached", [CelType.String], c => OfOne(c, milestones, (set, id) => CelTerms.Bool((Facts f, ref CelFault _) => ReachedAt(f, set, id) is not null)))
            .Function("milestones.days", [CelType.String], c => OfOne(c, milestones, (set, id) => CelTerms.Double((Facts f, ref CelFault fault) => Days(f, set, id, ref fault))));
    }

    /// <summary>Whether all milestones of the set are reached.</summary>
    public static bool IsDone(Facts facts, MilestoneSetDefinition set)
    {
        if (RunOf(facts, set.Id) is null)
        {
            return false;
        }

        foreach (var milestone in set.Milestones)
        {
            if (ReachedAt(facts, set.Id, milestone.Id) is null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>How many milestones of the set are reached; null = its clock has not started.</summary>
    public static int? CountReached(Account account, MilestoneSetDefinition set, DateTimeOffset at)
    {
        if (RunOf(account, set.Id, at) is not { } run)
        {
            return null;
        }

        var reached = 0;
        foreach (var milestone in set.Milestones)
        {
            reached += run.ReachedAt(milestone.Id) <= at ? 1 : 0;
        }

        return reached;
    }

    /// <summary>The earliest instant after now at which one more of the set is overdue; null = none will be by time alone.</summary>
    public static DateTimeOffset? NextDue(Facts facts, MilestoneSetDefinition set)
    {
        DateTimeOffset? next = null;
        if (RunOf(facts, set.Id) is { } run)
        {
            foreach (var milestone in set.Milestones)
            {
                if (DueAt(run, milestone) is { } due && due > facts.Now && run.ReachedAt(milestone.Id) is null && (next is null || due < next))
                {
                    next = due;
                }
            }
        }

        return next;
    }

    /// <summary>When a milestone is overdue; null = never.</summary>
    public static DateTimeOffset? DueAt(MilestoneRun run, MilestoneDefinition milestone) => milestone.Within is { } within ? run.StartedAt.Forth(within) : null;

    private static bool IsOverdue(Facts facts, MilestoneSetDefinition set)
    {
        if (RunOf(facts, set.Id) is not { } run)
        {
            return false;
        }

        foreach (var milestone in set.Milestones)
        {
            if (DueAt(run, milestone) is { } due && due <= facts.Now && ReachedAt(facts, set.Id, milestone.Id) is null)
            {
                return true;
            }
        }

        return false;
    }

    private static MilestoneRun? RunOf(Facts facts, string set) => RunOf(facts.Account, set, facts.Now);

    private static MilestoneRun? RunOf(Account account, string set, DateTimeOffset at) =>
        account.Customer is { } customer && MilestoneRun.Find(customer.Milestones, set) is { } run && run.StartedAt <= at ? run : null;

    // What is asked as of an instant in the past must not know what was reached later.
    private static DateTimeOffset? ReachedAt(Facts facts, string set, string id) => RunOf(facts, set)?.ReachedAt(id) is { } at && at <= facts.Now ? at : null;

    private static double Days(Facts facts, string set, string id, ref CelFault fault)
    {
        if (ReachedAt(facts, set, id) is { } at)
        {
            return (at - RunOf(facts, set)!.StartedAt).TotalDays;
        }

        fault.Unset($"milestones.days('{id}')");
        return 0;
    }

    private static CelBinding<Facts> OfSet(CelCall<Facts> call, Dictionary<string, MilestoneSetDefinition> sets, Func<MilestoneSetDefinition, CelTerm<Facts>> make)
    {
        if (!call.Arguments[0].TryText(out var id))
        {
            return call.Refuse(0, "a set of milestones must be written out as a text");
        }

        return sets.TryGetValue(id, out var set)
            ? call.Bind(make(set), $"milestones:{id}")
            : call.Refuse(0, $"`{id}` is no set of milestones", id, sets.Keys);
    }

    private static CelBinding<Facts> OfOne(CelCall<Facts> call, Dictionary<string, (MilestoneSetDefinition Set, MilestoneDefinition Milestone)> milestones, Func<string, string, CelTerm<Facts>> make)
    {
        if (!call.Arguments[0].TryText(out var id))
        {
            return call.Refuse(0, "a milestone must be written out as a text");
        }

        return milestones.TryGetValue(id, out var found)
            ? call.Bind(make(found.Set.Id, id), $"milestones:{found.Set.Id}")
            : call.Refuse(0, $"`{id}` is no milestone", id, milestones.Keys);
    }
}
