using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Accounts;

public sealed class RecordingTests
{
    private const string Scores = """
        scores:
          engagement: {half-life: 7d, points: {page.viewed: 10, meeting.booked: 30}}

        """;

    [Fact]
    public void A1_the_same_signal_sent_again_changes_nothing_and_gets_the_first_answer()
    {
        var scene = Scene.Given(Head + Scores + OneStage);
        var signal = scene.NewSignal("page.viewed", "ann", "topic", "price");
        var first = Assert.IsType<Answer.Recorded>(scene.Record(signal).Accepted.Answer);
        var before = scene.Account;
        var second = Assert.IsType<Answer.Recorded>(scene.AfterDays(6).Record(signal.Clone()).Accepted.Answer);
        Assert.Equal(new Answer.Recorded(first.Sequence, Duplicate: true), second);
        Assert.Empty(scene.Facts);
        Assert.Same(before, scene.Account);
    }

    [Fact]
    public void A1_the_same_id_with_other_content_is_refused()
    {
        var scene = Scene.Given(Head + OneStage);
        var signal = scene.NewSignal("page.viewed", "ann", "topic", "price");
        scene.Record(signal);
        var other = signal.Clone();
        other.Properties["topic"] = Scene.ValueOf("terms");
        Assert.Equal(new Rejection.DuplicateWithOtherContent(signal.Id), scene.Record(other).Rejection);
        var earlier = signal.Clone();
        earlier.Time.Nanos += 100;
        Assert.IsType<Rejection.DuplicateWithOtherContent>(scene.Record(earlier).Rejection);
    }

    [Fact]
    public void A1_an_id_is_known_for_1024_signals_of_the_account()
    {
        var scene = Scene.Given(Head + OneStage);
        var first = scene.NewSignal("page.viewed", "");
        scene.Record(first);
        for (var i = 0; i < 1023; i++)
        {
            scene.Signal("page.viewed");
        }

        Assert.Equal(1024, scene.Account.SignalCount);
        Assert.True(Assert.IsType<Answer.Recorded>(scene.Record(first).Accepted.Answer).Duplicate);
        for (var i = 0; i < 128; i++)
        {
            scene.Signal("page.viewed");
        }

        Assert.False(Assert.IsType<Answer.Recorded>(scene.Record(first).Accepted.Answer).Duplicate);
        Assert.InRange(scene.Account.Seen.Count, 1024, 1024 + 64);
    }

    [Fact]
    public void A1_an_id_is_known_for_less_than_7_days()
    {
        var scene = Scene.Given(Head + OneStage);
        var signal = scene.NewSignal("page.viewed", "");
        scene.Record(signal).After(TimeSpan.FromDays(7) - TimeSpan.FromTicks(1));
        Assert.True(Assert.IsType<Answer.Recorded>(scene.Record(signal).Accepted.Answer).Duplicate);
        scene.After(TimeSpan.FromTicks(1));
        Assert.False(Assert.IsType<Answer.Recorded>(scene.Record(signal).Accepted.Answer).Duplicate);
    }

    [Fact]
    public void A_signal_more_than_5_minutes_ahead_is_refused()
    {
        var scene = Scene.Given(Head + OneStage);
        var signal = scene.NewSignal("page.viewed", "");
        signal.Time = Timestamp.FromDateTimeOffset(scene.Now.AddMinutes(5).AddTicks(1));
        Assert.Equal(new Rejection.InTheFuture(scene.Now.AddMinutes(5).AddTicks(1), scene.Now), scene.Record(signal).Rejection);
        signal.Time = Timestamp.FromDateTimeOffset(scene.Now.AddMinutes(5));
        Assert.IsType<Answer.Recorded>(scene.Record(signal).Accepted.Answer);
    }

    [Fact]
    public void A5_an_unknown_type_is_refused_with_the_nearest_known_one() =>
        Assert.Equal(new Rejection.UnknownSignalType("page.vewed", "page.viewed"), Scene.Given(Head + OneStage).Signal("page.vewed").Rejection);

    [Fact]
    public void Without_a_playbook_nothing_is_taken() =>
        Assert.Equal(new Rejection.NoPlaybook(Scene.Tenant), new Scene().Signal("page.viewed").Rejection);

