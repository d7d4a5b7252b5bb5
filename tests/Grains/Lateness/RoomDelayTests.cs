using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Promises;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using Xunit;
using Room = Orchestrator.Grains.Lateness.Room;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Grains.Tests.Lateness;

/// <summary>Random histories over all rooms of an account, once as they happen and once as they come.</summary>
public sealed class RoomDelayTests
{
    [Fact]
    public void A2_whatever_the_delays_every_room_ends_as_if_there_had_been_none()
    {
        var rooms = new Dictionary<Room, int>();
        var (late, told, people) = (0L, 0, 0);
        for (var seed = 1; seed <= 100; seed++)
        {
            var inTime = new Chronicle(RoomPlaybook.Text);
            var delayed = new Chronicle(RoomPlaybook.Text);
            var history = RoomPlaybook.Make(inTime.Scene, new Random(seed), signals: 40, delays: true);
            foreach (var (signal, _) in history)
            {
                inTime.Scene.At(signal.Time.ToDateTimeOffset());
                inTime.Scene.Record(signal.Clone());
                Assert.IsType<Grains.Partitioning.Verdict.Accepted>(inTime.Scene.Verdict);
            }

            var end = Come(delayed, history).AddHours(30);
            inTime.Scene.At(end);
            Chronicle.Advance(delayed, end);
            AssertSame(inTime.Scene, delayed.Scene, $"seed {seed}");
            Assert.Null(inTime.State);
            late += delayed.State?.LateSignals ?? 0;
            foreach (var correction in delayed.State?.Corrections ?? [])
            {
                Assert.Equal("", correction.Undetermined);
                foreach (var room in correction.Rooms)
                {
                    rooms[room.Room] = rooms.GetValueOrDefault(room.Room) + 1;
                    Assert.NotEmpty(room.Changes);
                }
            }

            told += delayed.Scene.Account.Dealings?.Promises.Count(p => p.ToldBrokenAt is not null) ?? 0;
            people += delayed.State?.Corrections.Sum(c => c.Also.Count(a => a.Contains("journey", StringComparison.Ordinal) || a.Contains("company", StringComparison.Ordinal))) ?? 0;
        }

        // Otherwise it would not have shown anything.
        Assert.All(Enum.GetValues<Room>(), room => Assert.True(rooms.GetValueOrDefault(room) > 0, $"{room} was put right {rooms.GetValueOrDefault(room)} times"));
        Assert.True(late > 500 && told > 0 && people > 20, $"{late} late, {told} told broken, {people} people");
    }

    [Fact]
    public void A2_rooms_of_a_history_that_came_in_time_judged_anew_are_what_they_were()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var chronicle = new Chronicle(RoomPlaybook.Text);
            var start = chronicle.Scene.Now;
            foreach (var (signal, comes) in RoomPlaybook.Make(chronicle.Scene, new Random(seed), signals: 40, delays: false))
            {
                chronicle.Scene.At(comes);
                chronicle.Scene.Record(signal);
            }

