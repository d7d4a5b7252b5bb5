using Orchestrator.Grains.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

public sealed class MistakesTests
{
    const string Plays = "plays:\n  - {id: a, for: contact, goal: s, horizon: 1d, value: 1, valid-for: 1d, treatments: [{id: t, channel: web}]";
    const string Signal = "signals:\n  s: {observed: true}\n";

    [Theory]
    // Keys
    [InlineData("titel: x", "6:1 titel: unknown key `titel` in the playbook; did you mean `title`?; known keys: playbook, stages, title, currency, time-zone, lifecycle-owner, departments, segments, roles, buying-group, channels, attributes, signals, scores, classification, journey, transitions, plays, arbitration, contact-policy, experiments, experience, recycle, milestones, expansion-phase, in-flight, lateness, paused, buying-groups, journeys, counts, goals, journey-groups, deal, promises, handoffs, feedback, data-quality, matching")]
    [InlineData("departments:\n  sales: {pol: hunter}", "7:11 departments.sales.pol: unknown key `pol` in a department; did you mean `pool`?; known keys: title, pool, capacity, owners")]
    [InlineData("departments:\n  sales: {qqqqqq: 1}", "7:11 departments.sales.qqqqqq: unknown key `qqqqqq` in a department; known keys: title, pool, capacity, owners")]
    [InlineData("currency: EUR", "6:1 currency: duplicate key `currency`; first given at line 2")]
    [InlineData("departments:\n  sales: {}\n  sales: {}", "8:3 departments.sales: duplicate key `sales`; first given at line 7")]
    [InlineData("departments:\n  <<: {}\n  sales: {<<: {}}", "7:3 departments.<<: `<<` cannot name a department; a name has letters a-z, digits, `-`, `_` and `.`, at most 100, and begins with a letter or digit", "8:11 departments.sales.<<: merge keys are not supported; write the keys out")]
    [InlineData("segments:\n  big: {}", "7:3 segments.big: a segment needs `when`")]
    // Types and ranges
    [InlineData("departments: [sales]", "6:14 departments: expected a map with the name of each department, found a list")]
    [InlineData("departments:\n  sales: hunter", "7:10 departments.sales: expected a department as a map, found `hunter`")]
    [InlineData("departments:\n  sales:", "7:9 departments.sales: expected a department as a map, found nothing")]
    [InlineData("transitions: {}", "6:14 transitions: expected a list, found a map")]
    [InlineData("title: [x]", "6:8 title: expected a text, or texts by language, found a list")]
    [InlineData("title: {English: x}", "6:9 title.English: `English` is no language; expected a tag such as en, ja or pt-BR")]
    [InlineData("departments:\n  sales: {capacity: {open-actions: many}}", "7:36 departments.sales.capacity.open-actions: expected a whole number from 1 to 1000000, found `many`")]
    [InlineData("departments:\n  sales: {capacity: {open-actions: 0}}", "7:36 departments.sales.capacity.open-actions: 0 is out of range; expected a whole number from 1 to 1000000")]
    [InlineData("departments:\n  sales: {capacity: {open-actions: \"5\"}}", "7:37 departments.sales.capacity.open-actions: expected a whole number from 1 to 1000000, found the quoted text `5`")]
    [InlineData("departments:\n  sales: {capacity: {open-actions: 5, per-owner: yes}}", "7:50 departments.sales.capacity.per-owner: expected true or false, found `yes`")]
    [InlineData("departments:\n  sales: {pool: huntr}", "7:17 departments.sales.pool: expected hunter or farmer, found `huntr`; did you mean `hunter`?")]
    [InlineData("roles:\n  champion: {weight: 101}", "7:22 roles.champion.weight: 101 is out of range; expected a number from 0 to 100")]
    [InlineData("roles: {a: {}}\nbuying-group: {roles: {b: {}}}", "6:1 roles: roles are given twice; `buying-group.roles` is at line 7")]
    [InlineData("buying-group: {engagement: {window: 30 days, cap-per-activity-day: 20}}", "6:37 buying-group.engagement.window: expected a duration such as 30m, 4h, 3d or 2w, at most 3660d, found `30 days`")]
    [InlineData("buying-group: {engagement: {window: 36h, cap-per-activity-day: 20}}", "6:37 buying-group.engagement.window: expected whole days such as 30d, at most 400d, found `36h`; what happened leaves the window day by day")]
    [InlineData("buying-group: {engagement: {window: 0d, cap-per-activity-day: 20}}", "6:37 buying-group.engagement.window: expected a duration such as 30m, 4h, 3d or 2w, longer than nothing, found `0d`")]
    [InlineData("buying-group: {engagement: {window: 9999999999w, cap-per-activity-day: 1e3}}", "6:37 buying-group.engagement.window: expected a duration such as 30m, 4h, 3d or 2w, at most 3660d, found `9999999999w`", "6:72 buying-group.engagement.cap-per-activity-day: expected a whole number from 1 to 1000000, found `1e3`")]
    [InlineData("segments:\n  Big: {when: x}", "7:3 segments.Big: `Big` cannot name a segment; a name has letters a-z, digits, `-`, `_` and `.`, at most 100, and begins with a letter or digit")]
    [InlineData("segments:\n  big: {when: \"\"}", "7:16 segments.big.when: expected a condition or formula, found the quoted text ``")]
    [InlineData("channels:\n  sms: {kind: pushy}", "7:15 channels.sms.kind: expected push or pull, found `pushy`; did you mean `push`?")]
    // Signals, attributes and scores
    [InlineData("signals:\n  s: {observed: true, properties: {a: sting}}", "7:39 signals.s.properties.a: expected a type, one of string, int, double, bool, timestamp, duration, money, with a `?` behind it when it may be absent, found `sting`; did you mean `string`?")]
    [InlineData("signals:\n  s: {}", "7:3 signals.s: a signal needs `observed`")]
    [InlineData("departments: {sales: {}}\nsignals:\n  s: {observed: true, by: sales}", "8:23 signals.s.by: an observed signal is asserted by nobody; remove `by`, or say `observed: false`")]
    [InlineData("attributes: {account: {size: int??}}", "6:30 attributes.account.size: expected a type, one of string, int, double, bool, timestamp, duration, money, with a `?` behind it when it may be absent, found `int??`; did you mean `int`?")]
    [InlineData("scores:\n  x: {points: {}}", "7:3 scores.x: `x` is no kind of score; expected `half-life` and `points` (engagement), `points` and `grades` (fit), `window`, `versus` and `on` (momentum), `measures` (health), `model` and `on` (value), or `from` (risk)")]
    [InlineData("scores:\n  a-b: {half-life: 1d, points: {}}", "7:3 scores.a-b: `a-b` cannot name a score, which conditions read as `score.name`; use letters, digits and `_`")]
    [InlineData(Signal + "scores:\n  x: {half-life: 1d, points: {z.z: 1}}", "9:31 scores.x.points.z.z: unknown signal `z.z`; expected one of account.updated, contact.joined, contact.left, contact.moved, contact.updated, expansion.triggered, incident.declared, incident.resolved, s")]
    [InlineData(Signal + "scores:\n  x: {points: [], grades: {A: 1, B: 1}}", "9:37 scores.x.grades.B: grades `A` and `B` begin at the same points")]
    [InlineData(Signal + "scores:\n  x: {points: [], grades: {}}", "9:27 scores.x.grades: expected at least one grade, found none")]
    [InlineData("signals:\n  s: {observed: true, properties: {topic: string}}\nscores:\n  x: {window: 7d, versus: 21d, on: s, by: topik}", "9:36 scores.x.by: signal `s` has no property `topik`; did you mean `topic`?")]
    // The journey
    [InlineData("journey: {start: begin}", "6:18 journey.start: unknown stage `begin`; expected one of start")]
    [InlineData("journey: {start: strat}", "6:18 journey.start: unknown stage `strat`; did you mean `start`?")]
    [InlineData("transitions:\n  - {id: x, from: start, to: start, when: y}", "7:5 transitions[0]: transition `x` leads from `start` to itself")]
    [InlineData("transitions:\n  - {id: x, from: [], to: start, when: y}", "7:19 transitions[0].from: expected a name or a list of names, found an empty list; leave the key out instead")]
    [InlineData("transitions:\n  - {id: x, to: start}", "7:5 transitions[0]: a transition needs `when` (a condition) or `at` (an instant)")]
    [InlineData("transitions:\n  - {id: x, to: start, when: y, at: now}", "7:33 transitions[0].at: a transition has `when` or `at`, not both; `when` is at line 7")]
    [InlineData("transitions:\n  - {id: x, to: start, when: y}\n  - {id: x, to: start, when: y}", "8:10 transitions[1].id: duplicate transition `x`; first declared at line 7")]
    [InlineData("transitions:\n  - {id: x, to: start, when: y, agreed-by: [sales]}", "7:45 transitions[0].agreed-by[0]: unknown department `sales`; no department is declared")]
    [InlineData("transitions:\n  - {id: x, to: start, when: y, confirm: {}}", "7:33 transitions[0].confirm: a confirmation needs `by`", "7:33 transitions[0].confirm: a confirmation needs `reject-to`", "7:33 transitions[0].confirm: a confirmation needs `within`")]
    [InlineData("departments: {sales: {}}\ntransitions:\n  - {id: x, to: start, when: y, confirm: {by: sale, within: 2, reject-to: strat, reasons: [a, a], else: b}}", "8:47 transitions[0].confirm.by: unknown department `sale`; did you mean `sales`?", "8:61 transitions[0].confirm.within: expected a duration such as 30m, 4h, 3d or 2w, at most 3660d, found `2`", "8:75 transitions[0].confirm.reject-to: unknown stage `strat`; did you mean `start`?", "8:95 transitions[0].confirm.reasons[1]: `a` is named twice", "8:99 transitions[0].confirm.else: unknown key `else` in a confirmation; known keys: by, within, reject-to, reasons")]
    // Plays
    [InlineData(Signal + "plays: [{}]", "8:9 plays[0]: a play needs `for`", "8:9 plays[0]: a play needs `goal`", "8:9 plays[0]: a play needs `horizon`", "8:9 plays[0]: a play needs `id`", "8:9 plays[0]: a play needs `treatments`", "8:9 plays[0]: a play needs `valid-for`", "8:9 plays[0]: a play needs `value`")]
    [InlineData(Signal + "plays: [{id: a, for: contact, goal: s, horizon: 1d, value: 1, valid-for: 1d, treatments: []}]", "8:90 plays[0].treatments: expected at least one treatment, found none")]
    [InlineData(Signal + Plays + ", stages: [strat], roles: [boss]}", "9:120 plays[0].stages[0]: unknown stage `strat`; did you mean `start`?", "9:136 plays[0].roles[0]: unknown role `boss`; no role is declared")]
    [InlineData(Signal + Plays + ", on: [s, s]}", "9:119 plays[0].on[1]: `s` is named twice")]
    [InlineData(Signal + Plays + ", purpose: news}", "9:120 plays[0].purpose: unknown purpose `news`; no purpose is declared")]
    [InlineData(Signal + Plays + ", cost: -1}", "9:117 plays[0].cost: -1 is out of range; expected a whole number from 0 to 1000000000000000")]
    [InlineData(Signal + "plays:\n  - {id: a, for: owner, goal: s, horizon: 1d, value: 1.5, valid-for: 1d, treatments: [{id: t, channel: emial}]}", "9:5 plays[0]: a play for an owner needs `department`, whose people do it", "9:54 plays[0].value: expected a whole number from 0 to 1000000000000000, found `1.5`", "9:104 plays[0].treatments[0].channel: unknown channel `emial`; did you mean `email`?")]
    [InlineData("plays:\n  - {id: a, for: contact, mandatory: true, goal: contact.joined, valid-for: 1d, treatments: [{id: t, channel: web}]}", "7:5 plays[0]: `goal` and `horizon` belong together; found one of them only")]
    [InlineData("plays:\n  - {id: a, for: contact, mandatory: true, valid-for: 1d, treatments: [{id: t, channel: web}, {id: t, channel: ads, subjct: x}]}", "7:100 plays[0].treatments[1].id: duplicate treatment `t`; first declared at line 7", "7:117 plays[0].treatments[1].subjct: unknown key `subjct` in a treatment; did you mean `subject`?; known keys: id, channel, when, subject, preheader, headline, body, button, link, note, steps")]
    // Arbitration, policy, experiments
    [InlineData("arbitration: {priority: \"value / cost\"}", "6:26 arbitration.priority: expected `propensity * context * value * lever`, which is how priorities are made, found the quoted text `value / cost`")]
    [InlineData("arbitration: {explore: 0.6}", "6:24 arbitration.explore: 0.6 is out of range; expected a number from 0 to 0.5")]
    [InlineData("arbitration: {levers: {call: 11}}", "6:24 arbitration.levers.call: unknown play `call`; no play is declared", "6:30 arbitration.levers.call: 11 is out of range; expected a number from 0 to 10")]
    [InlineData("arbitration: {propensity: {default: 1.1, treatments: {x: 0.5}}}", "6:37 arbitration.propensity.default: 1.1 is out of range; expected a number from 0 to 1", "6:55 arbitration.propensity.treatments.x: unknown treatment `x`; no treatment is declared")]
    [InlineData("contact-policy: {caps: [{per: contact, at-most: 1, rolling: 1d, calendar: day}]}", "6:25 contact-policy.caps[0]: a cap needs either `rolling` (a duration) or `calendar` (day, week or month)")]
    [InlineData("contact-policy: {caps: [{per: person, at-most: 1, calendar: year, segments: [smb]}]}", "6:31 contact-policy.caps[0].per: expected contact or account, found `person`", "6:61 contact-policy.caps[0].calendar: expected day, week or month, found `year`", "6:78 contact-policy.caps[0].segments[0]: unknown segment `smb`; no segment is declared")]
    [InlineData("contact-policy: {quiet-hours: {from: \"20:00\", to: \"20:00\", days-off: [saturday]}}", "6:31 contact-policy.quiet-hours: `from` and `to` are the same time; quiet hours have a beginning and an end", "6:71 contact-policy.quiet-hours.days-off[0]: expected mon, tue, wed, thu, fri, sat or sun, found `saturday`")]
    [InlineData("contact-policy: {quiet-hours: {from: 8pm, to: \"08:00\", holidays: [2026-02-30]}}", "6:38 contact-policy.quiet-hours.from: expected a time of day such as \"20:00\", found `8pm`", "6:67 contact-policy.quiet-hours.holidays[0]: expected a date such as 2026-01-01, found `2026-02-30`")]
    [InlineData("contact-policy: {quiet-hours: {from: \"20:00\", to: \"08:00\", holidays: us}}", "6:70 contact-policy.quiet-hours.holidays: unknown holiday calendar `us`; known calendars: jp; for others give the dates, such as [2026-01-01, 2026-12-25]")]
    [InlineData("contact-policy: {quiet-hours: {from: \"20:00\", to: \"08:00\", holidays: {jp: true}}}", "6:70 contact-policy.quiet-hours.holidays: expected the name of a calendar, or a list of dates, found a map")]
    [InlineData("contact-policy: {exempt: [service], consent: {purposes: [a, a]}}", "6:27 contact-policy.exempt[0]: expected marketing or transactional, found `service`", "6:61 contact-policy.consent.purposes[1]: duplicate purpose `a`; first declared at line 6")]
    [InlineData("experiments:\n  - {id: e, by: account, share: 1, arm: none}", "7:33 experiments[0].share: 1 is out of range; expected a number from 0.001 to 0.999")]
    [InlineData("experiments:\n  - {id: e, by: account}", "7:5 experiments[0]: an experiment needs either `share` and `arm: none` (a hold-out) or `plays` and `arms` (treatments against one another)")]
    [InlineData(Signal + Plays + "}\nexperiments:\n  - {id: e, by: account, plays: [a], arms: {t: 0.4}}", "11:44 experiments[0].arms: the shares sum to 0.4; expected 1")]
    [InlineData(Signal + Plays + "}\n  - {id: b, for: contact, mandatory: true, valid-for: 1d, treatments: [{id: u, channel: web}]}\nexperiments:\n  - {id: e, by: account, plays: [a], arms: {t: 0.4, u: 0.6}}", "12:53 experiments[0].arms.u: treatment `u` belongs to none of the plays of experiment `e`; expected one of t")]
    [InlineData("experience: [{stage: start, role: boss, expects: x, delivered-by: sales}]", "6:35 experience[0].role: unknown role `boss`; no role is declared", "6:67 experience[0].delivered-by: unknown department `sales`; no department is declared")]
    public void A_mistake_is_told_with_its_place_what_was_found_and_what_was_expected(string added, params string[] expected)
    {
        Assert.Equal(expected, Samples.Findings(Samples.Small + added));
        Assert.Null(PlaybookReader.Read(Samples.Small + added, "p.yaml").Definition);
    }

