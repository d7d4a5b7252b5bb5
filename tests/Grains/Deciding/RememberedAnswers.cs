using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Scores;
using Xunit;
using Signal = Orchestrator.V1.Signal;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Tests.Deciding;

public sealed class RememberedAnswers
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    private static readonly string[] Texts =
    [
        "account.industry == 'retail'",
        "account.employees > 100",
        "contact.title == 'CTO'",
        "account.employees > 100 && contact.title == 'CTO'",
        "has_role('buyer')",
        "score.fit == 'A'",
        "score.fit_points >= 30.0 || contact.title == 'CFO'",
        "score.engagement > 3.0",
        "contact.score.engagement > 3.0",
        "signals.count('page.viewed', '2d') >= 2",
        "signals.count('page.viewed') >= 3",
        "signal.type == 'page.viewed'",
        "stage == 'start'",
        "stage_days >= 1.0",
    ];

    // The last segment and the class lean on other conditions, some of them about the person.
    private static readonly string Text = SmallPlaybooks.Head
        + "scores:\n"
        + "  engagement: {half-life: 1d, points: {page.viewed: 2}}\n"
        + "  fit:\n    points: [{when: \"account.industry == 'retail'\", add: 20}, {when: \"contact.title == 'CTO'\", add: 30}]\n    grades: {A: 50, B: 20}\n"
        + "segments:\n" + string.Concat(Texts.Select((t, i) => $"  s{i}: {{when: \"{t}\"}}\n"))
        + "classification:\n  liked: {when: \"segment == 's2' || score.fit == 'A'\"}\n  other: {when: \"segment == 's0'\"}\n"
        + "stages: {start: {kind: inventory}, next: {kind: inventory}}\n";

    [Fact]
    public void Facts_that_were_asked_before_answer_as_fresh_ones_do_whatever_was_replaced()
    {
        var random = new Random(7);
        var playbooks = new[] { Compile(1), Compile(2) };
        var accounts = Enumerable.Range(0, 6).Select(_ => AnAccount(random)).ToArray();
        var contacts = Enumerable.Range(0, 6).Select(_ => AContact(random)).Append(null).ToArray();
        var signals = new Signal?[] { null, new() { Type = "page.viewed" }, new() { Type = "email.clicked" } };
        var kept = new Facts();
        kept.Set(playbooks[0], accounts[0], contacts[0], signals[0], Start);
        var truths = 0;
        for (var step = 0; step < 4_000; step++)
        {
            switch (random.Next(5))
            {
                case 0: kept.Account = accounts[random.Next(accounts.Length)]; break;
                case 1: kept.Contact = contacts[random.Next(contacts.Length)]; break;
                case 2: kept.Signal = signals[random.Next(signals.Length)]; break;
                case 3: kept.Now = Start.AddHours(random.Next(100)); break;
                default: kept.Playbook = playbooks[random.Next(playbooks.Length)]; break;
            }

            var fresh = new Facts();
            fresh.Set(kept.Playbook, kept.Account, kept.Contact, kept.Signal, kept.Now);

            // Not all are asked each time, so that answers of different ages lie side by side.
            foreach (var named in kept.Playbook.Segments.Where(_ => random.Next(3) > 0))
            {
                var expected = named.When.Holds(fresh);
                Assert.True(expected == named.When.Holds(kept), $"step {step} of seed 7: `{named.When.Text}` is {expected}");
                truths += expected ? 1 : 0;
            }

            Assert.Equal(kept.Playbook.ClassOf(fresh), kept.Playbook.ClassOf(kept));
            Assert.Equal(kept.Playbook.SegmentOf(fresh), kept.Playbook.SegmentOf(kept));
        }

        Assert.InRange(truths, 4_000, 30_000);
    }

    [Fact]
    public void Plays_that_ask_the_same_share_one_condition_and_so_one_answer()
    {
        var text = SmallPlaybooks.Head + SmallPlaybooks.OneStage
            + "plays:\n" + string.Concat(Enumerable.Range(0, 2).Select(i => $"  - {{id: p{i}, for: contact, goal: email.clicked, horizon: 7d, value: 100, valid-for: 30m, eligible: \"account.employees > 1\", treatments: [{{id: t{i}, channel: email}}]}}\n"));
        var playbook = PlaybookCompiler.Compile(text, "small.yaml", version: 1).Playbook;
        Assert.NotNull(playbook);
        Assert.NotNull(playbook.Plays[0].Eligible);
        Assert.Same(playbook.Plays[0].Eligible, playbook.Plays[1].Eligible);
    }

    private static Playbook Compile(int version)
    {
        var result = PlaybookCompiler.Compile(Text, "small.yaml", version);
        return result.Playbook ?? throw new InvalidOperationException(string.Join('\n', result.Diagnostics));
    }

    private static Account AnAccount(Random random)
    {
        var unknown = Account.Unknown(GrainKey.Account("acme", "a-1"));
        var tally = Tally.Empty("page.viewed");
        var values = new Dictionary<string, Value>();
        if (random.Next(3) > 0)
        {
            values["industry"] = new Value { Text = random.Next(2) == 0 ? "retail" : "health" };
            values["employees"] = new Value { Integer = random.Next(200) };
        }

        for (var i = random.Next(6); i > 0; i--)
        {
            tally = tally.Post(new TallyPost("page.viewed", Start.AddHours(-12 * i), 0, TimeSpan.FromDays(30)));
        }

        return unknown with
        {
            Exists = true,
            Stage = random.Next(2) == 0 ? "start" : "next",
            StageSince = Start.AddHours(-random.Next(40)),
            Attributes = AttributeSet.None.Set(values, Start),
            Scores = [new Score("engagement", random.Next(12), Start, TimeSpan.FromDays(1), 0, 0)],
            Tallies = [tally],
        };
    }

    private static Contact AContact(Random random)
    {
        var unknown = Contact.Unknown(GrainKey.Contact("acme", "a-1", "p-1"));
        var values = new Dictionary<string, Value> { ["title"] = new() { Text = random.Next(3) switch { 0 => "CTO", 1 => "CFO", _ => "CEO" } } };
        return unknown with
        {
            Exists = true,
            Roles = random.Next(2) == 0 ? ["buyer"] : [],
            Attributes = random.Next(4) == 0 ? AttributeSet.None : AttributeSet.None.Set(values, Start),
            Scores = [new Score("engagement", random.Next(12), Start, TimeSpan.FromDays(1), 0, 0)],
        };
    }
}
