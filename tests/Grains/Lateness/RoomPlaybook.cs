using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;

namespace Orchestrator.Grains.Tests.Lateness;

/// <summary>A playbook that uses every room of an account, and random histories for it.</summary>
internal static class RoomPlaybook
{
    public const string Lateness = "lateness: {tolerance: 1s, correct-after: 10s, reach: 90d}\n";

    public const string WithoutLateness = """
        playbook: rooms
        currency: GBP
        time-zone: Europe/London
        lifecycle-owner: revenue-office
        departments: {marketing: {title: Marketing}, sales: {title: Sales}, success: {title: Success}}
        buying-group:
          roles:
            sponsor: {required: 1, weight: 100}
            buyer: {required: 1, weight: 80}
          engagement: {window: 30d, cap-per-activity-day: 3, points: {page.viewed: 1, demo.seen: {add: 5, when: "stage != 'recycled'"}}}
        attributes: {account: {industry: string?}, contact: {title: string?}}
        signals:
          page.viewed: {observed: true, properties: {topic: string?}}
          demo.seen: {observed: true}
          meeting.held: {observed: true, properties: {note: string?}}
          opportunity.updated: {observed: true, properties: {opportunity: string, amount: money?, budget: string?, next-step: string?, next-step-at: timestamp?}}
          contract.signed: {observed: true, properties: {opportunity: string, amount: money?, renews-at: timestamp?}}
          opportunity.lost: {observed: true, properties: {opportunity: string, reason: string}}
          product.used: {observed: true, properties: {feature: string?}}
          ticket.opened: {observed: true, properties: {severity: int, ticket: string?}}
          ticket.closed: {observed: true, properties: {ticket: string?}}
          incident.declared: {observed: true, properties: {incident: string?}}
          incident.resolved: {observed: true, properties: {incident: string?}}
          care.wanted: {observed: true}
          care.over: {observed: true}
        scores:
          engagement: {half-life: 7d, cap-per-day: 25, points: {page.viewed: 4, demo.seen: 9}}
        stages:
          lead: {kind: inventory, accountable: marketing}
          nurture: {kind: inventory, accountable: marketing}
          opportunity: {kind: sla, accountable: sales, sla: {within: 9h, then: reassign}}
          onboarding: {kind: inventory, accountable: success}
          recycled: {kind: inventory}
          no-more: {kind: end-of-effort}
        transitions:
          - {id: warms, from: lead, to: nurture, when: "score.engagement >= 8.0"}
          - {id: meets, from: [lead, nurture], to: opportunity, when: "signals.any(['meeting.held'])", re-entry: {cool-down: 1h}}
          - {id: wins, from: opportunity, to: onboarding, when: "signals.any(['contract.signed'])", requires-answers: 1}
          - {id: loses, from: [nurture, opportunity], to: recycled, when: "signals.any(['opportunity.lost'])", reason: "signal.reason"}
          - {id: again, from: recycled, to: nurture, when: "signals.count('page.viewed', '3h') >= 1"}
          - {id: ends, from: onboarding, to: lead, when: "quiet_for('20h')"}
        recycle: {sources: [nurture, opportunity], cool-down: {no-budget: 6h, default: 2h}, attempts: 3, acquisition-cost: 45000}
        deal:
          questions:
            - {id: budget, ask: Who pays?}
            - {id: next-step, ask: What next?, dated: true}
          flag-when: ["answer('next-step').at == null && answer('next-step').awaits == null", "answers.age('budget') > duration('5h')"]
        promises:
          used: {kept-when: "signals.count('product.used', {'feature': 'report'}) >= 2", within: 12h}
          calm: {kept-when: "incident_open == false && signals.count('ticket.opened', '4h') == 0"}
        feedback:
          - {from: sales, to: marketing, about: [transition], answer-within: 5h}
        milestones:
          onboarding:
            - {id: set-up, when: "signals.count('product.used', {'feature': 'admin'}) >= 1", within: 4h}
            - {id: value, when: "signals.count('product.used', {'feature': 'report'}) >= 2", within: 10h}
        expansion-phase:
          when: "milestones.done('onboarding') && !has_open_ticket(1)"
        journeys:
          view:
            stages: {unaware: {}, curious: {}, comparing: {}, gone: {}}
            transitions:
              - {id: wonders, from: unaware, to: curious, when: "signals.any(['page.viewed'])"}
              - {id: compares, from: curious, to: comparing, when: "stage == 'opportunity' && signals.any(['demo.seen'])"}
              - {id: forgets, from: [curious, comparing], to: gone, when: "journey_days('view') >= 0.5"}
              - {id: back, from: gone, to: curious, when: "signals.any(['demo.seen'])"}
          care:
            of: contact
            stages: {out: {}, in: {}, done: {}}
            ends: [done]
            re-entry: {cool-down: 2h}
            enter: [{id: comes, to: in, on: [care.wanted]}]
            transitions: [{id: stops, from: in, to: done, when: "signals.any(['care.over'])"}, {id: tires, from: in, to: done, when: "journey_days('care') >= 0.25"}]
          habit:
            of: contact
            stages: {new: {}, regular: {}, lapsed: {}}
            transitions:
              - {id: returns, from: [new, lapsed], to: regular, when: "signals.any(['product.used'])"}
              - {id: lapses, from: regular, to: lapsed, when: "journey_days('habit') >= 0.3"}

        """;