    [Fact]
    public void What_a_playbook_cannot_do_without_is_asked_for() =>
        Assert.Equal(
            ["1:1 : the playbook needs `currency`", "1:1 : the playbook needs `playbook`", "1:1 : the playbook needs `stages`", "1:1 : the playbook needs `time-zone`"],
            Samples.Findings("title: x"));

    [Theory]
    [InlineData("currency: gbp", "2:11 currency: expected a currency code such as JPY, found `gbp`")]
    [InlineData("time-zone: Europe/Londn", "3:12 time-zone: expected a zone of the tz database such as Asia/Tokyo, found `Europe/Londn`; did you mean `Europe/London`?")]
    [InlineData("playbook: Small One", "1:11 playbook: `Small One` is no name; a name has letters a-z, digits, `-`, `_` and `.`, at most 100, and begins with a letter or digit")]
    [InlineData("  start: {kind: inventory, sla: {within: 1d, then: escalate}}", "5:28 stages.start.sla: only a stage of kind `sla` has an `sla`")]
    [InlineData("  start: {kind: sla}", "5:3 stages.start: a stage of kind `sla` needs `sla`, such as {within: 1d, then: escalate}")]
    [InlineData("  start: {kind: sla, sla: {within: 1d, then: explode}}", "5:46 stages.start.sla.then: expected escalate or reassign, found `explode`")]
    [InlineData("stages: {}", "4:9 stages: expected at least one stage, found none")]
    public void A_mistake_in_what_every_playbook_has_is_told(string line, string expected)
    {
        var key = line[..(line.IndexOf(':', StringComparison.Ordinal) + 1)];
        var lines = Samples.Small.Split('\n').Select(old => old.StartsWith(key, StringComparison.Ordinal) ? line : old);
        var text = string.Join('\n', line.StartsWith("stages: ", StringComparison.Ordinal) ? lines.Where(other => !other.StartsWith(' ')) : lines);
        Assert.Equal([expected], Samples.Findings(text));
    }

