using System.Collections;
using System.Globalization;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Decisions;
using Orchestrator.Grains.WhatIf;
using Xunit;

namespace Orchestrator.Grains.Tests.WhatIf;

/// <summary>A what-if that replays once what is the same under both playbooks reports what two full replays report.</summary>
public sealed class SharingTests
{
    [Fact]
    public void N1_what_is_the_same_under_both_playbooks_is_replayed_once_and_the_report_is_that_of_two_full_replays()
    {
        var (shared, turns, changed, compared) = (0L, 0L, 0, 0);
        for (var seed = 1; seed <= 16; seed++)
        {
            var random = new Random(seed);
            var text = RandomPlaybooks.Text(seed);
            var frames = History(text, random);
            var baseline = PlaybookCompiler.Compile(text, "p.yaml", version: 1 + (seed % 3)).Playbook!;
            for (var d = 0; d < 10; d++)
            {
                var draft = PlaybookCompiler.Compile(Drafts.Of(text, random), "p.yaml", 2).Playbook;
                if (draft is null)
                {
                    // Two changes may contradict each other.
                    continue;
                }

                compared++;
                var full = Run(frames, draft, baseline, null);
                var likeness = Likeness.Of(draft, baseline);
                var quick = Run(frames, draft, baseline, likeness);
                Assert.True(Written(full.Result) == Written(quick.Result), $"seed {seed}, draft {d}:\n{Written(full.Result)}\n{Written(quick.Result)}");
                changed += full.Result.IsEmpty ? 0 : 1;
                shared += quick.Shared;
                turns += likeness is null ? 0 : quick.Result.Turns;
            }
        }

        Assert.True(compared > 100, $"{compared} drafts");
        Assert.True(changed > 40, $"{changed} drafts changed something");
        Assert.True(shared > turns / 4, $"{shared} of {turns} turns shared");
    }

    [Fact]
    public void N1_an_unchanged_playbook_is_replayed_once_and_differs_in_nothing()
    {
        var (shared, signals) = (0L, 0L);
        for (var seed = 1; seed <= 10; seed++)
        {
            var text = RandomPlaybooks.Text(seed);
            var frames = History(text, new Random(seed));
            // Where a line stands in the file is of no matter.
            var (baseline, draft) = (PlaybookCompiler.Compile(text, "p.yaml", 1).Playbook!, PlaybookCompiler.Compile("# a remark\n\n" + text, "q.yaml", 2).Playbook!);
            var likeness = Likeness.Of(draft, baseline);
            Assert.NotNull(likeness);
            var replay = Run(frames, draft, baseline, likeness);
            Assert.True(replay.Result.IsEmpty);
            Assert.Equal(Written(Run(frames, draft, baseline, null).Result), Written(replay.Result));
            (shared, signals) = (shared + replay.Shared, signals + replay.Result.Signals);
        }

        // Accounts part where people bring along a history of their own.
        Assert.True(shared > signals, $"{shared} turns shared, {signals} signals");
    }

    [Fact]
    public void N1_the_models_playbook_is_alike_to_itself_and_to_one_with_another_threshold_in_a_play()
    {
        var text = Orchestrator.Grains.Tests.Playbooks.Samples.Model;
        var one = PlaybookCompiler.Compile(text, "a.yaml", 1).Playbook!;
        Assert.NotNull(Likeness.Of(PlaybookCompiler.Compile(text, "b.yaml", 2).Playbook!, one));
        Assert.Null(Likeness.Of(PlaybookCompiler.Compile(text.Replace("half-life: 14d", "half-life: 15d", StringComparison.Ordinal), "b.yaml", 2).Playbook!, one));
    }

    private static List<RecordedFrame> History(string text, Random random)
    {
        var scene = Scene.Given(text);
        for (var step = 0; step < 80; step++)
        {
            scene.After(TimeSpan.FromTicks((long)(random.NextDouble() * random.NextDouble() * 12 * TimeSpan.TicksPerHour)));
            RandomWorldTests.Step(scene, random);
        }

        return [.. scene.Recorded()];
    }

    private static Replay Run(List<RecordedFrame> frames, Playbook draft, Playbook baseline, Likeness? likeness)
    {
        var replay = new Replay(Scene.Tenant, 0, new ReplayWorld(Scene.Tenant, draft) { LendsFacts = true }, new ReplayWorld(Scene.Tenant, baseline) { LendsFacts = true }, static _ => null, examples: 1_000, likeness);
        foreach (var frame in frames)
        {
            replay.Take(frame);
        }

        replay.End();
        return replay;
    }

    /// <summary>All of a report.</summary>
    private static string Written(object report) => string.Join('\n', report.GetType().GetProperties().OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => $"{p.Name}: {Value(p.GetValue(report))}"));

    private static string Value(object? value) => value switch
    {
        SideCounts counts => $"[{Written(counts)}]",
        CriterionCounts criteria => Value(criteria.Counts),
        IDictionary dictionary => string.Join(", ", dictionary.Keys.Cast<object>().Select(k => $"{k}={dictionary[k]}").Order(StringComparer.Ordinal)),
        IEnumerable list and not string => string.Join(" | ", list.Cast<object>()),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };
}
