using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Support;

/// <summary>What a type of signal says to support. Known when the playbook is compiled, so that other signals cost nothing.</summary>
public enum SupportMeaning
{
    None,
    TicketOpened,
    TicketClosed,
    IncidentDeclared,
    IncidentResolved,
}

/// <summary>Finds what the types of signals of a playbook mean to support.</summary>
internal static class SupportMeanings
{
    public const string TicketOpened = "ticket.opened";
    public const string TicketClosed = "ticket.closed";
    public const string IncidentDeclared = "incident.declared";
    public const string IncidentResolved = "incident.resolved";

    /// <summary>The whole number that says how severe a ticket is.</summary>
    public const string Severity = "severity";

    /// <summary>The text that names a ticket.</summary>
    public const string Ticket = "ticket";

    /// <summary>The text that names an incident.</summary>
    public const string Incident = "incident";

    public static SupportMeaning Of(SignalDefinition signal) => signal.Id switch
    {
        // A ticket that tells no severity cannot be told from a question about the weather.
        TicketOpened when signal.Properties.Any(p => p is { Name: Severity, Type: PropertyType.Whole }) => SupportMeaning.TicketOpened,
        TicketClosed => SupportMeaning.TicketClosed,
        IncidentDeclared => SupportMeaning.IncidentDeclared,
        IncidentResolved => SupportMeaning.IncidentResolved,
        _ => SupportMeaning.None,
    };
}
