using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;
using Signal = Orchestrator.V1.Signal;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Support;

/// <summary>What signals do to what support has open with an account.</summary>
internal static class SupportTurn
{
    public static void Take(TurnBuilder turn, CompiledSignal type, Signal signal, string contact, DateTimeOffset time) => turn.Add(new AccountEvent.OfSupport(type.Support switch
    {
        SupportMeaning.TicketOpened => new SupportEvent.TicketOpened(SignalValues.TextOf(signal, SupportMeanings.Ticket), SeverityOf(signal), contact, time),
        SupportMeaning.TicketClosed => new SupportEvent.TicketClosed(SignalValues.TextOf(signal, SupportMeanings.Ticket), contact, time),
        SupportMeaning.IncidentDeclared => new SupportEvent.IncidentDeclared(SignalValues.TextOf(signal, SupportMeanings.Incident), time),
        SupportMeaning.IncidentResolved => new SupportEvent.IncidentResolved(SignalValues.TextOf(signal, SupportMeanings.Incident), time),
        SupportMeaning.None => throw new UnreachableException(),
    }));

    // Where the playbook lets the severity be left out, a ticket without one is the least severe there is.
    private static long SeverityOf(Signal signal) =>
        signal.Properties.TryGetValue(SupportMeanings.Severity, out var value) && value.KindCase == Value.KindOneofCase.Integer ? value.Integer : long.MaxValue;
}
