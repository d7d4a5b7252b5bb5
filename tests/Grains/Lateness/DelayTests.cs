using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Lateness;

/// <summary>Random histories, once as they happen and once as they come.</summary>
public sealed class DelayTests
{
    private const string Text = Head + """
        lateness: {tolerance: 1s, correct-after: 10s, reach: 90d}
        scores:
          engagement: {half-life: 7d, cap-per-day: 25, points: {page.viewed: 4, email.clicked: 9, meeting.booked: 15}}
        stages: {start: {kind: inventory}, warm: {kind: inventory}, meeting: {kind: inventory}, buying: {kind: inventory}, quiet: {kind: inventory}}
        transitions:
          - {id: t-warm, from: start, to: warm, when: "signals.count('page.viewed', '2h') >= 2"}
          - {id: t-meet, from: start, to: meeting, when: "signal.type == 'meeting.booked'"}
          - {id: t-meet2, from: warm, to: meeting, when: "signal.type == 'meeting.booked' && score.engagement >= 12.0"}
          - {id: t-buy, from: meeting, to: buying, when: "signal.type == 'purchase.made' && has_role('buyer')"}
          - {id: t-quiet, from: meeting, to: quiet, when: "quiet_for('5h')"}
          - {id: t-back, from: quiet, to: start, when: "signal.type == 'email.clicked'"}
          - {id: t-over, from: buying, to: start, at: "stage_since + duration('3h')"}
        channels: {email: {kind: push}}
        contact-policy: {caps: [{per: contact, at-most: 2, rolling: 1d}], consent: {purposes: [marketing], double-opt-in: [email]}}
        plays:
          - {id: mail, for: contact, on: [page.viewed, email.clicked], goal: meeting.booked, horizon: 7d, cool-down: 10m, value: 100, valid-for: 30m, treatments: [{id: mail-a, channel: email}]}

        """;

    private static readonly string[] Types =
        ["page.viewed", "page.viewed", "page.viewed", "email.clicked", "meeting.booked", "purchase.made", "role.assigned", "role.vacated", "consent.given", "consent.confirmed", "consent.withdrawn", "contact.updated"];

    [Fact]
    public void A2_whatever_the_delays_stage_roles_consent_scores_and_attributes_end_as_if_there_had_been_none()
    {
        var (late, moved, changed) = (0L, 0, 0L);
        for (var seed = 1; seed <= 120; seed++)
        {
            var random = new Random(seed);
            var inTime = new Chronicle(Text);
            var delayed = new Chronicle(Text);
            List<(Signal Signal, DateTimeOffset Comes)> history = [.. Make(inTime.Scene, random, delays: true)];
            foreach (var (signal, _) in history.OrderBy(h => h.Signal.Time.ToDateTimeOffset()))
            {
                inTime.Scene.At(signal.Time.ToDateTimeOffset());
                inTime.Scene.Record(signal.Clone());
            }

            foreach (var (signal, comes) in history.OrderBy(h => h.Comes))
            {
                Chronicle.Advance(delayed, comes);
                delayed.Scene.Record(signal.Clone());
                delayed.Correct();
            }

            var end = history.Max(h => h.Comes).AddHours(9);
            inTime.Scene.At(end);
            Chronicle.Advance(delayed, end);
            AssertSame(inTime.Scene, delayed.Scene, seed);
            Assert.Null(inTime.State);
            late += delayed.State?.LateSignals ?? 0;
            changed += delayed.State?.ChangedDecisions ?? 0;
            moved += delayed.State?.Corrections.Count(c => c.StageBefore != c.StageAfter) ?? 0;
            Assert.All(delayed.State?.Corrections ?? [], c => Assert.Empty(c.Undetermined));
        }

        // Otherwise it would not have shown anything.
        Assert.True(late > 500 && moved > 20 && changed > 50, $"{late} late, {moved} moved, {changed} changed");
    }

    [Fact]
    public void A2_a_history_that_came_in_time_judged_anew_is_what_it_was()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            var chronicle = new Chronicle(Text);
            var start = chronicle.Scene.Now;
            foreach (var (signal, comes) in Make(chronicle.Scene, new Random(seed), delays: false))
            {
                chronicle.Scene.At(comes);
                chronicle.Scene.Record(signal);
                if (chronicle.Scene.Account.OpenActions.Length > 0 && seed % 2 == 0)
                {
                    chronicle.Scene.Done();
                }
            }

