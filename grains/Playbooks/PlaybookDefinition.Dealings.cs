namespace Orchestrator.Grains.Playbooks;

public sealed partial record PlaybookDefinition
{
    /// <summary>Null: the playbook knows no deals.</summary>
    public DealDefinition? Deal { get; init; }
}
