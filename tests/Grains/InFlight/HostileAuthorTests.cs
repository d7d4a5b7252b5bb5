using System.Diagnostics;
using System.Globalization;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.InFlight;

/// <summary>An author who publishes, renames, deletes, pins, pauses and rolls back all day while accounts are under way.</summary>
public sealed class HostileAuthorTests
{
    private const int Few = 60;

    /// <summary>How many accounts are in flight on the large day; <c>ORCHESTRATOR_HOSTILE_ACCOUNTS</c> sets another number.</summary>
    private static int Many => int.TryParse(Environment.GetEnvironmentVariable("ORCHESTRATOR_HOSTILE_ACCOUNTS"), NumberStyles.None, CultureInfo.InvariantCulture, out var accounts) && accounts > 0 ? accounts : 10_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void C3_C5_C14_nobody_is_stranded_doubled_or_flooded(int seed)
    {
        var (scene, _) = Day(seed, Few, rounds: 25, signals: 40);
        if (seed != 1)
        {
            return;
        }

        // The day was hostile indeed.
        var moves = scene.Journal.Select(f => f.Event).OfType<AccountEvent.StageEntered>().Where(e => e.Transition == "in-flight").ToList();
        Assert.Contains(moves, e => e.Reason.Contains("is mapped to", StringComparison.Ordinal));
        Assert.Contains(moves, e => e.Reason.Contains("is gone in version", StringComparison.Ordinal));
        Assert.Contains(scene.Journal, f => f.Event is AccountEvent.OfFlight { Event: Grains.InFlight.FlightEvent.Pinned });
    }

    [Fact]
    public void C3_C5_C14_nobody_of_thousands_in_flight_is_stranded_doubled_or_flooded()
    {
        var accounts = Many;
        var timer = Stopwatch.StartNew();
        var (scene, fewest) = Day(seed: 11, accounts, rounds: 8, signals: accounts);
        var entered = scene.Journal.Select(f => f.Event).OfType<AccountEvent.StageEntered>().ToList();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{accounts} accounts, 8 publishes, at least {fewest} in flight at each: {scene.Journal.Count} facts, {entered.Count} stages entered, {entered.Count(e => e.Transition == "in-flight")} of them by a publish, {scene.Wakes.Count} wakes, {timer.Elapsed.TotalSeconds:0.0} s"));
        Assert.Equal(accounts, Names(accounts).Count(a => scene.AccountOf(a).Exists));
        Assert.True(fewest > accounts / 2, $"only {fewest} of {accounts} were in flight at some publish");
        Assert.Contains(entered, e => e.Transition == "in-flight");
        Assert.True(scene.Wakes.Count > accounts, $"only {scene.Wakes.Count} wakes");
    }

    private static (Scene Scene, int FewestInFlight) Day(int seed, int accounts, int rounds, int signals)
    {
        var random = new Random(seed);
        var texts = new List<string> { Text(random, "") };
        var scene = Scene.Given(texts[0]);
        var fewest = accounts;
        if (accounts > Few)
        {
            foreach (var account in Names(accounts))
            {
                scene.Record(scene.NewSignal("page.viewed", "ann"), account);
            }
        }

        for (var round = 0; round < rounds; round++)
        {
            Live(scene, random, accounts, signals);
            var before = scene.Journal.Count;
            fewest = Math.Min(fewest, Names(accounts).Count(a => scene.AccountOf(a) is { Exists: true, Stage: not "over" }));
            texts.Add(random.Next(5) == 0 ? texts[random.Next(texts.Count)] : Text(random, Rule(random, scene.Playbook)));
            scene.Publish(texts[^1]);
            // Not everybody is visited before something else happens to them.
            Live(scene, random, accounts, signals);
            foreach (var account in Names(accounts))
            {
                Visit(scene, account);
            }

            Check(scene, scene.Journal.Skip(before).ToLookup(f => f.Grain, f => f.Event), seed, round, accounts);
        }

        return (scene, fewest);
    }

