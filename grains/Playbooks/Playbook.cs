namespace Orchestrator.Grains.Playbooks;

/// <summary>A published version, compiled: what decisions run on.</summary>
public sealed class Playbook
{
    public required string Name { get; init; }

    public required int Version { get; init; }
}
