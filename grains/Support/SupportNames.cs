using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Support;

/// <summary>What conditions may ask of what support has open with an account.</summary>
internal sealed class SupportNames(PlaybookDefinition definition)
{
    private const string Tag = "support";

    public void Declare(CelEnvironment<Facts>.Builder builder) => builder
        .Variable("incident_open", CelTerms.Bool((Facts f, ref CelFault _) => f.Account.Support is { Incidents.Length: > 0 }), Tag)
        .Function("has_open_ticket", [CelType.Int], BindTicket);

    private CelBinding<Facts> BindTicket(CelCall<Facts> call)
    {
        if (!definition.Signals.Any(s => SupportMeanings.Of(s) == SupportMeaning.TicketOpened))
        {
            return call.Refuse(0, $"no signal opens tickets; expected `{SupportMeanings.TicketOpened}: {{properties: {{{SupportMeanings.Severity}: int}}}}` among the signals");
        }

        if (call.Arguments[0].Value is not long severity || severity < 1)
        {
            return call.Refuse(0, $"{call.Arguments[0].Source} is no severity; expected a whole number from 1, the most severe, written out");
        }

        return call.Bind(CelTerms.Bool((Facts f, ref CelFault _) => f.Account.Support is { } support && support.HasTicket(severity)), Tag);
    }
}
