using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Counts;

/// <summary>How many accounts of the tenant something holds for, and from how many on it matters.</summary>
/// <param name="When">What must hold of an account for it to count.</param>
/// <param name="AtLeast">At least 1.</param>
public sealed record CountDefinition(string Id, SourcePosition At, LocalizedText Title, Expression When, int AtLeast);

/// <summary>What the departments of one pool are to reach together in each period.</summary>
/// <param name="On">Signals that count; may be empty where stages do.</param>
/// <param name="Enters">Stages that count when an account enters them; may be empty where signals do.</param>
/// <param name="When">What must hold besides; null: nothing.</param>
/// <param name="Amount">Formula for what it adds; null: one each.</param>
/// <param name="Key">Formula for what is counted once a period, the last amount counting (an opportunity, a contract); null: each outcome for itself.</param>
/// <param name="Target">Above 0.</param>
public sealed record GoalDefinition(
    string Id, SourcePosition At, LocalizedText Title, Pool Pool, ImmutableArray<Reference> On, ImmutableArray<Reference> Enters, Expression? When, Expression? Amount, Expression? Key, double Target, GoalPeriod Period);

/// <summary>Calendar periods of the playbook's time zone.</summary>
public enum GoalPeriod
{
    Week,
    Month,
    Quarter,
    Year,
}

public sealed record CompiledCount(CountDefinition Definition, Condition When)
{
    public string Board => BoardKind.Count + Definition.Id;
}

public sealed record CompiledGoal(GoalDefinition Definition, Condition? When, Formula? Amount, Formula? Key)
{
    public string Board => BoardKind.Goal + Definition.Id;
}
