using System.Collections.Immutable;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Counts;

namespace Orchestrator.Grains.Playbooks;

/// <remarks>What a playbook counts over all accounts.</remarks>
public sealed partial class PlaybookCompiler
{
    private ImmutableArray<CompiledCount> CountsOf()
    {
        var counts = ImmutableArray.CreateBuilder<CompiledCount>();
        foreach (var count in definition.Counts)
        {
            if (ConditionOf(count.When, $"counts.{count.Id}.when") is not { } when)
            {
                continue;
            }

            if (when.IsPersonal)
            {
                Error(count.When.At, $"counts.{count.Id}.when", "whether an account counts must be known at any time, so it may not ask about a person");
            }

            counts.Add(new CompiledCount(count, when));
        }

        return counts.ToImmutable();
    }

    private ImmutableArray<CompiledGoal> GoalsOf()
    {
        foreach (var goal in definition.Goals.Where(g => definition.Departments.All(d => d.Pool != g.Pool)))
        {
            Warn(goal.At, $"goals.{goal.Id}.pool", $"no department is of the pool that goal `{goal.Id}` is for");
        }

        return
        [
            .. definition.Goals.Select(g => new CompiledGoal(
                g,
                ConditionOf(g.When, $"goals.{g.Id}.when"),
                FormulaOf(g.Amount, CelType.Double, $"goals.{g.Id}.amount"),
                FormulaOf(g.Key, CelType.String, $"goals.{g.Id}.per"))),
        ];
    }
}
