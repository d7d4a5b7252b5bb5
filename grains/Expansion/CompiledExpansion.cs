using System.Collections.Immutable;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Expansion;

/// <summary>The expansion phase with its conditions compiled.</summary>
public sealed record CompiledExpansion(ExpansionDefinition Definition, Condition When, ImmutableArray<CompiledTrigger> Triggers)
{
    /// <summary>The properties that a trigger can fill in the signal it sends.</summary>
    private static readonly string[] Filled = ["opportunity", "trigger", "reason"];

    internal static CompiledExpansion? Of(PlaybookDefinition playbook, CustomerCompiling compiling)
    {
        if (playbook.Customer.Expansion is not { } expansion)
        {
            return null;
        }

        var triggers = expansion.Triggers.Select((t, i) =>
        {
            var path = $"expansion-phase.triggers[{i}]";
            var properties = playbook.Signals.Concat(BuiltInSignals.All).FirstOrDefault(s => s.Id == t.Signal.Id)?.Properties ?? [];
            foreach (var property in properties.Where(p => !p.Optional && (p.Type != PropertyType.Text || !Filled.Contains(p.Name))))
            {
                compiling.Error(t.Signal.At, $"{path}.signal", $"`{t.Signal.Id}` needs `{property.Name}`, which a trigger cannot fill; it fills {string.Join(", ", Filled)}");
            }

            return new CompiledTrigger(t, CompiledCustomer.Impersonal(t.When, $"{path}.when", compiling), [.. properties.Where(p => p.Type == PropertyType.Text && Filled.Contains(p.Name)).Select(p => p.Name)]);
        });
        return new CompiledExpansion(expansion, CompiledCustomer.Impersonal(expansion.When, "expansion-phase.when", compiling), [.. triggers]);
    }
}

/// <param name="Fills">Names of the properties of its signal that it fills.</param>
public sealed record CompiledTrigger(TriggerDefinition Definition, Condition When, ImmutableArray<string> Fills);
