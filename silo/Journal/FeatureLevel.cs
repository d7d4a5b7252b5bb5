using Orchestrator.Grains.StoredForms.Levels;

namespace Orchestrator.Silo.Journal;

/// <summary>
/// What the silos of a cluster may write for each other. A build reads every level up to <see cref="Current"/>; the store says which one may be written, and
/// that rises by command, once no silo is left that could not read it. So an old silo and a new one share a store until somebody says otherwise.
/// </summary>
public static class FeatureLevel
{
    /// <summary>From this level on bodies may be packed (<see cref="Packing.PackedBody"/>): a matter of the store alone, of no part of the forms.</summary>
    public const int Packed = 3;

    /// <summary>The highest level that this build reads. Which part of the stored forms belongs to which level says <see cref="FormLevels"/>.</summary>
    public const int Current = Packed;
}