    private static void Check(Scene scene, ILookup<GrainKey, GrainEvent> facts, int seed, int round, int accounts)
    {
        foreach (var name in Names(accounts))
        {
            var account = scene.AccountOf(name);
            if (!account.Exists)
            {
                continue;
            }

            var playbook = scene.Library.PlaybookOf(account)!;
            var where = $"seed {seed}, round {round}, account {name} at {account.Stage}, version {playbook.Version}";
            Assert.True(playbook.Stages.ContainsKey(account.Stage), $"stranded: {where}");

            // Met once by each publish: a second visit changes nothing.
            Visit(scene, name);
            Assert.True(scene.Facts.Count == 0, $"visited twice: {where}: {string.Join(", ", scene.Facts.Select(f => f.Event))}");
            Assert.True(account.OpenActions.Select(a => (a.Play, a.Contact)).Distinct().Count() == account.OpenActions.Length, $"doubled: {where}");
            Assert.True(account.OpenActions.Length <= 2, $"flooded: {where}: {account.OpenActions.Length} open actions");
            Assert.All(account.OpenActions, a => Assert.True(a.ValidUntil > scene.Now, $"overdue: {where}"));
            var moved = facts[account.Key].OfType<AccountEvent.StageEntered>().Count(e => e.Reason.Contains("is mapped to", StringComparison.Ordinal));
            Assert.True(moved <= 1, $"mapped {moved} times by one publish: {where}");
        }
    }

    private static void Live(Scene scene, Random random, int accounts, int signals)
    {
        for (var i = 0; i < signals; i++)
        {
            var account = NameOf(random.Next(accounts));
            scene.Record(scene.NewSignal(random.Next(accounts > Few ? 60 : 3) == 0 ? "meeting.booked" : "page.viewed", "ann"), account);
            if (random.Next(signals / 10) == 0)
            {
                scene.After(TimeSpan.FromHours(random.Next(1, accounts > Few ? 4 : 60)));
            }
        }
    }

    private static void Visit(Scene scene, string account) => scene.Do(new AccountCommand.Adopt(GrainKey.Account(Scene.Tenant, account)));

    private static IEnumerable<string> Names(int accounts) => Enumerable.Range(0, accounts).Select(NameOf);

    private static string NameOf(int account) => string.Create(CultureInfo.InvariantCulture, $"a-{account}");

    private static string Rule(Random random, Playbook before)
    {
        var stages = before.Definition.Stages.Select(s => s.Id).Where(s => s != "over").ToList();
        return random.Next(6) switch
        {
            0 => "in-flight: {default: pin}\n",
            1 => "in-flight: {default: follow}\n",
            2 or 3 => $"in-flight: {{map: {{{stages[random.Next(stages.Count)]}: over}}}}\n",
            4 => $"paused: {(string[])["hold", "skip", "exit"] switch { var ways => ways[random.Next(3)] }}\n",
            _ => "",
        };
    }

    /// <summary>Some of eight stages in a row, each left by signals or by time, and a way out from all of them.</summary>
    private static string Text(Random random, string rule)
    {
        var stages = Enumerable.Range(0, 8).Where(_ => random.Next(4) > 0).DefaultIfEmpty(0).ToList();
        var transitions = stages.Zip(stages.Skip(1), (from, to) => $"  - {{id: t{from}-{to}, from: s{from}, to: s{to}, when: \"signals.any(['meeting.booked']) || stage_days >= {random.Next(2, 30)}.0\"}}\n");
        return SmallPlaybooks.Head
            + $"stages: {{{string.Join(", ", stages.Select(s => $"s{s}: {{kind: inventory}}"))}, over: {{kind: end-of-effort}}}}\n"
            + "transitions:\n" + string.Concat(transitions)
            + $"  - {{id: out, from: s{stages[^1]}, to: over, when: \"quiet_for('{random.Next(5, 60)}d')\"}}\n"
            + "plays:\n"
            + string.Concat(stages.Where(_ => random.Next(2) == 0).Select(s => $"  - {{id: call-{s}, for: owner, department: sales, stages: [s{s}], goal: purchase.made, horizon: 7d, cool-down: 1s, value: 1000, valid-for: {random.Next(1, 9)}d, treatments: [{{id: call-{s}-a, channel: task}}]}}\n"))
            + "  - {id: notice, for: contact, mandatory: true, on: incident.declared, valid-for: 6h, treatments: [{id: notice-web, channel: web}]}\n"
            + rule;
    }
}