    [Fact]
    public void A_signal_without_a_time_happened_when_it_was_taken()
    {
        var scene = Scene.Given(Head + OneStage);
        var signal = scene.NewSignal("page.viewed", "ann");
        signal.Time = null;
        scene.Record(signal);
        Assert.Equal(scene.Now, scene.Account.LastSignalAt);
        Assert.Equal(scene.Now, scene.Person("ann").LastSignalAt);
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("1969-12-31T23:59:59.9999999Z")]
    public void A_signal_may_be_about_any_instant_of_the_past(string instant)
    {
        const string counted = """
            transitions: [{id: t, from: start, to: other, when: "signals.count('page.viewed', '365d') >= 9 || signals.days_since('page.viewed') < -3.0 || score.trend > 5.0 || quiet_for('45d')"}]
            """;
        var scene = Scene.Given(Head + "scores: {engagement: {half-life: 7d, cap-per-day: 5, points: {page.viewed: 10}}, trend: {window: 7d, versus: 21d, on: [page.viewed]}}\nstages: {start: {kind: inventory}, other: {kind: inventory}}\n" + counted);
        var old = scene.NewSignal("page.viewed", "ann");
        old.Time = Timestamp.FromDateTimeOffset(Scene.Utc(instant));
        Assert.IsType<Answer.Recorded>(scene.Record(old).Accepted.Answer);
        scene.Signal("page.viewed", "ann");
        Assert.Equal(3, scene.Account.FindScore("engagement")!.Value.ValueAt(scene.Now), 9);
    }

    [Fact]
    public void A14_an_attribute_keeps_the_value_of_the_latest_event_time_in_any_order()
    {
        var scene = Scene.Given(Head + OneStage);
        var first = scene.NewSignal("account.updated", "", "industry", "mining");
        var second = scene.AfterDays(1).NewSignal("account.updated", "", "industry", null!, "employees", 5);
        var third = scene.AfterDays(1).NewSignal("account.updated", "", "industry", "farming");
        scene.Record(third).Record(second).Record(first);
        Assert.Equal("farming", scene.Account.Attributes["industry"].Value.Text);
        Assert.Equal(5, scene.Account.Attributes["employees"].Value.Integer);
    }

    [Fact]
    public void A_value_that_was_removed_does_not_come_back_with_a_late_signal()
    {
        var scene = Scene.Given(Head + OneStage);
        var set = scene.NewSignal("contact.updated", "ann", "title", "Buyer");
        var removed = scene.AfterDays(1).NewSignal("contact.updated", "ann", "title", null!);
        scene.Record(removed).Record(set);
        Assert.Equal(Orchestrator.V1.Value.KindOneofCase.None, scene.Person("ann").Attributes["title"].Value.KindCase);
    }

    [Fact]
    public void An_attribute_that_is_not_known_makes_a_condition_false_either_way()
    {
        const string journey = """
            stages: {start: {kind: inventory}, large: {kind: inventory}, small: {kind: inventory}}
            transitions:
              - {id: l, from: start, to: large, when: "account.employees >= 100"}
              - {id: s, from: start, to: small, when: "account.employees < 100"}
            """;
        var scene = Scene.Given(Head + journey).Signal("page.viewed");
        Assert.Equal("start", scene.Account.Stage);
        Assert.Equal("small", scene.Signal("account.updated", "", "employees", 7).Account.Stage);
    }

    [Fact]
    public void J3_points_stop_at_the_cap_of_the_day_and_start_again_the_next()
    {
        var scene = Scene.Given(Head + "scores: {engagement: {half-life: 7d, cap-per-day: 25, points: {page.viewed: 10}}}\n" + OneStage);
        for (var i = 0; i < 5; i++)
        {
            scene.Signal("page.viewed", "ann");
        }

        Assert.Equal(25, scene.Person("ann").FindScore("engagement")!.Value.Sum, 9);
        scene.At("2026-03-03T00:00:00Z").Signal("page.viewed", "ann");
        Assert.Equal((25 * Math.Pow(2, -14.0 / 24 / 7)) + 10, scene.Person("ann").FindScore("engagement")!.Value.Sum, 9);
    }

    [Fact]
    public void J3_the_cap_of_a_day_also_holds_for_signals_that_come_days_late()
    {
        var scene = Scene.Given(Head + "scores: {engagement: {half-life: 7d, cap-per-day: 25, points: {page.viewed: 10}}}\n" + OneStage);
        var late = Enumerable.Range(0, 5).Select(_ => scene.NewSignal("page.viewed", "ann")).ToList();
        scene.AfterDays(3).Signal("page.viewed", "ann");
        late.ForEach(signal => scene.Record(signal));
        Assert.Equal((25 * Math.Pow(2, -3.0 / 7)) + 10, scene.Person("ann").FindScore("engagement")!.Value.ValueAt(scene.Now), 9);
    }

