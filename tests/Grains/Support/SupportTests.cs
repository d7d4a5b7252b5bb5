using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.Support;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Support;

public sealed class SupportTests
{
    private const string Quiet = "contact-policy: {suppress-when: [\"has_open_ticket(1)\", incident_open]}\n";

    private static string Tickets(string head) =>
        head.Replace("signals:\n", "signals:\n  ticket.opened: {observed: true, properties: {severity: int, ticket: string?}}\n  ticket.closed: {observed: true, properties: {ticket: string?}}\n", StringComparison.Ordinal);

    [Fact]
    public void E1_while_a_severe_ticket_is_open_nothing_goes_out_and_afterwards_it_does()
    {
        var scene = Scene.Given(Tickets(Head) + OneStage + OneMail + Quiet);
        scene.Signal("ticket.opened", "ann", "severity", 2, "ticket", "t-1");
        Assert.Equal("mail-a", scene.Offered.Treatment);

        scene = Scene.Given(Tickets(Head) + OneStage + OneMail + Quiet);
        scene.Signal("ticket.opened", "ann", "severity", 1, "ticket", "t-2").Signal("page.viewed", "ann");
        Assert.Equal(NoneReason.Suppressed, scene.None);
        Assert.Equal(NoneReason.Suppressed, scene.Signal("ticket.closed", "ann", "ticket", "another").Signal("page.viewed", "ann").None);
        Assert.Equal("mail-a", scene.Signal("ticket.closed", "ann", "ticket", "t-2").Offered.Treatment);
    }

    [Fact]
    public void E1_an_incident_is_open_until_it_is_resolved()
    {
        var scene = Scene.Given(Head + OneStage + OneMail + "contact-policy: {suppress-when: [incident_open]}\n").Signal("incident.declared", "", "incident", "i-1").Signal("incident.declared", "", "incident", "i-2").Signal("page.viewed", "ann");
        Assert.Equal(NoneReason.Suppressed, scene.None);
        Assert.Equal(NoneReason.Suppressed, scene.Signal("incident.resolved", "", "incident", "i-1").Signal("page.viewed", "ann").None);
        scene.Signal("incident.resolved", "").Signal("page.viewed", "ann");
        Assert.Equal("mail-a", Assert.Single(scene.Account.OpenActions).Treatment);
    }

    [Fact]
    public void A_ticket_without_a_name_closes_the_oldest_of_the_person()
    {
        var at = new DateTimeOffset(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);
        SupportState? state = null;
        foreach (var (severity, contact) in new[] { (3, "c-1"), (1, "c-2"), (2, "c-1") })
        {
            state = SupportState.Evolve(state, new SupportEvent.TicketOpened("", severity, contact, at = at.AddHours(1)));
        }

        state = SupportState.Evolve(state, new SupportEvent.TicketClosed("", "c-2", at));
        Assert.Equal([3L, 2], state.Tickets.Select(t => t.Severity));
        state = SupportState.Evolve(state, new SupportEvent.TicketClosed("", "c-9", at));
        Assert.Equal([2L], state.Tickets.Select(t => t.Severity));
        Assert.True(state.HasTicket(2));
        Assert.False(state.HasTicket(1));
    }

    [Fact]
    public void A_ticket_reported_again_keeps_its_place_and_takes_the_severity_reported_last()
    {
        var state = SupportState.Evolve(null, new SupportEvent.TicketOpened("t", 3, "c", DateTimeOffset.UnixEpoch));
        state = SupportState.Evolve(state, new SupportEvent.TicketOpened("t", 1, "c", DateTimeOffset.UnixEpoch.AddDays(1)));
        Assert.Equal(new OpenTicket("t", 1, "c", DateTimeOffset.UnixEpoch), Assert.Single(state.Tickets));
    }

    [Fact]
    public void Of_too_many_tickets_the_least_severe_is_forgotten()
    {
        SupportState? state = null;
        for (var i = 0; i <= SupportState.Most; i++)
        {
            state = SupportState.Evolve(state, new SupportEvent.TicketOpened($"t-{i}", i == 7 ? 9 : 2, "c", DateTimeOffset.UnixEpoch.AddMinutes(i)));
        }

        Assert.Equal(SupportState.Most, state!.Tickets.Length);
        Assert.DoesNotContain(state.Tickets, t => t.Ticket == "t-7");
    }

    [Fact]
    public void What_support_has_open_survives_a_snapshot()
    {
        var scene = Scene.Given(Tickets(Head) + OneStage).Signal("ticket.opened", "ann", "severity", 2, "ticket", "t-1").Signal("incident.declared", "", "incident", "i");
        var read = Assert.IsType<Account>(StateForm.Read(StateForm.Write(scene.Account, 1)).State);
        Assert.Equal(scene.Account.Support!.Tickets, read.Support!.Tickets);
        Assert.Equal(["i"], read.Support.Incidents);
        Assert.NotEmpty(read.Support.Tickets.Single().Contact);
    }

    [Fact]
    public void Whoever_asks_for_tickets_without_a_signal_that_opens_them_is_told()
    {
        var found = PlaybookCompiler.Compile(Head + OneStage + Quiet, "p.yaml", 1);
        Assert.Contains(found.Diagnostics, d => d.Message.Contains("no signal opens tickets; expected `ticket.opened: {properties: {severity: int}}`", StringComparison.Ordinal));
        found = PlaybookCompiler.Compile(Tickets(Head) + OneStage + Quiet.Replace("(1)", "(0)", StringComparison.Ordinal), "p.yaml", 1);
        Assert.Contains(found.Diagnostics, d => d.Message.Contains("expected a whole number from 1, the most severe", StringComparison.Ordinal));
    }
}
