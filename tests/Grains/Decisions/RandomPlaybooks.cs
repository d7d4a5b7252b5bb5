using System.Globalization;
using System.Text;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Decisions;

/// <summary>Playbooks in which every way of removing a candidate meets every other: the same text for the same seed.</summary>
internal static class RandomPlaybooks
{
    /// <summary>What plays ask; some about the same with other limits, some never known, some about the person, some that time changes.</summary>
    private static readonly string[] Clauses =
    [
        "account.employees >= {0}", "account.employees < {0}", "account.employees == 100", "account.employees != {0}", "{0} < account.employees",
        "score.engagement >= {0}.0", "score.engagement < {0}.5", "score.engagement > {0}", "score.engagement * 2.0 >= {0}.0", "contact.score.engagement < {0}.0", "contact.score.engagement >= {0}.0",
        "signals.count('page.viewed', '5d') >= {1}", "signals.count('page.viewed', '5d') == {1}", "signals.count('email.clicked') > {1}", "signals.sum('purchase.made', 'amount', '9d') >= {0}.0",
        "stage_days >= {1}.0", "stage_days < {1}.5", "signals.days_since('page.viewed') <= {1}.0", "quiet_for('{1}d')", "!quiet_for('{1}d')", "score.trend > 1.0",
        "signal.type == 'page.viewed'", "signal.type == 'email.clicked'", "signal.type != 'meeting.booked'", "signal.type in ['page.viewed', 'purchase.made']", "signal.topic == 't{1}'",
        "account.industry == 'mining'", "account.industry != 'mining'", "account.industry in ['mining', 'student', 'x']", "segment == 'large'", "segment != 'large'", "has_role('buyer')", "contact.title == 'CTO'",
        "now - account.renews > duration('{1}d')", "has(account.renews)", "account.renews == null", "consent('email', 'marketing')", "true", "false", "classification == 'now'",
        "(score.engagement >= {0}.0 || account.employees >= 50)", "!(score.engagement >= {0}.0 && account.employees >= 50)", "['page.viewed'].exists(t, t == signal.type)",
    ];

    private static readonly string[] Types = ["page.viewed", "email.clicked", "purchase.made", "meeting.booked"];

