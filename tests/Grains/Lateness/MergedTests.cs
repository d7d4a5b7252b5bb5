using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using Xunit;

namespace Orchestrator.Grains.Tests.Lateness;

/// <summary>Late signals around merges of accounts.</summary>
public sealed class MergedTests
{
    private const string Old = "old";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void A2_a_late_signal_of_an_account_merged_meanwhile_counts_as_if_it_had_come_before_the_merge()
    {
        var (inTime, late) = (new Chronicle(RoomPlaybook.Text), new Chronicle(RoomPlaybook.Text));
        var met = Two(inTime, met: true);
        Two(late, met: false);
        Assert.Equal("lead", late.Scene.AccountOf(Old).Stage);
        foreach (var chronicle in new[] { inTime, late })
        {
            // Who had never moved stands where the other stood.
            chronicle.Scene.After(Hour).Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, Old), Scene.Company));
            chronicle.Scene.After(Hour);
        }

        Assert.Equal(("opportunity", "nurture"), (inTime.Scene.Account.Stage, late.Scene.Account.Stage));
        var signal = late.Scene.NewSignal("meeting.held", "bob", "note", "met");
        (signal.Account, signal.Time) = (Old, Timestamp.FromDateTimeOffset(met));
        late.Scene.Record(signal, Old);
        late.Scene.After(TimeSpan.FromMinutes(1));
        late.Correct();
        inTime.Scene.After(TimeSpan.FromMinutes(1));
        Assert.Equal("", late.Correction.Undetermined);
        Assert.Equal(("opportunity", met), (late.Scene.Account.Stage, late.Scene.Account.StageSince));
        RoomDelayTests.AssertSame(inTime.Scene, late.Scene, "merged");
    }

    [Fact]
    public void A2_whatever_comes_late_before_and_after_a_merge_the_one_account_ends_as_if_it_had_come_in_time()
    {
        var put = 0;
        for (var seed = 1; seed <= 60; seed++)
        {
            var (inTime, delayed) = (new Chronicle(RoomPlaybook.Text), new Chronicle(RoomPlaybook.Text));
            var random = new Random(seed);
            var start = inTime.Scene.Now;
            var history = Both(inTime.Scene, random);
            var merges = history[history.Count * (1 + random.Next(3)) / 4].Signal.Time.ToDateTimeOffset().AddSeconds(30);
            Play(inTime, history.Select(h => (h.Signal, h.Account, h.Signal.Time.ToDateTimeOffset())), merges);
            Play(delayed, history.Select(h => (h.Signal, h.Account, h.Comes)), merges);
            var end = history.Max(h => h.Comes).AddHours(30);
            inTime.Scene.At(end);
            Chronicle.Advance(delayed, end);
            RoomDelayTests.AssertSame(inTime.Scene, delayed.Scene, $"seed {seed}");
            Assert.All(delayed.State?.Corrections ?? [], c => Assert.Equal("", c.Undetermined));
            put += delayed.State?.Corrections.Count(c => c.Rooms.Length > 0 && c.Since < merges && c.At > merges) ?? 0;
        }

        Assert.True(put > 20, $"{put} corrections reached back before a merge and changed rooms");
    }

    [Fact]
    public void A2_a_correction_of_a_merged_account_leaves_each_side_as_it_would_be_once_the_merge_is_undone()
    {
        var put = 0;
        for (var seed = 1; seed <= 40; seed++)
        {
            var (merged, never) = (new Chronicle(RoomPlaybook.Text), new Chronicle(RoomPlaybook.Text));
            var random = new Random(seed);
            var history = Both(merged.Scene, random);
            var merges = history[history.Count * (1 + random.Next(2)) / 4].Signal.Time.ToDateTimeOffset().AddSeconds(30);
            Play(merged, history.Select(h => (h.Signal, h.Account, h.Comes)), merges);
            Play(never, history.Select(h => (h.Signal, h.Account, h.Comes)), null);
            var end = history.Max(h => h.Comes).AddHours(2);
            Chronicle.Advance(merged, end);
            Chronicle.Advance(never, end);
            put += merged.State?.Corrections.Count(c => c.At > merges && (c.Rooms.Length > 0 || c.StageBefore != c.StageAfter)) ?? 0;
            merged.Scene.Unmerge(Old);
            merged.Correct();
            foreach (var chronicle in new[] { merged, never })
            {
                Chronicle.Advance(chronicle, end.AddMinutes(1));
            }

            foreach (var account in new[] { Scene.Company, Old })
            {
                RoomDelayTests.AssertSame(never.Scene, merged.Scene, $"seed {seed}, {account}", account);
            }
        }

        Assert.True(put > 20, $"{put} corrections changed something while the two were one");
    }

    /// <summary>Two accounts, each with a deal and a person.</summary>
    /// <returns>When somebody of the other was met, whether that is known or not.</returns>
    private static DateTimeOffset Two(Chronicle chronicle, bool met)
    {
        var scene = chronicle.Scene.Signal("demo.seen", "ann").Signal("opportunity.updated", "", "opportunity", "o-1", "budget", "theirs");
        Record(scene, "demo.seen", "bob");
        Record(scene, "opportunity.updated", "", "opportunity", "o-2", "next-step", "call", "next-step-at", scene.Now.AddHours(5));
        var at = scene.After(Hour).Now;
        if (met)
        {
            Record(scene, "meeting.held", "bob", "note", "met");
        }

        return at;
    }

    private static void Record(Scene scene, string type, string person, params object[] properties) => scene.Record(scene.NewSignal(type, person, properties), Old);

    /// <summary>A history of two accounts: each has its own people, deals, promises, tickets.</summary>
    private static List<(Signal Signal, string Account, DateTimeOffset Comes)> Both(Scene scene, Random random)
    {
        var ours = RoomPlaybook.Make(scene, random, signals: 22, delays: true).Select(h => (h.Signal, Scene.Company, h.Comes));
        var theirs = RoomPlaybook.Make(scene, random, signals: 16, delays: true).Select(h => (Theirs(h.Signal), Old, h.Comes));
        return [.. ours.Concat(theirs).OrderBy(h => h.Item1.Time.ToDateTimeOffset())];
    }

    private static Signal Theirs(Signal signal)
    {
        signal.Id = $"their-{signal.Id}";
        // A few seconds later, so that no two happen at one instant.
        signal.Time = Timestamp.FromDateTimeOffset(signal.Time.ToDateTimeOffset().AddSeconds(7));
        foreach (var name in signal.Identifiers)
        {
            name.Value = $"their-{name.Value}";
        }

        foreach (var property in new[] { "opportunity", "promise", "ticket", "incident" })
        {
            if (signal.Properties.TryGetValue(property, out var value) && value.Text.Length > 0)
            {
                value.Text = $"their-{value.Text}";
            }
        }

        if (signal.Properties.TryGetValue("feedback", out var feedback))
        {
            feedback.Text = $"their-{feedback.Text}";
        }

        return signal;
    }

    private static void Play(Chronicle chronicle, IEnumerable<(Signal Signal, string Account, DateTimeOffset At)> history, DateTimeOffset? merges)
    {
        var scene = chronicle.Scene;
        var waiting = new PriorityQueue<(Signal? Signal, string Account), (DateTimeOffset At, int Order)>();
        foreach (var (signal, account, at) in history)
        {
            waiting.Enqueue((signal.Clone(), account), (at < signal.Time.ToDateTimeOffset() ? signal.Time.ToDateTimeOffset() : at, waiting.Count));
        }

        if (merges is { } when)
        {
            waiting.Enqueue((null, Old), (when, waiting.Count));
        }

        var order = waiting.Count;
        while (waiting.TryDequeue(out var next, out var place))
        {
            Chronicle.Advance(chronicle, place.At);
            if (next.Signal is null)
            {
                scene.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, Old), Scene.Company));
                continue;
            }

            next.Signal.Account = next.Account;
            scene.Record(next.Signal.Clone(), next.Account);
            if (scene.Verdict is Verdict.Rejected)
            {
                waiting.Enqueue(next, (place.At.AddMinutes(10), order++));
            }

            chronicle.Correct();
        }
    }
}
