using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Simulation.Worlds;

/// <summary>A small playbook whose times are seconds, so that a simulated minute sees stages change, actions expire and criteria fall due.</summary>
internal static class SimPlaybook
{
    private const string Text = """
        playbook: simulated
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        roles:
          buyer: {required: 0, weight: 100, title: Buyer}
        attributes:
          account: {industry: string?}
          contact: {title: string?}
        signals:
          page.viewed: {observed: true, properties: {url: string?}}
          email.clicked: {observed: true}
        scores:
          engagement: {half-life: 1h, cap-per-day: 600, points: {page.viewed: 2, email.clicked: 5}}
        journey: {start: known}
        stages:
          known: {kind: inventory, accountable: sales}
          warm: {kind: sla, accountable: sales, sla: {within: 20s, then: escalate}}
          cold: {kind: inventory, accountable: sales}
        transitions:
          - {id: warms, from: [known, cold], to: warm, when: "signals.count('page.viewed', '30s') >= 2"}
          - {id: cools, from: warm, to: cold, when: "signals.count('page.viewed', '40s') == 0"}
        plays:
          - {id: mail, for: contact, on: page.viewed, goal: email.clicked, horizon: 7d, cool-down: 3s, value: 100, valid-for: 45s, treatments: [{id: mail-a, channel: email}]}
          - {id: banner, for: contact, stages: [warm], on: page.viewed, goal: email.clicked, horizon: 7d, cool-down: 5s, value: 300, valid-for: 2m, treatments: [{id: banner-a, channel: web}]}
        channels:
          email: {title: E-mail}
          web: {title: Web}
        """;

    private static readonly Lazy<Playbook> Compiled = new(() =>
    {
        var compiled = PlaybookCompiler.Compile(Text, "simulated.yaml", 1);
        return compiled.Playbook ?? throw new InvalidOperationException(string.Join('\n', compiled.Diagnostics));
    });

    /// <summary>Compiled once: a playbook is a value.</summary>
    public static Playbook Instance => Compiled.Value;
}
