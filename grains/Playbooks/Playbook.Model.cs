using Orchestrator.Grains.BuyingGroups;

namespace Orchestrator.Grains.Playbooks;

/// <remarks>What it says of accounts beside their stage.</remarks>
public sealed partial class Playbook
{
    public required CompiledBuyingGroup BuyingGroup { get; init; }
}
