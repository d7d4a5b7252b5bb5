using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Scores;
using Orchestrator.Load;
using Signal = Orchestrator.V1.Signal;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Bench.Deciding;

/// <summary>One account with one person and a history of 200 signals, at a stage that has as many plays as asked: all in memory, nothing left but to decide.</summary>
public sealed class DecideScene
{
    static readonly DateTimeOffset Now = new(2026, 3, 4, 10, 0, 0, TimeSpan.Zero);

    readonly DecisionWorkspace workspace = new();
    readonly Contact[] people;
    readonly Account[] accounts;
    int decisions;

    /// <param name="plays">Candidates: every play of the playbook stands at the one stage.</param>
    /// <param name="condition">The only condition of every play, on every treatment none; null for the canonical mix.</param>
    public DecideScene(int plays, string? condition = null)
    {
        var text = CanonicalPlaybook.Text(plays, stages: 1);
        var compiled = PlaybookCompiler.Compile(condition is null ? text : With(text, condition), "canonical.yaml", version: 1);
        var playbook = compiled.Playbook ?? throw new InvalidOperationException(string.Join('\n', compiled.Diagnostics));
        var account = History(playbook);
        people = [Contact.Unknown(GrainKey.Contact("default", "acc-000001", "person-1")) with { Exists = true, OpenedAt = Now.AddDays(-30), Roles = ["end-user"] }];
        accounts = [account, account with { SignalCount = 201 }];
        workspace.Facts.Set(playbook, account, null, SignalAt(199), Now);
    }

    public int Plays => workspace.Facts.Playbook.Plays.Length;

    /// <summary>Decides once, as a turn does after it has begun.</summary>
    /// <param name="seed">Of the exploration draw.</param>
    public Choice Decide(ulong seed) => NextBestAction.Decide(Next(), people, channel: null, seed);

    /// <summary>Evaluates every condition and then rejects every candidate, for no treatment is on this channel.</summary>
    public Choice RejectAll() => NextBestAction.Decide(Next(), people, channel: "no-such-channel", seed: 1);

    /// <summary>Another account each time, as turns have: nothing that was worked out for the one before may help.</summary>
    DecisionWorkspace Next()
    {
        var facts = workspace.Facts;
        facts.Set(facts.Playbook, accounts[++decisions & 1], null, facts.Signal, Now);
        return workspace;
    }

    static string With(string text, string condition) => string.Join('\n', text.Split('\n').SelectMany<string, string>(line => line.TrimStart() switch
    {
        ['e', 'l', 'i', 'g', ..] or ['a', 'p', 'p', 'l', ..] or ['s', 'u', 'i', 't', ..] or ['r', 'o', 'l', 'e', 's', ':', ' ', ..] => [],
        var other when other.StartsWith("cost:", StringComparison.Ordinal) => [line, $"    eligible: \"{condition}\""],
        var other when other.StartsWith("- {id: t", StringComparison.Ordinal) && other.Contains("-b,", StringComparison.Ordinal) => [],
        _ => [line],
    }));

    static Account History(Playbook playbook)
    {
        var unknown = Account.Unknown(GrainKey.Account("default", "acc-000001"));
        var scores = ImmutableArray<Score>.Empty;
        var tallies = new SortedDictionary<string, Tally>(StringComparer.Ordinal);
        for (var n = 0; n < 200; n++)
        {
            var signal = SignalAt(n);
            var at = Now.AddHours(n - 200);
            foreach (var post in playbook.Signals[signal.Type].Tallies.Select(tally => tally.PostOf(signal, at, unknown)).OfType<TallyPost>())
            {
                tallies[post.Tally] = (tallies.GetValueOrDefault(post.Tally) ?? Tally.Empty(post.Tally)).Post(post);
            }

            foreach (var points in playbook.Signals[signal.Type].Points)
            {
                scores = scores.IsEmpty ? [new Score(points.Score, points.Add, at, points.HalfLife, 0, 0)] : [scores[0].Post(points.Add, at, points.HalfLife)];
            }
        }

        var facts = new Dictionary<string, Value>
        {
            ["employees"] = new() { Integer = 640 },
            ["industry"] = new() { Text = "software" },
            ["country"] = new() { Text = "GB" },
        };
        return unknown with
        {
            Exists = true,
            Stage = playbook.Start,
            StageSince = Now.AddDays(-10),
            Attributes = AttributeSet.None.Set(facts, Now.AddDays(-20)),
            Scores = scores,
            Tallies = [.. tallies.Values],
            SignalCount = 200,
            LastSignalAt = Now,
        };
    }

    static Signal SignalAt(int n) => (n % 5) switch
    {
        0 => Of("content.downloaded", ("asset", "roi-handbook"), ("topic", "roi"), ("pages", 12)),
        1 => Of("product.used", ("feature", n % 3 == 0 ? "admin" : "report"), ("screen", "main"), ("seats", 5)),
        _ => Of("page.viewed", ("url", "https://www.example.com/pricing"), ("topic", n % 2 == 0 ? "pricing" : "security"), ("seconds", 40)),
    };

    static Signal Of(string type, params (string Name, object Value)[] properties)
    {
        var signal = new Signal { Id = "s", Type = type };
        foreach (var (name, value) in properties)
        {
            signal.Properties[name] = value is int whole ? new Value { Integer = whole } : new Value { Text = (string)value };
        }

        return signal;
    }
}
