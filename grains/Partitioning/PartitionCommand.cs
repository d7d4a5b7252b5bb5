namespace Orchestrator.Grains.Partitioning;

/// <summary>What the partition of a grain is asked to do about it. Never judged by the grain: the partition sees to it itself.</summary>
public abstract record PartitionCommand : GrainCommand
{
    private PartitionCommand(GrainKey target)
        : base(target)
    {
    }

    /// <summary>Let the grain out of quarantine; what was parked for it is decided then.</summary>
    public sealed record Release(GrainKey Grain) : PartitionCommand(Grain);
}
