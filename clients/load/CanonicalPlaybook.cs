using System.Globalization;
using System.Text;

namespace Orchestrator.Load;

/// <summary>The playbook of the canonical workload, made to any size: same text for the same numbers.</summary>
/// <remarks>
/// Plays stand at two neighbouring stages each, so a stage has 2 x plays / stages candidates. One play in five is open to nearly everybody,
/// so that most decisions have finalists; the others ask for scores, counts in windows, attributes or the signal at hand, as real ones do.
/// No caps, quiet hours or consent: what is measured is deciding, not being forbidden to.
/// </remarks>
public static class CanonicalPlaybook
{
    static readonly string[] Goals = ["content.downloaded", "form.submitted", "product.used", "email.clicked"];
    static readonly string[] Channels = ["email", "web", "in-app", "ads"];
    static readonly string[] Topics = ["pricing", "security", "integration", "reporting", "automation", "onboarding", "roi", "support"];

    /// <param name="plays">1 to 2,000.</param>
    /// <param name="stages">1 to 100.</param>
    /// <returns>YAML.</returns>
    public static string Text(int plays, int stages)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(plays, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plays, 2_000);
        ArgumentOutOfRangeException.ThrowIfLessThan(stages, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stages, 100);
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        Line($"# The canonical workload's revenue model: {plays} plays at {stages} stages, made by `orc-load playbook`.");
        text.Append(Head);
        Line($"stages:");
        for (var s = 0; s < stages; s++)
        {
            Line($"  stage-{s}: {{kind: inventory, accountable: {(s < (stages + 1) / 2 ? "marketing" : "sales")}}}");
        }

        if (stages > 1)
        {
            Line($"transitions:");
            for (var s = 0; s + 1 < stages; s++)
            {
                Line($"  - {{id: to-{s + 1}, from: stage-{s}, to: stage-{s + 1}, when: \"score.engagement >= {10 + (15 * s)}.0 && signals.count('page.viewed', '30d') >= {s + 1}\"}}");
            }

            Line($"  - {{id: cold, from: stage-{stages - 1}, to: stage-0, when: \"quiet_for('45d')\"}}");
        }

        Line($"plays:");
        for (var p = 0; p < plays; p++)
        {
            Play(Line, p, stages);
        }

        Line($"arbitration:");
        Line($"  levers: {{play-0: 1.2}}");
        Line($"  context: [{{when: \"signal.type == 'page.viewed' && signal.topic == 'pricing'\", raise: {{play-0: 0.5}}}}]");
        Line($"  explore: 0.05");
        Line($"  none: {{allowed: true}}");
        return text.ToString();
    }

    const string Head = """
        playbook: canonical
        title: {en: "Canonical workload"}
        currency: GBP
        time-zone: Europe/London
        departments:
          marketing: {title: {en: Marketing}, pool: hunter}
          sales: {title: {en: Sales}, pool: hunter}
        segments:
          enterprise: {when: "account.employees >= 1000"}
          smb: {when: "true"}
        roles:
          champion: {weight: 100}
          economic-buyer: {weight: 80}
          end-user: {weight: 40}
        attributes:
          account: {employees: int?, industry: string?, country: string?, site: string?}
        signals:
          page.viewed: {observed: true, properties: {url: string, topic: string, seconds: int}}
          content.downloaded: {observed: true, properties: {asset: string, topic: string, pages: int}}
          email.clicked: {observed: true, properties: {treatment: string, topic: string, position: int}}
          product.used: {observed: true, properties: {feature: string, screen: string, seats: int}}
          form.submitted: {observed: true, properties: {form: string, topic: string, fields: int}}
        scores:
          engagement:
            half-life: 14d
            cap-per-day: 40
            points: {page.viewed: 1, email.clicked: 3, content.downloaded: 8, form.submitted: 15}
          fit:
            points: [{when: "account.industry in ['software', 'finance', 'manufacturing']", add: 30}, {when: "account.employees >= 200", add: 40}, {when: "account.country == 'JP'", add: 10}]
            grades: {A: 70, B: 40, C: 20, D: 0}
          intent: {window: 7d, versus: 21d, on: [page.viewed, content.downloaded], by: topic}

        """;

    static void Play(Action<FormattableString> line, int p, int stages)
    {
        var first = p % stages;
        var second = (first + 1) % stages;
        var at = first == second ? $"stage-{first}" : $"stage-{first}, stage-{second}";
        line($"  - id: play-{p}");
        line($"    for: contact");
        line($"    stages: [{at}]");
        if (p % 10 == 9)
        {
            line($"    roles: [champion, end-user]");
        }

        line($"    goal: {Goals[p % Goals.Length]}");
        line($"    horizon: {1 + (p % 7)}d");
        Conditions(line, p);
        line($"    value: {500 + (p * 137 % 9_500)}");
        line($"    cost: {5 + (p % 20)}");
        line($"    valid-for: 3d");
        line($"    cool-down: {1 + (p % 7)}d");
        line($"    treatments:");
        line($"      - {{id: t{p}-a, channel: {Channels[p % Channels.Length]}, subject: {{en: \"About {Topics[p % Topics.Length]}\"}}}}");
        line($"      - {{id: t{p}-b, channel: {Channels[(p + 1) % Channels.Length]}, when: \"score.fit in ['A', 'B']\"}}");
    }

    static void Conditions(Action<FormattableString> line, int p)
    {
        switch (p / 2 % 5)
        {
            case 0:
                line($"    eligible: \"stage_days >= 0.0\"");
                break;
            case 1:
                line($"    eligible: \"account.employees >= {100 << (p % 5)}\"");
                line($"    applicable: \"score.engagement >= {5 + (p % 30)}.0\"");
                break;
            case 2:
                line($"    eligible: \"score.fit in ['A', 'B']\"");
                line($"    applicable: \"signals.count('page.viewed', '7d') >= {1 + (p % 9)}\"");
                break;
            case 3:
                line($"    applicable: \"signal.type == '{Goals[p % Goals.Length]}'\"");
                line($"    suitable: \"signals.count('product.used', {{'feature': 'admin'}}) < {3 + (p % 10)}\"");
                break;
            default:
                line($"    eligible: \"account.industry in ['software', 'finance', 'retail']\"");
                line($"    applicable: \"score.engagement >= {10 + (p % 20)}.0 && signals.count('content.downloaded', '30d') >= {1 + (p % 3)}\"");
                line($"    suitable: \"score.intent > 0.5\"");
                break;
        }
    }
}
