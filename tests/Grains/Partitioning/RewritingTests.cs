using System.Reflection;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.Partitioning;

/// <summary>What a turn made is written into the states that were there; see <see cref="Rewriting"/>. That each turn's states are what its facts fold to is checked by every scene.</summary>
public sealed class RewritingTests
{
    private const string Playbook = SmallPlaybooks.Head + """
        scores:
          engagement: {half-life: 7d, cap-per-day: 40, points: {page.viewed: 10, purchase.made: 30}}
          intent: {window: 7d, versus: 21d, on: [page.viewed], by: topic}
        stages: {start: {kind: inventory}, later: {kind: inventory}}
        transitions:
          - {id: on, from: start, to: later, when: "score.engagement >= 60.0"}
          - {id: back, from: later, to: start, when: "quiet_for('2d')"}

        """ + SmallPlaybooks.OneMail;

    [Fact]
    public void Few_turns_leave_other_objects_behind_than_they_found_and_states_stay_what_facts_fold_to()
    {
        var scene = Scene.Given(Playbook);
        var random = new Random(1);
        for (var i = 0; i < 300; i++)
        {
            if (random.Next(20) == 0)
            {
                scene.AfterDays(random.Next(3));
            }

            scene.Signal(random.Next(3) switch { 0 => "purchase.made", 1 => "email.clicked", _ => "page.viewed" }, $"person-{random.Next(5)}");
        }

        // Each scene compares what is held with the fold, after each turn; here it is made sure that there was something to compare.
        Assert.InRange(scene.Rewritten, 500, int.MaxValue);
    }

    [Fact]
    public void All_that_can_be_written_to_in_a_state_is_taken_over()
    {
        Assert.Equal(
            ["contacts", "ended", "history", "identifiers", "lastSignalAt", "openActions", "rests", "scores", "seen", "signalCount", "slots", "tallies"],
            Writable(typeof(Account)));
        Assert.Equal(["lastSignalAt", "rests", "scores", "signalCount", "slots"], Writable(typeof(Contact)));
        Assert.Equal(["wake"], Writable(typeof(GrainState)));
        Assert.Equal(["count", "keepFor", "last", "name", "recent", "sum"], Writable(typeof(Tally)));
        Assert.Equal(["<Count>k__BackingField", "log", "start"], Writable(typeof(SeenSignals)));
    }

    private static IEnumerable<string> Writable(Type type) =>
        type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly).Where(f => !f.IsInitOnly).Select(f => f.Name).Order(StringComparer.Ordinal);
}
