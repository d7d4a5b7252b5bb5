using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;

namespace Orchestrator.Grains.Playbooks;

/// <summary>What a person in a role expects at a stage.</summary>
/// <param name="Measure">Null: it is not measured.</param>
public sealed record CompiledExperience(ExperienceDefinition Definition, Measure? Measure);

/// <summary>How an expectation is measured: any value, shown as the condition language writes it.</summary>
public sealed class Measure(CelProgram<Facts> program)
{
    /// <summary>The value, or null if it is not known for these facts.</summary>
    public string? Show(Facts facts)
    {
        var value = program.Eval(facts, out var fault);
        return fault.IsSet ? null : CelEvidence.Show(value);
    }
}
