using System.Globalization;
using System.Text;

namespace Orchestrator.Grains.Tests.Playbooks;

/// <summary>A playbook of any size, for limits and measurements.</summary>
internal static class LargePlaybook
{
    public static string Text(int plays, int stages)
    {
        var text = new StringBuilder("playbook: large\ncurrency: JPY\ntime-zone: Asia/Tokyo\n");
        text.Append("departments: {sales: {capacity: {open-actions: 20, per-owner: true}}}\n");
        text.Append("signals:\n  purchase.made: {observed: true, properties: {amount: money, product: string?}}\nstages:\n");
        for (var stage = 0; stage < stages; stage++)
        {
            text.Append(CultureInfo.InvariantCulture, $"  stage-{stage}: {{kind: inventory, accountable: sales}}\n");
        }

        text.Append("transitions:\n");
        for (var stage = 1; stage < stages; stage++)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - {{id: move-{stage}, from: stage-{stage - 1}, to: stage-{stage}, when: \"signals.count('purchase.made', '90d') >= {stage}\"}}\n");
        }

        text.Append("plays:\n");
        for (var play = 0; play < plays; play++)
        {
            text.Append(CultureInfo.InvariantCulture, $$$"""
                  - id: play-{{{play}}}
                    for: owner
                    department: sales
                    stages: [stage-{{{play % stages}}}, stage-{{{(play + 1) % stages}}}]
                    goal: purchase.made
                    horizon: 14d
                    eligible: "consent('email', 'marketing') && stage_days > {{{play}}}.0"
                    applicable: "signals.sum('purchase.made', 'amount', '365d') > {{{play}}}00.0"
                    value: "signals.sum('purchase.made', 'amount', '365d') * 0.2"
                    cost: {{{play}}}
                    valid-for: 3d
                    treatments:
                      - {id: mail-{{{play}}}, channel: email, subject: {en: "Offer {{{play}}}", ja: "ご提案 {{{play}}}"}, body: {en: "Hello", ja: "こんにちは"}}
                      - {id: task-{{{play}}}, channel: task, steps: [{en: "Open with the history"}, {en: "Ask why now"}]}

                """);
        }

        return text.ToString();
    }
}
