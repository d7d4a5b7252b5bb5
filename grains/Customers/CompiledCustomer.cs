using System.Collections.Frozen;
using System.Collections.Immutable;
using Orchestrator.Grains.CustomerValue;
using Orchestrator.Grains.Expansion;
using Orchestrator.Grains.Health;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Customers;

/// <summary>What a playbook says about the time after the contract, compiled.</summary>
public sealed record CompiledCustomer(CustomerDefinition Definition)
{
    /// <summary>In the order of the file.</summary>
    public ImmutableArray<CompiledMilestoneSet> Milestones { get; init; } = [];

    public CompiledExpansion? Expansion { get; init; }

    public CustomerScores Scores { get; init; } = CustomerScores.None;

    /// <summary>By signal type, what it tells about a customer.</summary>
    public FrozenDictionary<string, SignalReading> Readings { get; init; } = FrozenDictionary<string, SignalReading>.Empty;

    /// <summary>Plays that customers do by themselves, by id.</summary>
    public FrozenDictionary<string, PlayDefinition> SelfService { get; init; } = FrozenDictionary<string, PlayDefinition>.Empty;

    /// <summary>All but the readings of signals. Before signals are compiled: they post what the conditions here count.</summary>
    internal static CompiledCustomer Of(PlaybookDefinition playbook, CustomerCompiling compiling, TallyRegistry tallies) =>
        new(playbook.Customer)
        {
            Milestones = [.. playbook.Customer.Milestones.Select(s => new CompiledMilestoneSet(s, [.. s.Milestones.Select((m, i) => Impersonal(m.When, $"milestones.{s.Id}[{i}].when", compiling))]))],
            Expansion = CompiledExpansion.Of(playbook, compiling),
            Scores = CustomerScores.Of(playbook, tallies, compiling.Error),
            SelfService = playbook.Plays.Where(p => p.SelfService).ToFrozenDictionary(p => p.Id, StringComparer.Ordinal),
        };

    /// <summary>With what signals tell, now that it is known what the playbook asks for. Null for a playbook that says nothing about customers: then no account pays for it.</summary>
    /// <param name="used">What the playbook's conditions and formulas depend on.</param>
    internal CompiledCustomer? Reading(PlaybookDefinition playbook, IReadOnlySet<string> used, Action<SourcePosition, string, string> error)
    {
        var compiled = this with { Readings = SignalReading.Of(playbook, Scores, used, error) };
        return compiled is { Milestones.IsEmpty: true, Expansion: null, Scores.IsEmpty: true, Readings.Count: 0, SelfService.Count: 0 } ? null : compiled;
    }

    /// <summary>What is judged for the account as a whole must be the same whoever's signal it is judged at.</summary>
    internal static Condition Impersonal(Expression expression, string path, CustomerCompiling compiling)
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