    public const string Text = WithoutLateness + Lateness;

    private static readonly string[] Deals = ["o-1", "o-2"];

    private static readonly string[] Features = ["admin", "report"];

    /// <summary>In the order in which they happen, each acceptable to whoever heard all before it.</summary>
    /// <param name="delays">Some come up to 400 minutes later.</param>
    public static List<(Signal Signal, DateTimeOffset Comes)> Make(Scene scene, Random random, int signals, bool delays)
    {
        List<(Signal, DateTimeOffset)> made = [];
        List<string> deals = [];
        List<string> promises = [];
        List<string> feedback = [];
        var at = scene.Now;
        for (var i = 0; i < signals; i++)
        {
            at = at.AddMinutes(random.Next(1, 70));
            var person = random.Next(3) == 0 ? "" : random.Next(2) == 0 ? "ann" : "bob";
            var deal = Deals[random.Next(Deals.Length)];
            (string Type, string Person, object[] Properties) next = random.Next(28) switch
            {
                0 or 1 or 2 => ("page.viewed", person, []),
                3 or 4 => ("demo.seen", person, []),
                5 or 6 => ("meeting.held", person, ["note", $"note {i}"]),
                7 => ("opportunity.updated", "", ["opportunity", deal, "amount", Pounds(random.Next(9)), "budget", $"budget {random.Next(3)}"]),
                8 => ("opportunity.updated", "", ["opportunity", deal, "next-step", $"step {i}", "next-step-at", at.AddHours(random.Next(9))]),
                9 => ("contract.signed", "", ["opportunity", deal, "amount", Pounds(random.Next(9)), "renews-at", at.AddDays(random.Next(99))]),
                10 => ("opportunity.lost", "", ["opportunity", deal, "reason", random.Next(2) == 0 ? "no-budget" : "timing"]),
                11 or 12 or 13 => ("product.used", person, ["feature", Features[random.Next(2)]]),
                14 => ("ticket.opened", person, ["severity", random.Next(1, 4), "ticket", $"t-{random.Next(3)}"]),
                15 => ("ticket.closed", person, ["ticket", $"t-{random.Next(3)}"]),
                16 => ("incident.declared", "", ["incident", $"i-{random.Next(2)}"]),
                17 => ("incident.resolved", "", ["incident", $"i-{random.Next(2)}"]),
                18 => ("care.wanted", random.Next(2) == 0 ? "ann" : "bob", []),
                19 => ("care.over", random.Next(2) == 0 ? "ann" : "bob", []),
                20 => ("promise.made", "", ["promise", $"p-{random.Next(3)}", "text", $"text {i}", "kind", random.Next(3) switch { 0 => "used", 1 => "calm", _ => "" }, "opportunity", random.Next(2) == 0 ? deal : "", "due", random.Next(2) == 0 ? at.AddHours(random.Next(1, 8)) : null!]),
                21 when promises.Count > 0 => (random.Next(3) == 0 ? "promise.broken" : "promise.kept", "", ["promise", promises[random.Next(promises.Count)]]),
                22 => ("insight.noted", "", ["about", $"thing {random.Next(2)}", "text", $"text {i}", "valid-for", TimeSpan.FromHours(random.Next(1, 9))]),
                23 => ("feedback.given", "", ["from", "sales", "to", "marketing", "about", "transition:meets", "verdict", "early"]),
                24 when feedback.Count > 0 => ("feedback.answered", "", ["feedback", feedback[random.Next(feedback.Count)], "text", $"answer {i}"]),
                25 or 26 => ("owner.assigned", "", ["owner", $"rep-{random.Next(3)}", "department", "sales"]),
                27 => random.Next(2) switch
                {
                    0 => ("contact.left", random.Next(2) == 0 ? "ann" : "bob", ["reason", "job"]),
                    _ => ("contact.joined", random.Next(2) == 0 ? "ann" : "bob", ["role", random.Next(2) == 0 ? "buyer" : "sponsor"]),
                },
                _ => ("role.assigned", random.Next(2) == 0 ? "ann" : "bob", ["role", random.Next(2) == 0 ? "buyer" : "sponsor"]),
            };
            var signal = scene.NewSignal(next.Type, next.Person, next.Properties);
            signal.Time = Timestamp.FromDateTimeOffset(at);
            Note(signal, promises, feedback);
            made.Add((signal, delays && random.Next(4) == 0 ? at.AddMinutes(random.Next(1, 400)) : at));
        }

        return made;
    }

    private static void Note(Signal signal, List<string> promises, List<string> feedback)
    {
        if (signal.Type == "promise.made")
        {
            promises.Add(signal.Properties["promise"].Text);
        }
        else if (signal.Type == "feedback.given")
        {
            feedback.Add(signal.Id);
        }
    }

    private static Money Pounds(long pounds) => new() { Currency = "GBP", MinorUnits = pounds * 100 };
}
