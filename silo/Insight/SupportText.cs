using System.Diagnostics;
using Orchestrator.Grains.Support;

namespace Orchestrator.Silo.Insight;

/// <summary>Facts about support in the reader's words.</summary>
internal static class SupportText
{
    public static string KindOf(SupportEvent fact) => fact switch
    {
        SupportEvent.TicketOpened => "ticket-opened",
        SupportEvent.TicketClosed => "ticket-closed",
        SupportEvent.IncidentDeclared => "incident-declared",
        SupportEvent.IncidentResolved => "incident-resolved",
        _ => throw new UnreachableException(),
    };

    public static string SentenceOf(SupportEvent fact) => fact switch
    {
        SupportEvent.TicketOpened e => $"Ticket{Name(e.Ticket)} of severity {(e.Severity == long.MaxValue ? "unknown" : e.Severity)} was opened.",
        SupportEvent.TicketClosed e => e.Ticket.Length > 0 ? $"Ticket{Name(e.Ticket)} was closed." : "A ticket was closed that bore no name: the oldest.",
        SupportEvent.IncidentDeclared e => $"The account suffers from incident{Name(e.Incident)}.",
        SupportEvent.IncidentResolved e => e.Incident.Length > 0 ? $"Incident{Name(e.Incident)} was resolved." : "All incidents were resolved.",
        _ => throw new UnreachableException(),
    };

    private static string Name(string name) => name.Length > 0 ? $" `{name}`" : "";
}