            chronicle.Scene.After(TimeSpan.FromHours(seed % 9));
            foreach (var since in new[] { start, start.AddHours(3), start.AddHours(11) })
            {
                var found = chronicle.Find(since);
                Assert.Equal("", found.Undetermined);
                Assert.Empty(found.Rooms.Select(r => $"{since} {r.Room}: {string.Join("; ", r.Changes)}"));
                Assert.Empty(found.People);
                Assert.Empty(found.Changed);
                Assert.Empty(found.Stays);
                Assert.Empty(found.Outcomes);
                Assert.Null(found.Parent);
                Assert.Equal(chronicle.Scene.Account.OpenActions.Count(a => a.Request is not null), found.Asks.Count);
                Assert.All(chronicle.Scene.Account.OpenActions.Where(a => a.Request is not null), a => Assert.Contains(found.Asks, ask => ask.IsSame(a.Request!)));
            }
        }
    }

    /// <summary>As they come; whoever is refused sends again, until it is known what the signal is about.</summary>
    /// <returns>When the last came.</returns>
    internal static DateTimeOffset Come(Chronicle chronicle, List<(Signal Signal, DateTimeOffset Comes)> history)
    {
        var waiting = new PriorityQueue<Signal, (DateTimeOffset At, int Order)>();
        var order = 0;
        foreach (var (signal, comes) in history)
        {
            waiting.Enqueue(signal, (comes, order++));
        }

        var last = chronicle.Scene.Now;
        while (waiting.TryDequeue(out var signal, out var place))
        {
            last = place.At;
            Chronicle.Advance(chronicle, place.At);
            chronicle.Scene.Record(signal.Clone());
            if (chronicle.Scene.Verdict is Grains.Partitioning.Verdict.Rejected)
            {
                waiting.Enqueue(signal, (place.At.AddMinutes(10), order++));
            }

            chronicle.Correct();
        }

        return last;
    }

    internal static void AssertSame(Scene inTime, Scene delayed, string what, string of = Scene.Company)
    {
        var (would, account) = (inTime.AccountOf(of), delayed.AccountOf(of));
        var (names, known) = (NamesOf(would), NamesOf(account));
        Same(Named(Shown.Of(would), names), Named(Shown.Of(account), known), what);
        foreach (var person in would.Contacts.Keys.Concat(would.Standing?.Left.Keys ?? []))
        {
            // Whom another account met first has another id; the name tells who it is.
            var (one, other) = (inTime.ContactOf(of, person), delayed.ContactOf(of, known.First(k => k.Value == names[person]).Key));
            Same(Shown.Of(one), Shown.Of(other), $"{what}, {person}");
            Near(one.FindScore("engagement")?.ValueAt(inTime.Now) ?? 0, other.FindScore("engagement")?.ValueAt(inTime.Now) ?? 0, $"{what}, {person}: score");
        }

        Near(would.FindScore("engagement")?.ValueAt(inTime.Now) ?? 0, account.FindScore("engagement")?.ValueAt(inTime.Now) ?? 0, $"{what}: score");

        foreach (var tally in would.Tallies)
        {
            Assert.Equal(tally.Count, account.FindTally(tally.Name)!.Count);
        }

        // What was told stays on record beside what is; nothing else is.
        Assert.All(account.Dealings?.Promises ?? [], p => Assert.True(p.ToldBrokenAt is null || p.Standing != PromiseStanding.Broken));
        foreach (var run in would.Customer?.Milestones ?? [])
        {
            Assert.Subset(MilestoneRun.Find(account.Customer!.Milestones, run.Set)!.Alerted.ToHashSet(), run.Alerted.ToHashSet());
        }

        // Our own people are asked the same, or nobody would hear of it any more.
        Assert.All(account.OpenActions.Where(a => a.Request is not null), a => Assert.Contains(would.OpenActions, o => o.Request is { } r && new WouldAsk(r, "", "", "", default, default).IsSame(a.Request!)));
    }

    private static Dictionary<string, string> NamesOf(Account account) => account.Identifiers.GroupBy(i => i.Value).ToDictionary(g => g.Key, g => g.Min(i => i.Key)!);

    private static List<string> Named(List<string> lines, Dictionary<string, string> names) => [.. lines.Select(l => names.Aggregate(l, (line, n) => line.Replace(n.Key, n.Value, StringComparison.Ordinal)))];

    private static void Near(double would, double known, string what) => Assert.True(Math.Abs(would - known) < 1e-6 * Math.Max(1, Math.Abs(would)), $"{what}: {known} instead of {would}");

    private static void Same(List<string> would, List<string> known, string what)
    {
        var (missing, extra) = (would.Except(known).ToList(), known.Except(would).ToList());
        Assert.True(missing.Count + extra.Count == 0, $"{what}: would be\n  {string.Join("\n  ", missing.Take(12))}\nbut is\n  {string.Join("\n  ", extra.Take(12))}");
    }
}
