using Orchestrator.Grains.Deals;

namespace Orchestrator.Grains.Playbooks;

public sealed partial class Playbook
{
    /// <summary>Null: the playbook knows no deals.</summary>
    public CompiledDeals? Deals { get; init; }
}
