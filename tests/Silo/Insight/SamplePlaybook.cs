namespace Orchestrator.Silo.Tests.Insight;

/// <summary>A playbook in which every step of deciding can remove something.</summary>
internal static class SamplePlaybook
{
    public const string Text = """
        playbook: sample
        currency: GBP
        time-zone: Europe/London
        departments:
          marketing: {title: Marketing}
          sales: {title: Sales}
        segments:
          large: {when: "account.employees >= 1000"}
          small: {when: "true"}
        buying-group:
          roles:
            champion: {required: 1, weight: 100, assign: "contact.title.contains('Head')"}
            user: {required: 0, weight: 40}
        attributes:
          account: {employees: int, kind: string, country: string}
          contact: {title: string}
        signals:
          page.viewed: {observed: true, properties: {topic: string?}}
          form.submitted: {observed: true}
          meeting.booked: {observed: true}
          ticket.opened: {observed: true, properties: {severity: int}}
          purchase.made: {observed: true, properties: {amount: money}}
        scores:
          engagement:
            half-life: 7d
            cap-per-day: 40
            points: {page.viewed: 2, form.submitted: 10, meeting.booked: 30}
          fit:
            points: [{when: "account.employees >= 200", add: 40}, {when: "account.country == 'GB'", add: 10}]
            grades: {A: 50, B: 40, C: 10}
          intent: {window: 7d, versus: 21d, on: [page.viewed], by: topic}
        classification:
          never: {when: "account.kind == 'competitor'"}
          now: {when: "score.engagement >= 40"}
          later: {when: "true"}
        stages:
          awareness: {kind: inventory, accountable: marketing}
          nurture: {kind: inventory, accountable: marketing}
          qualified: {kind: sla, accountable: sales, sla: {within: 2d, then: escalate}}
          customer: {kind: inventory, accountable: sales}
        transitions:
          - {id: captured, from: awareness, to: nurture, when: "signals.any(['form.submitted'])"}
          - {id: qualify, from: nurture, to: qualified, when: "score.engagement >= 35 && account.employees >= 200"}
          - {id: win, from: qualified, to: customer, when: "signals.any(['purchase.made'])"}
          - {id: cold, from: [nurture, qualified], to: awareness, when: "quiet_for('10d')"}
        plays:
          - {id: brochure, for: contact, stages: [awareness, nurture], goal: form.submitted, horizon: 7d, cool-down: 1d, value: 5000, cost: 5, valid-for: 2d, purpose: marketing, treatments: [{id: brochure-mail, channel: email}, {id: brochure-gb, channel: web, when: "account.country == 'GB'"}]}
          - {id: banner, for: contact, stages: [awareness, nurture, qualified], goal: form.submitted, horizon: 7d, cool-down: 12h, value: 900, cost: 1, valid-for: 1d, treatments: [{id: banner-web, channel: web}]}
          - {id: champion-note, for: contact, stages: [awareness, nurture, qualified], roles: [champion], goal: meeting.booked, horizon: 7d, cool-down: 3d, value: 20000, cost: 10, valid-for: 2d, treatments: [{id: champion-web, channel: web}]}
          - {id: thanks, for: contact, on: purchase.made, goal: purchase.made, horizon: 30d, value: 3000, cost: 1, valid-for: 2d, treatments: [{id: thanks-app, channel: in-app}]}
          - {id: for-large, for: contact, stages: [awareness], goal: meeting.booked, horizon: 7d, eligible: "account.employees >= 1000", value: 3000, cost: 1, valid-for: 2d, treatments: [{id: large-web, channel: web}]}
          - {id: for-keen, for: contact, stages: [awareness, nurture], goal: meeting.booked, horizon: 7d, eligible: "signals.count('page.viewed') >= 1", applicable: "score.engagement >= 20", value: 3000, cost: 1, valid-for: 2d, treatments: [{id: keen-web, channel: web}]}
          - {id: for-calm, for: contact, stages: [awareness, nurture, qualified], goal: meeting.booked, horizon: 7d, suitable: "signals.count('ticket.opened', '7d') == 0", value: 2500, cost: 1, cool-down: 2d, valid-for: 2d, treatments: [{id: calm-app, channel: in-app}]}
          - {id: paced, for: contact, stages: [awareness, nurture], goal: meeting.booked, horizon: 7d, value: 3000, cost: 1, valid-for: 2d, treatments: [{id: paced-web, channel: web}]}
          - {id: costly, for: contact, stages: [awareness], goal: meeting.booked, horizon: 7d, value: 10, cost: 90000, valid-for: 2d, treatments: [{id: costly-web, channel: web}]}
          - {id: compared, for: contact, stages: [awareness], goal: meeting.booked, horizon: 7d, value: 3000, cost: 1, valid-for: 2d, treatments: [{id: compared-web, channel: web}]}
          - {id: call, for: owner, department: sales, stages: [qualified], goal: meeting.booked, horizon: 5d, value: 60000, cost: 1500, valid-for: 1d, treatments: [{id: call-a, channel: task}, {id: call-b, channel: task}]}
          - {id: outage, for: contact, mandatory: true, class: transactional, on: incident.declared, valid-for: 6h, treatments: [{id: outage-mail, channel: email}, {id: outage-app, channel: in-app}]}
        arbitration:
          levers: {banner: 1.5}
          context: [{when: "signal.type == 'page.viewed' && signal.topic == 'pricing'", raise: {banner: 0.5}}]
          per-account: {people-per-week: 2}
          buyer-paced: {when: "signals.count('page.viewed', '30d') >= 2 && classification == 'later'", hold: [paced]}
          explore: 0.2
        contact-policy:
          caps:
            - {per: contact, channel: email, at-most: 1, rolling: 7d}
            - {per: contact, at-most: 4, rolling: 7d}
          over-cap: wait
          quiet-hours: {from: "20:00", to: "08:00"}
          rest-after: [{outcome: rejected, times: 2, within: 14d, rest: 5d}]
          suppress-when: ["signals.count('ticket.opened', {'severity': 1}, '7d') > 0"]
          exempt: [transactional]
          exclusions: [competitor]
          consent: {purposes: [marketing]}
        experiments:
          - {id: proof, by: account, plays: [compared], share: 0.999, arm: none}
          - {id: scripts, by: account, plays: [call], arms: {call-a: 0.5, call-b: 0.5}}
        """;
}