    public static string Text(int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder(Head.Replace("{sales: {title: Sales}}", "{sales: {title: Sales}, success: {title: Success, capacity: {open-actions: 2}}}", StringComparison.Ordinal));
        var stages = random.Next(1, 5);
        text.Append("""
            scores:
              engagement: {half-life: 3d, cap-per-day: 40, points: {page.viewed: 10, email.clicked: 3, meeting.booked: -8}}
              trend: {window: 7d, versus: 21d, on: [page.viewed], by: topic}
            segments: {large: {when: "account.employees >= 100"}, rest: {when: "true"}}

            """);
        text.Append(random.Next(2) == 0 ? "classification: {never: {when: \"account.industry == 'student'\"}, now: {when: \"score.engagement >= 30\"}, later: {when: \"true\"}}\n" : "classification: {now: {when: \"score.engagement >= 30\"}, later: {when: \"true\"}}\n");
        text.Append(seed % 2 == 0 ? "in-flight: {default: follow}\n" : "");
        text.Append("stages: {").AppendJoin(", ", Enumerable.Range(0, stages).Select(s => $"s{s}: {{kind: inventory}}")).Append("}\n");
        if (stages > 1)
        {
            text.Append("transitions:\n");
            for (var s = 0; s + 1 < stages; s++)
            {
                text.Append(CultureInfo.InvariantCulture, $"  - {{id: up{s}, from: s{s}, to: s{s + 1}, when: \"score.engagement >= {15 + (10 * s)}.0\"}}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"  - {{id: down, from: s{stages - 1}, to: s0, when: \"quiet_for('4d')\"}}\n");
        }

        var plays = random.Next(3) switch { 0 => random.Next(4, 9), 1 => random.Next(20, 40), _ => random.Next(60, 90) };
        text.Append("plays:\n");
        for (var p = 0; p < plays; p++)
        {
            Play(text, random, p, stages);
        }

        text.Append(CultureInfo.InvariantCulture, $"arbitration:\n  explore: {(random.Next(2) == 0 ? "0.4" : "0.0")}\n  none: {{allowed: {(random.Next(2) == 0 ? "true" : "false")}}}\n");
        text.Append(random.Next(2) == 0 ? "  per-account: {people-per-week: 2}\n" : "");
        text.Append(CultureInfo.InvariantCulture, $"  levers: {{p0: 1.5}}\n  context: [{{when: \"{Clause(random)}\", raise: {{p0: 0.5, p{plays - 1}: -0.4}}}}, {{when: \"contact.title == 'CTO'\", raise: {{p0: 1.0}}}}]\n");
        text.Append(CultureInfo.InvariantCulture, $"  buyer-paced: {{when: \"{Clause(random)}\", hold: [p{plays / 2}]}}\n");
        text.Append("contact-policy:\n");
        text.Append(random.Next(3) == 0 ? "" : "  caps: [{per: contact, channel: email, at-most: 2, rolling: 2d}, {per: account, at-most: 4, rolling: 1d}, {per: account, channel: web, at-most: 1, calendar: day, segments: [rest]}]\n");
        text.Append(CultureInfo.InvariantCulture, $"  over-cap: {(random.Next(3) switch { 0 => "next-best", 1 => "wait", _ => "skip" })}\n");
        text.Append(random.Next(2) == 0 ? "  quiet-hours: {from: \"19:00\", to: \"07:30\", days-off: [sun]}\n" : "");
        text.Append("  consent: {purposes: [marketing, service]}\n");
        text.Append("  rest-after: [{outcome: rejected, times: 2, within: 5d, rest: 4d}]\n  exempt: [transactional]\n  exclusions: [competitor]\n  suppress-when: [\"signals.count('meeting.booked', '6h') >= 2\"]\n");
        text.Append(CultureInfo.InvariantCulture, $"experiments: [{{id: h, by: contact, share: 0.2, arm: none}}, {{id: g, by: account, plays: [p0], share: 0.5, arm: none}}, {{id: s, by: {(random.Next(2) == 0 ? "account" : "contact")}, plays: [p{plays / 3}], arms: {{t{plays / 3}-0: 0.5, t{plays / 3}-1: 0.5}}}}]\n");
        return text.ToString();
    }

    private static void Play(StringBuilder text, Random random, int p, int stages)
    {
        var mandatory = random.Next(15) == 0;
        var owner = random.Next(5) == 0;
        text.Append(CultureInfo.InvariantCulture, $"  - {{id: p{p}, for: {(owner ? "owner" : "contact")}, valid-for: {random.Next(1, 30)}h");
        text.Append(owner ? random.Next(2) == 0 ? ", department: success" : ", department: sales" : "");
        text.Append(random.Next(3) == 0 ? "" : $", stages: [s{random.Next(stages)}]");
        text.Append(random.Next(4) == 0 ? $", roles: [{(random.Next(3) switch { 0 => "buyer", 1 => "user", _ => "buyer, user" })}]" : "");
        text.Append(random.Next(5) == 0 ? $", on: {Types[random.Next(Types.Length)]}" : "");
        text.Append(random.Next(6) == 0 ? ", class: transactional" : "");
        text.Append(random.Next(2) == 0 ? ", purpose: service" : "");
        foreach (var step in new[] { "eligible", "applicable", "suitable" })
        {
            text.Append(random.Next(2) == 0 ? $", {step}: \"{string.Join(" && ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => Clause(random)))}\"" : "");
        }

        text.Append(mandatory
            ? ", mandatory: true"
            : $", goal: {Types[random.Next(Types.Length)]}, horizon: {random.Next(1, 5)}d, cost: {random.Next(60)}, value: {(random.Next(4) == 0 ? "\"signals.sum('purchase.made', 'amount', '30d') * 0.1 + 50.0\"" : random.Next(5) * 40)}");
        text.Append(random.Next(2) == 0 ? $", cool-down: {random.Next(1, 40)}h" : "");
        text.Append(", treatments: [");
        for (var t = 0; t < 2 + random.Next(2); t++)
        {
            var channel = owner ? "phone" : (random.Next(3) switch { 0 => "email", 1 => "web", _ => "ads" });
            text.Append(CultureInfo.InvariantCulture, $"{(t > 0 ? ", " : "")}{{id: t{p}-{t}, channel: {channel}{(random.Next(3) == 0 ? $", when: \"{Clause(random)}\"" : "")}}}");
        }

        text.Append("]}\n");
    }

    private static string Clause(Random random) => string.Format(CultureInfo.InvariantCulture, Clauses[random.Next(Clauses.Length)], random.Next(12) * 10, random.Next(1, 6));
}
