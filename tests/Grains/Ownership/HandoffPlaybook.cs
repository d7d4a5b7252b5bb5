namespace Orchestrator.Grains.Tests.Ownership;

/// <summary>Four departments that pass an account on.</summary>
internal static class HandoffPlaybook
{
    public const string Head = """
        playbook: small
        currency: JPY
        time-zone: Asia/Tokyo
        lifecycle-owner: revenue-office
        departments: {marketing: {pool: hunter}, inside-sales: {pool: hunter}, sales: {pool: hunter}, customer-success: {pool: farmer}}
        roles: {champion: {required: 1, weight: 100}}
        attributes: {account: {industry: string?}, contact: {title: string?}}
        signals:
          page.viewed: {observed: true, properties: {topic: string?}}
          meeting.held: {observed: false, by: [inside-sales, sales], properties: {note: string}}
          qualified.manually: {observed: true}
          dropped: {observed: true}
          opportunity.updated: {observed: false, by: [sales], properties: {opportunity: string, budget: string?}}
          contract.signed: {observed: true, properties: {opportunity: string}}
        scores:
          engagement: {half-life: 14d, points: {page.viewed: 10}}
          intent: {window: 7d, versus: 21d, on: [page.viewed], by: topic}
        stages:
          nurture: {kind: inventory, accountable: marketing}
          qualified: {kind: inventory, accountable: inside-sales}
          opportunity: {kind: inventory, accountable: sales}
          onboarding: {kind: inventory, accountable: customer-success}
          lost: {kind: inventory}
        experience:
          - {stage: onboarding, role: champion, expects: {en: first result in a week}, delivered-by: customer-success}
        transitions:
          - {id: qualify, from: nurture, to: qualified, when: "score.engagement >= 30"}
          - {id: accept, from: qualified, to: opportunity, when: "signals.any(['meeting.held'])"}
          - {id: win, from: opportunity, to: onboarding, when: "signals.any(['contract.signed'])"}
          - {id: drop, from: [qualified, opportunity, onboarding], to: lost, when: "signals.any(['dropped'])"}
          - {id: back, from: lost, to: nurture, when: "signals.any(['qualified.manually'])"}
        deal:
          questions: [{id: budget, ask: Who pays?}]

        """;

    public const string Handoffs = """
        handoffs:
          - {from: marketing, to: inside-sales, on: qualify, packet: [engagement, topics, insights, promises], accept-within: 4h, else: return, reasons: [wrong-person, too-early]}
          - {from: inside-sales, to: sales, on: accept, packet: [meeting-note, answers, promises], accept-within: 1d, else: escalate}
          - {from: sales, to: customer-success, on: win, packet: [answers, promises, expectations], accept-within: 2d, else: escalate}

        """;

    public const string All = Head + Handoffs;
}