    [Fact]
    public void J3_the_cap_is_one_persons_not_the_accounts()
    {
        var scene = Scene.Given(Head + "scores: {engagement: {half-life: 7d, cap-per-day: 15, points: {page.viewed: 10}}}\n" + OneStage);
        scene.Signal("role.assigned", "ann", "role", "buyer").Signal("role.assigned", "bob", "role", "user");
        foreach (var person in new[] { "ann", "bob", "ann", "bob" })
        {
            scene.Signal("page.viewed", person);
        }

        Assert.Equal(15 + 6, scene.Account.FindScore("engagement")!.Value.Sum, 9);
    }

    [Fact]
    public void B4_an_account_counts_its_peoples_points_by_the_weight_of_their_role()
    {
        var scene = Scene.Given(Head + Scores + OneStage)
            .Signal("role.assigned", "ann", "role", "buyer")
            .Signal("role.assigned", "bob", "role", "user")
            .Signal("page.viewed", "ann")
            .Signal("page.viewed", "bob")
            .Signal("page.viewed", "cyd");
        Assert.Equal(10 + 4 + 6, scene.Account.FindScore("engagement")!.Value.ValueAt(scene.Now), 9);
        Assert.Equal(10, scene.Person("bob").FindScore("engagement")!.Value.ValueAt(scene.Now), 9);
    }

    [Fact]
    public void A2_late_signals_in_any_order_give_the_same_scores_and_tallies()
    {
        const string counting = "stages: {start: {kind: inventory}, other: {kind: inventory}}\ntransitions: [{id: t, from: start, to: other, when: \"signals.count('page.viewed', '30d') > 99 || signals.sum('purchase.made', 'amount', '60d') > 1e9\"}]\n";
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var order = Enumerable.Range(0, 25).ToArray();
            var straight = Play(order);
            random.Shuffle(order);
            var shuffled = Play(order);
            var (a, b) = (straight.Account, shuffled.Account);
            Assert.Equal(a.FindScore("engagement")!.Value.ValueAt(straight.Now), b.FindScore("engagement")!.Value.ValueAt(straight.Now), 9);
            Assert.Equal(a.LastSignalAt, b.LastSignalAt);
            Assert.Equal(a.Tallies.Select(t => (t.Name, t.Count, t.Sum, t.Last)), b.Tallies.Select(t => (t.Name, t.Count, t.Sum, t.Last)));
            foreach (var (one, other) in a.Tallies.Zip(b.Tallies))
            {
                Assert.All(Enumerable.Range(0, 60), d => Assert.Equal(one.CountIn(TimeSpan.FromDays(30), straight.Now.AddDays(d)), other.CountIn(TimeSpan.FromDays(30), straight.Now.AddDays(d))));
                Assert.All(Enumerable.Range(0, 60), d => Assert.Equal(one.SumIn(TimeSpan.FromDays(30), straight.Now.AddDays(d)), other.SumIn(TimeSpan.FromDays(30), straight.Now.AddDays(d))));
            }
        }

        static Scene Play(int[] order)
        {
            var scene = Scene.Given(Head + Scores + counting);
            var start = scene.Now;
            scene.AfterDays(50);
            foreach (var i in order)
            {
                var signal = scene.NewSignal(i % 3 == 0 ? "purchase.made" : "page.viewed", "ann");
                signal.Id = $"n{i}";
                signal.Time = Timestamp.FromDateTimeOffset(start.AddDays(i * 2).AddMinutes(i));
                if (i % 3 == 0)
                {
                    signal.Properties.Add("amount", Scene.ValueOf(new Money { MinorUnits = 100 * (i + 1), Currency = "GBP" }));
                }

                scene.Record(signal);
            }

            return scene;
        }
    }

    [Fact]
    public void A4_a_role_that_the_playbook_gives_by_title_follows_the_title()
    {
        var head = Head.Replace("buyer: {required: 1,", "buyer: {assign: \"contact.title.contains('Head')\", required: 1,", StringComparison.Ordinal);
        var scene = Scene.Given(head + OneStage).Signal("contact.updated", "ann", "title", "Head of buying");
        Assert.Equal(["buyer"], scene.Person("ann").Roles);
        Assert.Equal(["buyer"], scene.Account.Contacts[scene.Person("ann").Key.Id].Roles);
        Assert.Empty(scene.Signal("contact.updated", "ann", "title", "Driver").Person("ann").Roles);
    }
}