            Assert.Null(chronicle.State);
            Assert.Empty(LateSignals.Of(chronicle.Frames, Delays.Default with { Tolerance = TimeSpan.FromSeconds(1) }));
            foreach (var since in new[] { start, start.AddHours(3) })
            {
                var found = chronicle.Find(since);
                Assert.Equal(("", chronicle.Scene.Account.Stage, chronicle.Scene.Account.StageSince), (found.Undetermined, found.Stage, found.StageSince));
                Assert.Empty(found.Changed);
                Assert.Empty(found.People);
                Assert.Empty(found.Scores);
            }
        }
    }

    private static IEnumerable<(Signal Signal, DateTimeOffset Comes)> Make(Scene scene, Random random, bool delays)
    {
        var at = scene.Now;
        for (var i = 0; i < 24; i++)
        {
            at = at.AddMinutes(random.Next(1, 50));
            var type = Types[random.Next(Types.Length)];
            object[] properties = type switch
            {
                "role.assigned" or "role.vacated" => ["role", random.Next(3) == 0 ? "user" : "buyer"],
                "consent.given" or "consent.withdrawn" or "consent.confirmed" => ["purpose", "marketing", "channel", ""],
                "contact.updated" => ["title", $"title {random.Next(4)}"],
                "purchase.made" => ["amount", new Money { Currency = "GBP", MinorUnits = 100 }],
                _ => [],
            };
            var signal = scene.NewSignal(type, random.Next(2) == 0 ? "ann" : "bob", properties);
            signal.Time = Timestamp.FromDateTimeOffset(at);
            yield return (signal, delays && random.Next(3) == 0 ? at.AddMinutes(random.Next(1, 400)) : at);
        }
    }

    private static void AssertSame(Scene inTime, Scene delayed, int seed)
    {
        var (would, account) = (inTime.Account, delayed.Account);
        Assert.True(would.Stage == account.Stage && would.StageSince == account.StageSince && would.StageBy == account.StageBy,
            $"seed {seed}: `{would.Stage}` since {would.StageSince:u} by `{would.StageBy}`, not `{account.Stage}` since {account.StageSince:u} by `{account.StageBy}`");
        AssertClose(would.FindScore("engagement")?.ValueAt(inTime.Now) ?? 0, account.FindScore("engagement")?.ValueAt(inTime.Now) ?? 0, $"seed {seed}: score");
        Assert.Equal(would.SignalCount, account.SignalCount);
        foreach (var tally in would.Tallies)
        {
            Assert.Equal(tally.Count, account.FindTally(tally.Name)!.Count);
            // Beyond the longest window what is kept differs with the moment at which it was looked at.
            Assert.Equal(tally.CountIn(TimeSpan.FromHours(2), would.LastSignalAt), account.FindTally(tally.Name)!.CountIn(TimeSpan.FromHours(2), would.LastSignalAt));
        }

        foreach (var name in would.Identifiers.Keys)
        {
            var (one, other) = (inTime.Person(name), delayed.Person(name));
            Assert.True(one.Roles.SequenceEqual(other.Roles), $"seed {seed}: roles of {name}: {string.Join(", ", one.Roles)}, not {string.Join(", ", other.Roles)}");
            Assert.True(ConsentGiven.Allows(one.Consents, "marketing", "email", confirmed: true) == ConsentGiven.Allows(other.Consents, "marketing", "email", confirmed: true), $"seed {seed}: consent of {name}");
            AssertClose(one.FindScore("engagement")?.ValueAt(inTime.Now) ?? 0, other.FindScore("engagement")?.ValueAt(inTime.Now) ?? 0, $"seed {seed}: score of {name}");
            Assert.Equal(one.Attributes.TryGetValue("title", out var title) ? title.Value : null, other.Attributes.TryGetValue("title", out var known) ? known.Value : null);
        }
    }

    private static void AssertClose(double one, double other, string what) => Assert.True(Math.Abs(one - other) < 1e-6 * Math.Max(1, Math.Abs(one)), $"{what}: {one}, not {other}");
}
