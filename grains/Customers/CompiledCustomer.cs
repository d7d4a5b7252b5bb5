using System.Collections.Immutable;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Customers;

/// <summary>What a playbook says about the time after the contract, compiled.</summary>
public sealed record CompiledCustomer(CustomerDefinition Definition)
{
    /// <summary>In the order of the file.</summary>
    public ImmutableArray<CompiledMilestoneSet> Milestones { get; init; } = [];

    /// <summary>Null for a playbook that says nothing about it: then no account pays for it.</summary>
    internal static CompiledCustomer? Of(PlaybookDefinition playbook, CustomerCompiling compiling)
    {
        var definition = playbook.Customer;
        return definition == CustomerDefinition.None
            ? null
            : new CompiledCustomer(definition)
            {
                Milestones = [.. definition.Milestones.Select(s => new CompiledMilestoneSet(s, [.. s.Milestones.Select((m, i) => Impersonal(m.When, $"milestones.{s.Id}[{i}].when", compiling))]))],
            };
    }

    /// <summary>What is judged for the account as a whole must be the same whoever's signal it is judged at.</summary>
    private static Condition Impersonal(Expression expression, string path, CustomerCompiling compiling)
    {
        var condition = compiling.Condition(expression, path);
        if (condition.IsPersonal)
        {
            compiling.Error(expression.At, path, $"`{expression.Text}` asks about one person; expected a condition about the account, such as `contacts.active('30d') >= 5`");
        }

        return condition;
    }
}

/// <summary>What compiling needs of the playbook's compiler.</summary>
internal sealed record CustomerCompiling(Func<Expression, string, Condition> Condition, Action<SourcePosition, string, string> Error);
