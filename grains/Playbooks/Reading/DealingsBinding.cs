namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>The sections about what we and an account have in hand with each other.</summary>
internal static class DealingsBinding
{
    public static PlaybookDefinition Read(Section section, PlaybookDefinition playbook)
    {
        playbook = playbook with
        {
            Deal = section.Optional("deal", field => DealBinding.Deal(field, playbook.Signals)),
            Promises = section.Many("promises", HandoffBinding.Promises),
        };
        return playbook with
        {
            Handoffs = section.Many("handoffs", field => HandoffBinding.Handoffs(field, playbook)),
            Feedback = section.Many("feedback", field => HandoffBinding.Feedback(field, playbook)),
        };
    }
}
