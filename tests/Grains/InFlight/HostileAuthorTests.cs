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
    private const int Accounts = 60;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void C3_C5_C14_nobody_is_stranded_doubled_or_flooded(int seed)
    {
        var random = new Random(seed);
        var texts = new List<string> { Text(random, "") };
        var scene = Scene.Given(texts[0]);
        for (var round = 0; round < 25; round++)
        {
            Live(scene, random);
            var before = scene.Journal.Count;
            texts.Add(random.Next(5) == 0 ? texts[random.Next(texts.Count)] : Text(random, Rule(random, scene.Playbook)));
            scene.Publish(texts[^1]);
            // Not everybody is visited before something else happens to them.
            Live(scene, random);
            foreach (var account in Names())
            {
                Visit(scene, account);
            }

            Check(scene, scene.Journal.Skip(before).ToList(), seed, round);
        }

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

    private static void Check(Scene scene, List<Fact> facts, int seed, int round)
    {
        foreach (var name in Names())
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
            var moved = facts.Where(f => f.Grain == account.Key).Select(f => f.Event).OfType<AccountEvent.StageEntered>().Count(e => e.Reason.Contains("is mapped to", StringComparison.Ordinal));
            Assert.True(moved <= 1, $"mapped {moved} times by one publish: {where}");
        }
    }

    private static void Live(Scene scene, Random random)
    {
        for (var i = 0; i < 40; i++)
        {
            var account = Names().ElementAt(random.Next(Accounts));
            scene.Record(scene.NewSignal(random.Next(3) == 0 ? "meeting.booked" : "page.viewed", "ann"), account);
            if (random.Next(4) == 0)
            {
                scene.After(TimeSpan.FromHours(random.Next(1, 60)));
            }
        }
    }

    private static void Visit(Scene scene, string account) => scene.Do(new AccountCommand.Adopt(GrainKey.Account(Scene.Tenant, account)));

    private static IEnumerable<string> Names() => Enumerable.Range(0, Accounts).Select(i => string.Create(CultureInfo.InvariantCulture, $"a-{i}"));

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
