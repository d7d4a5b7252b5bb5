using System.Collections.Immutable;
using System.Diagnostics;

namespace Orchestrator.Grains.Support;

/// <summary>What support has open with an account: its tickets and the incidents that it suffers from. An account with neither has none.</summary>
public sealed record SupportState
{
    /// <summary>How many open tickets, and how many open incidents, are remembered; beyond that the least severe, then the oldest, is forgotten.</summary>
    public const int Most = 64;

    public static readonly SupportState Empty = new();

    /// <summary>In the order opened.</summary>
    public ImmutableArray<OpenTicket> Tickets { get; init; } = [];

    /// <summary>In the order declared; an empty text is one that was declared without a name.</summary>
    public ImmutableArray<string> Incidents { get; init; } = [];

    public static SupportState Evolve(SupportState? support, SupportEvent @event)
    {
        var now = support ?? Empty;
        return @event switch
        {
            SupportEvent.TicketOpened e => now with { Tickets = Open(now.Tickets, new OpenTicket(e.Ticket, e.Severity, e.Contact, e.At)) },
            SupportEvent.TicketClosed e => now with { Tickets = Close(now.Tickets, e) },
            SupportEvent.IncidentDeclared e => now with { Incidents = now.Incidents.Contains(e.Incident) ? now.Incidents : [.. now.Incidents.AsSpan()[(now.Incidents.Length < Most ? 0 : 1)..], e.Incident] },
            SupportEvent.IncidentResolved e => now with { Incidents = e.Incident.Length > 0 ? now.Incidents.Remove(e.Incident) : [] },
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Whether a ticket at least as severe is open.</summary>
    /// <param name="severity">1 is the most severe.</param>
    public bool HasTicket(long severity)
    {
        foreach (var ticket in Tickets)
        {
            if (ticket.Severity <= severity)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A ticket reported again keeps its place and takes the severity reported last.</summary>
    private static ImmutableArray<OpenTicket> Open(ImmutableArray<OpenTicket> tickets, OpenTicket opened)
    {
        var known = opened.Ticket.Length == 0 ? null : tickets.FirstOrDefault(t => t.Ticket == opened.Ticket);
        if (known is not null)
        {
            return tickets.Replace(known, known with { Severity = opened.Severity });
        }

        var added = tickets.Add(opened);
        return added.Length <= Most ? added : added.Remove(added.OrderByDescending(t => t.Severity).ThenBy(t => t.At).First());
    }

    private static ImmutableArray<OpenTicket> Close(ImmutableArray<OpenTicket> tickets, SupportEvent.TicketClosed closed)
    {
        // Without a name it is the oldest of the person, or else of the account: there is nothing better to go by.
        var meant = closed.Ticket.Length > 0
            ? tickets.FirstOrDefault(t => t.Ticket == closed.Ticket)
            : tickets.FirstOrDefault(t => t.Contact == closed.Contact) ?? tickets.FirstOrDefault();
        return meant is null ? tickets : tickets.Remove(meant);
    }
}

/// <summary>A ticket that support has not closed.</summary>
/// <param name="Ticket">Its id in the system of support; empty if that was not told.</param>
/// <param name="Severity">1 is the most severe.</param>
/// <param name="Contact">Who reported it; empty: nobody that we know.</param>
public sealed record OpenTicket(string Ticket, long Severity, string Contact, DateTimeOffset At);
