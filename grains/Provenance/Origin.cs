using Orchestrator.Grains.Playbooks;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Provenance;

/// <summary>Where a value comes from. Absent for what a machine saw and no system put its name to.</summary>
/// <param name="Asserted">A person says so; otherwise a machine saw it.</param>
/// <param name="By">The person or department who says so; may be empty.</param>
/// <param name="Source">The system that sent it; may be empty.</param>
public sealed record Origin(bool Asserted, string By, string Source)
{
    /// <summary>Whether a person vouches for the signal rather than a machine: its type is declared so, or it names who says so.</summary>
    public static bool IsAsserted(Signal signal, SignalDefinition type) => !type.Observed || signal.AssertedBy.Length > 0;

    /// <summary>Null if there is nothing to keep.</summary>
    internal static Origin? Of(Signal signal, SignalDefinition type)
    {
        var asserted = IsAsserted(signal, type);
        return asserted || signal.Source.Length > 0 ? new Origin(asserted, signal.AssertedBy, signal.Source) : null;
    }
}
