using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Ingest;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Insight;

public sealed class DealInsightTests
{
    private const string Playbook = """
        playbook: small
        currency: JPY
        time-zone: Asia/Tokyo
        lifecycle-owner: revenue-office
        departments: {sales: {pool: hunter}, customer-success: {pool: farmer}}
        signals:
          opportunity.updated: {observed: true, properties: {opportunity: string, amount: money?, next-step: string?}}
          contract.signed: {observed: true, properties: {opportunity: string}}
        stages: {opportunity: {kind: inventory, accountable: sales}, onboarding: {kind: inventory, accountable: customer-success}}
        transitions: [{id: win, from: opportunity, to: onboarding, when: "signals.any(['contract.signed'])", requires-answers: 2}]
        deal:
          questions: [{id: next-step, ask: {en: What is next?}, dated: true}, {id: budget, ask: {en: Who pays?}}]
          flag-when: "answer('next-step').at == null"
        """;

    [Fact]
    public async Task D11_an_account_shows_its_deals_with_every_question_and_what_waits_for_answers()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("opportunity.updated", properties: [("opportunity", "o-1"), ("amount", new Money { MinorUnits = 900, Currency = "JPY" }), ("next-step", "call")]);
        var deal = Assert.Single((await desk.AccountAsync()).Deals);
        Assert.Equal(("o-1", Deal.Types.Standing.Open, 900L, 0, 2), (deal.Id, deal.Standing, deal.Amount.MinorUnits, deal.Answered, deal.Questions));
        Assert.NotNull(deal.FlaggedAt);
        Assert.Equal([("next-step", "What is next?", "call", false), ("budget", "Who pays?", "", false)], deal.Answers.Select(a => (a.Question, a.Ask, a.Text, a.Complete)));
        Assert.Equal(("test", true), (deal.Answers[0].By, deal.Answers[0].Observed));

        await desk.SignalAsync("contract.signed", properties: ("opportunity", "o-1"));
        var held = (await desk.AccountAsync()).Held;
        Assert.Equal(("win", "o-1"), (held.Transition, held.Deal));
        Assert.Equal(["next-step", "budget"], held.Missing);
        await desk.SignalAsync("deal.answered", properties: [("opportunity", "o-1"), ("question", "budget"), ("text", "the CFO")]);
        await desk.SignalAsync("deal.answered", properties: [("opportunity", "o-1"), ("question", "next-step"), ("awaits", "the kick-off")]);
        var account = await desk.AccountAsync();
        Assert.Equal(("onboarding", Deal.Types.Standing.Won, 2), (account.Stage, account.Deals[0].Standing, account.Deals[0].Answered));
        Assert.Null(account.Held);

        var told = (await desk.TimelineAsync()).Entries.Select(e => (e.Kind, e.Text)).ToList();
        Assert.Contains(("deal", "Deal `o-1` is open."), told);
        Assert.Contains(told, e => e.Kind == "deal-flag" && e.Text.StartsWith("Deal `o-1` was flagged: `answer('next-step').at == null` is true", StringComparison.Ordinal));
        Assert.Contains(("held", "Transition `win` waits for answers about deal `o-1`."), told);
        Assert.Contains(told, e => e.Kind == "answer" && e.Text.Contains("observed: the CFO", StringComparison.Ordinal));
        var last = await desk.ExplainAsync();
        Assert.True(last.Reproduced);
        Assert.Contains(last.Transitions.Single().Clauses, c => c is { Text: "requires-answers: 2", Held: true });
    }

    [Fact]
    public async Task D11_an_answer_to_an_unknown_question_is_refused_at_the_edge_with_the_nearest_one()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("opportunity.updated", properties: ("opportunity", "o-1"));
        var signal = new Signal { Id = "x", Type = "deal.answered", Account = "acme", Properties = { ["opportunity"] = new Value { Text = "o-1" }, ["question"] = new Value { Text = "budgt" } } };
        var answer = await new SignalService(desk.World.Silo, desk.World.Shelf, desk.World.Clock).RecordBatch(new RecordBatchRequest { Signals = { signal } }, new CallContext());
        Assert.Equal((Acknowledgement.Types.Result.Refused, "unknown question `budgt`; did you mean `budget`?"), (answer.Acknowledgements[0].Result, answer.Acknowledgements[0].Reason));
    }
}
