using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Insight;

/// <summary>Entering journeys as a caller sees it: through the services of a running silo.</summary>
public sealed class EnteringTests
{
    private const string Playbook = """
        playbook: model
        currency: GBP
        time-zone: Europe/London
        signals: {page.viewed: {observed: true}, stop: {observed: true}}
        stages: {lead: {kind: inventory}}
        journey-groups: {care: {on-conflict: queue}}
        journeys:
          tour: {of: contact, group: care, priority: 1, stages: {out: {}, in: {}}, transitions: [{id: stops, from: in, to: out, when: "signals.any(['stop'])"}], enter: [{id: asked, to: in, by: [api, manual]}]}
          rescue: {of: contact, group: care, priority: 9, stages: {out: {}, in: {}}, transitions: [{id: ends, from: in, to: out, when: "journey_days('rescue') >= 1.0"}], enter: [{id: asked, to: in, by: manual}]}
          programme: {stages: {out: {}, in: {}}, enter: [{id: nightly, to: in, schedule: {at: "02:00"}}, {id: crm, to: in, by: api, when: "signal.reason != 'no'"}]}

        """;

    [Fact]
    public async Task C7_C13_a_person_is_let_in_by_hand_the_next_one_waits_and_all_of_it_is_told()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("page.viewed", email: "ann@acme.example");
        var ann = (await desk.ContactAsync("ann@acme.example")).Id;
        var entered = await EnterAsync(desk, "tour", ann, "meg", "r-1");
        Assert.Equal((EnterJourneyResponse.Types.Result.Entered, "in", false), (entered.Result, entered.Stage, entered.Duplicate));
        Assert.True((await EnterAsync(desk, "tour", ann, "meg", "r-1")).Duplicate);
        Assert.Equal(EnterJourneyResponse.Types.Result.Waits, (await EnterAsync(desk, "rescue", ann, "meg")).Result);
        var refused = await EnterAsync(desk, "tour", ann, "meg");
        Assert.Equal((EnterJourneyResponse.Types.Result.Refused, "it is under way already"), (refused.Result, refused.Reason));
        var entries = (await desk.ContactAsync("ann@acme.example")).Standing.JourneyEntries;
        Assert.Equal(("tour", 1, null), (entries.Entered[0].Journey, entries.Entered[0].Count, entries.Entered[0].LeftAt));
        Assert.Equal("rescue", Assert.Single(entries.Waiting).Journey);
        var told = (await desk.TimelineAsync(contact: ann)).Entries.Select(e => e.Text).ToList();
        Assert.Contains($"Contact `{ann}` entered journey `tour` by hand `asked`, asked for by `meg`.", told);
        Assert.Contains($"Contact `{ann}` waits to enter journey `rescue` by hand `asked`: at most 1 of group `care` at a time, and `tour` is under way.", told);
        await desk.SignalAsync("stop", email: "ann@acme.example");
        Assert.Contains((await desk.ContactAsync("ann@acme.example")).Standing.Journeys, j => j is { Journey: "rescue", Stage: "in" });
    }

    [Fact]
    public async Task C7_an_account_is_let_in_by_a_system_and_the_rest_is_refused_with_the_reason()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("page.viewed", email: "ann@acme.example");
        var ann = (await desk.ContactAsync("ann@acme.example")).Id;
        Assert.Equal("the condition of its entry does not hold", (await EnterAsync(desk, "programme", "", "", reason: "no")).Reason);
        Assert.Equal(EnterJourneyResponse.Types.Result.Entered, (await EnterAsync(desk, "programme", "", "")).Result);
        Assert.Equal(1, Assert.Single((await desk.AccountAsync()).Standing.JourneyEntries.Entered).Count);
        await desk.RefusesAsync((s, c) => s.EnterJourney(new() { Account = "acme", Journey = "programm" }, c), StatusCode.NotFound, "unknown journey `programm`; did you mean `programme`?");
        await desk.RefusesAsync((s, c) => s.EnterJourney(new() { Account = "acme", Journey = "programme", AssertedBy = "meg" }, c), StatusCode.FailedPrecondition, "journey `programme` has no entry `by: manual`");
        await desk.RefusesAsync((s, c) => s.EnterJourney(new() { Account = "acme", Journey = "tour" }, c), StatusCode.FailedPrecondition, "journey `tour` is one of people: `contact` must say whose");
        await desk.RefusesAsync((s, c) => s.EnterJourney(new() { Account = "acme", Contact = ann, Journey = "programme" }, c), StatusCode.FailedPrecondition, "leave `contact` out");
    }

    [Fact]
    public async Task C7_a_schedule_lets_in_once_over_a_restart()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("page.viewed", email: "ann@acme.example");
        await desk.World.CrashAndStartAsync();
        desk.World.Clock.Advance(TimeSpan.FromHours(17));
        await desk.World.UntilAsync(async () => (await desk.AccountAsync()).Standing.JourneyEntries?.Entered.Count == 1);
        await desk.World.CrashAndStartAsync();
        await desk.SignalAsync("page.viewed", email: "ann@acme.example");
        Assert.Equal(1, Assert.Single((await desk.AccountAsync()).Standing.JourneyEntries.Entered).Count);
        Assert.Single((await desk.TimelineAsync()).Entries, e => e.Kind == "journey-entered");
    }

    private static Task<EnterJourneyResponse> EnterAsync(Desk desk, string journey, string contact, string by, string id = "", string reason = "asked for") =>
        desk.World.InTimeAsync(desk.Accounts.EnterJourney(new() { RequestId = id, Account = "acme", Contact = contact, Journey = journey, AssertedBy = by, Reason = reason }, new CallContext()));
}
