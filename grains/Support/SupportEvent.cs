namespace Orchestrator.Grains.Support;

/// <summary>A fact about what support has open with an account.</summary>
public abstract record SupportEvent
{
    private SupportEvent()
    {
    }

    /// <param name="Ticket">Its id in the system of support; empty if that was not told.</param>
    /// <param name="Severity">1 is the most severe.</param>
    /// <param name="Contact">Empty: nobody that we know.</param>
    public sealed record TicketOpened(string Ticket, long Severity, string Contact, DateTimeOffset At) : SupportEvent;

    /// <param name="Ticket">Empty: the oldest of the contact, or else of the account.</param>
    public sealed record TicketClosed(string Ticket, string Contact, DateTimeOffset At) : SupportEvent;

    /// <param name="Incident">Its name; may be empty.</param>
    public sealed record IncidentDeclared(string Incident, DateTimeOffset At) : SupportEvent;

    /// <param name="Incident">Empty: all that are open.</param>
    public sealed record IncidentResolved(string Incident, DateTimeOffset At) : SupportEvent;
}
