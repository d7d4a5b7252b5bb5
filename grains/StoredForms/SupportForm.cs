using System.Diagnostics;
using Orchestrator.Grains.Support;
using Orchestrator.V1;

namespace Orchestrator.Grains.StoredForms;

/// <summary>What support has open with an account, as stored. A new event is a case here, twice: written and read.</summary>
public static class SupportForm
{
    public static StoredSupportEvent Write(SupportEvent @event) => @event switch
    {
        SupportEvent.TicketOpened e => new() { TicketOpened = new() { Ticket = e.Ticket, Severity = e.Severity, Contact = e.Contact, At = Ticks.Of(e.At) } },
        SupportEvent.TicketClosed e => new() { TicketClosed = new() { Ticket = e.Ticket, Contact = e.Contact, At = Ticks.Of(e.At) } },
        SupportEvent.IncidentDeclared e => new() { IncidentDeclared = new() { Incident = e.Incident, At = Ticks.Of(e.At) } },
        SupportEvent.IncidentResolved e => new() { IncidentResolved = new() { Incident = e.Incident, At = Ticks.Of(e.At) } },
        _ => throw new UnreachableException(),
    };

    /// <exception cref="InvalidDataException">A newer version wrote it.</exception>
    public static SupportEvent Read(StoredSupportEvent stored) => stored.KindCase switch
    {
        StoredSupportEvent.KindOneofCase.TicketOpened when stored.TicketOpened is { } e => new SupportEvent.TicketOpened(e.Ticket, e.Severity, e.Contact, Ticks.Instant(e.At)),
        StoredSupportEvent.KindOneofCase.TicketClosed when stored.TicketClosed is { } e => new SupportEvent.TicketClosed(e.Ticket, e.Contact, Ticks.Instant(e.At)),
        StoredSupportEvent.KindOneofCase.IncidentDeclared when stored.IncidentDeclared is { } e => new SupportEvent.IncidentDeclared(e.Incident, Ticks.Instant(e.At)),
        StoredSupportEvent.KindOneofCase.IncidentResolved when stored.IncidentResolved is { } e => new SupportEvent.IncidentResolved(e.Incident, Ticks.Instant(e.At)),
        _ => throw new InvalidDataException("a fact about an account's support has a form that this version does not know"),
    };

    public static StoredSupport Write(SupportState support) => new()
    {
        Tickets = { support.Tickets.Select(t => new StoredTicket { Ticket = t.Ticket, Severity = t.Severity, Contact = t.Contact, At = Ticks.Of(t.At) }) },
        Incidents = { support.Incidents },
    };

    public static SupportState Read(StoredSupport stored) => new()
    {
        Tickets = [.. stored.Tickets.Select(t => new OpenTicket(t.Ticket, t.Severity, t.Contact, Ticks.Instant(t.At)))],
        Incidents = [.. stored.Incidents],
    };
}
