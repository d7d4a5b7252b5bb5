using Orchestrator.Grains.Expansion;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Playbooks.Reading;

namespace Orchestrator.Grains.Customers;

/// <summary>The sections of a playbook about the time after the contract.</summary>
internal static class CustomerBinding
{
    public static CustomerDefinition Customer(Section section) => new()
    {
        Milestones = section.Many("milestones", MilestoneBinding.Sets),
        Expansion = section.Optional("expansion-phase", ExpansionBinding.Expansion),
    };
}