    [Fact]
    public void A_stage_that_cannot_be_reached_or_left_is_warned_of_and_the_playbook_is_still_read()
    {
        const string Text = Samples.Small + "  check: {kind: gate}\n  end: {kind: end-of-effort}\n  lost: {kind: inventory}\n"
            + "transitions:\n  - {id: a, from: start, to: check, when: x}\n  - {id: b, from: lost, to: end, when: x}\n";
        Assert.Equal(
            [
                "warning 6:3 stages.check: no transition leaves stage `check`",
                "warning 7:3 stages.end: stage `end` cannot be reached from `start`",
                "warning 8:3 stages.lost: stage `lost` cannot be reached from `start`",
            ],
            Samples.Findings(Text));
        Assert.NotNull(PlaybookReader.Read(Text, "p.yaml").Definition);
    }

    [Fact]
    public void A_transition_without_from_leaves_every_stage_but_its_own() =>
        Assert.Empty(Samples.Findings(Samples.Small + "  check: {kind: gate}\ntransitions:\n  - {id: a, to: check, when: x}\n  - {id: b, to: start, when: x}\n"));

    [Fact]
    public void All_mistakes_are_told_at_once_in_the_order_of_the_file() =>
        Assert.Equal(
            ["2:11 currency: expected a currency code such as JPY, found `pounds`", "6:8 plays: expected a list, found a map", "7:1 colour: unknown key"],
            Samples.Findings(Samples.Small.Replace("GBP", "pounds", StringComparison.Ordinal) + "plays: {}\ncolour: red").Select(found => found.Split(" `colour`")[0]));

    [Fact]
    public void More_than_a_thousand_mistakes_are_counted_not_listed()
    {
        var text = Samples.Small + string.Concat(Enumerable.Range(0, 3_000).Select(number => $"k{number}: 1\n"));
        var found = PlaybookReader.Read(text, "p.yaml").Diagnostics;
        Assert.Equal(1_001, found.Count);
        Assert.Equal("2000 more problems are not shown", found[^1].Message);
    }
}
