namespace Orchestrator.Grains.Tests.Deals;

/// <summary>A playbook with stages, departments and deals, as the tests of this folder need it.</summary>
internal static class DealPlaybooks
{
    public const string Head = """
        playbook: small
        currency: JPY
        time-zone: Asia/Tokyo
        lifecycle-owner: revenue-office
        departments: {inside-sales: {pool: hunter}, sales: {pool: hunter}, customer-success: {pool: farmer}}
        attributes:
          account: {industry: string?}
        signals:
          page.viewed: {observed: true, properties: {topic: string?}}
          meeting.held: {observed: false, by: [inside-sales, sales], properties: {note: string}}
          opportunity.updated: {observed: false, by: [sales], properties: {opportunity: string, amount: money?, next-step: string?, next-step-at: timestamp?}}
          contract.signed: {observed: true, properties: {opportunity: string, amount: money, renews-at: timestamp?}}
          opportunity.lost: {observed: false, by: [sales], properties: {opportunity: string, reason: string}}

        """;

    public const string TheStages = """
        stages:
          qualified: {kind: inventory, accountable: inside-sales}
          opportunity: {kind: inventory, accountable: sales}
          onboarding: {kind: inventory, accountable: customer-success}
          recycled: {kind: inventory}

        """;

    public const string Questions = """
          questions:
            - {id: next-step, ask: {en: "What is the next step, and when?", ja: "次は？"}, dated: true}
            - {id: business, ask: "What does the company do?"}
            - {id: key-person, ask: "Who decides?"}
            - {id: driver, ask: "Who wants it?"}
            - {id: why-now, ask: "Why in this term?"}
            - {id: budget, ask: "Who holds the budget?"}
            - {id: culture, ask: "What is the culture?"}
            - {id: do-nothing, ask: "What happens if nothing is done?"}

        """;

    public const string Deal = "deal:\n" + Questions + "  flag-when: [\"answer('next-step').at == null && answer('next-step').awaits == null\", \"answers.age('key-person') > duration('60d')\"]\n";

    public const string Transitions = """
        transitions:
          - {id: accept, from: qualified, to: opportunity, when: "signals.any(['meeting.held'])"}
          - {id: win, from: opportunity, to: onboarding, when: "signals.any(['contract.signed'])", requires-answers: 6}
          - {id: lose, from: opportunity, to: recycled, when: "signals.any(['opportunity.lost'])", reason: "signal.reason"}

        """;

    public const string Plays = """
        plays:
          - {id: ask-missing-answer, for: owner, department: sales, stages: [opportunity], goal: opportunity.updated, horizon: 7d, cool-down: 1s, applicable: "answers.missing() > 0", value: 20000, cost: 800, valid-for: 7d, treatments: [{id: question-card, channel: task}]}

        """;

    public const string All = Head + TheStages + Deal + Transitions;
}
