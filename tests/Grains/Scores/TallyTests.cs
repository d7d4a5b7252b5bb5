using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Scores;

public sealed class TallyTests
{
    private static readonly DateTimeOffset Start = Scene.Utc("2026-01-01T00:00:00Z");
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);

    [Fact]
    public void D2_an_occurrence_leaves_its_window_at_one_exact_tick()
    {
        var tally = Of(0, 5, 9);
        Assert.Equal(3, tally.CountIn(Month, Start.AddDays(30).AddTicks(-1)));
        Assert.Equal(2, tally.CountIn(Month, Start.AddDays(30)));
        Assert.Equal(Start.AddDays(30), tally.NextChange(Month, Start.AddDays(9)));
        Assert.Equal(Start.AddDays(35), tally.NextChange(Month, Start.AddDays(30)));
        Assert.Null(tally.NextChange(Month, Start.AddDays(39)));
    }

    [Fact]
    public void An_occurrence_ahead_of_the_clock_enters_its_window_when_it_happens()
    {
        var tally = Of(0).Post(new TallyPost("t", Start.AddMinutes(5), 1, Month));
        Assert.Equal(1, tally.CountIn(Month, Start));
        Assert.Equal(Start.AddMinutes(5), tally.NextChange(Month, Start));
        Assert.Equal(2, tally.CountIn(Month, Start.AddMinutes(5)));
    }

    [Fact]
    public void An_occurrence_ahead_of_the_clock_pushes_nothing_out_before_its_time()
    {
        var tally = Of(0).Post(new TallyPost("t", Start.AddDays(30).AddMinutes(4), 1, Month));
        Assert.Equal(1, tally.CountIn(Month, Start.AddDays(30).AddTicks(-1)));
    }

    [Fact]
    public void Beyond_the_bound_totals_stay_right()
    {
        var tally = Tally.Empty("t");
        for (var i = 0; i < 3_000; i++)
        {
            tally = tally.Post(new TallyPost("t", Start.AddMinutes(i), 2, Month));
        }

        Assert.Equal((3_000, 6_000.0), (tally.Count, tally.Sum));
        Assert.InRange(tally.Recent.All.Count(), Occurrences.Most, Occurrences.Most + 64);
        Assert.Equal((3_000, 6_000.0), (tally.CountIn(Month, Start.AddDays(3)), tally.SumIn(Month, Start.AddDays(3))));
        Assert.Equal(1_000, tally.CountIn(TimeSpan.FromMinutes(1_000), Start.AddMinutes(2_999)));
    }

    [Fact]
    public void Merging_counts_everything_once_in_either_order()
    {
        var (one, other) = (Of(0, 4, 8), Of(3, 5));
        Assert.Equal(one.Merge(other).Recent.All, other.Merge(one).Recent.All);
        Assert.Equal(5, one.Merge(other).Count);
        Assert.Equal([0, 3, 4, 5, 8], one.Merge(other).Recent.All.Select(o => (o.At - Start).TotalDays));
    }

    [Fact]
    public void D2_conditions_count_filter_and_add_up()
    {
        const string journey = """
            stages: {start: {kind: inventory}, end: {kind: inventory}}
            transitions:
              - {id: t, from: start, to: end, when: "signals.count('purchase.made') == 3 && signals.count('purchase.made', {'kind': 'book'}) == 2 && signals.count('purchase.made', {'kind': 'book'}, '10d') == 1 && signals.sum('purchase.made', 'amount') == 600.0 && signals.sum('purchase.made', 'amount', '10d') == 500.0 && signals.days_since('purchase.made') == 1.0"}
            """;
        var scene = Scene.Given(Head + journey);
        Buy(100, "book").AfterDays(12);
        Buy(200, "book");
        Buy(300, "pen");
        Assert.Equal("start", scene.Account.Stage);
        Assert.Equal("end", scene.AfterDays(1).Account.Stage);

        Scene Buy(long pence, string kind) => scene.Signal("purchase.made", "ann", "amount", new Money { MinorUnits = pence, Currency = "GBP" }, "kind", kind);
    }

    [Fact]
    public void J5_momentum_compares_a_window_with_the_one_before_by_topic()
    {
        const string intent = "scores: {intent: {window: 7d, versus: 21d, on: [page.viewed], by: topic}}\n";
        var scene = Scene.Given(Head + intent + OneStage);
        Assert.Equal(0, Momentum.Of(scene.Account, "intent", TimeSpan.FromDays(7), TimeSpan.FromDays(21), scene.Now));
        foreach (var topic in new[] { "price", "price", "price", "terms" })
        {
            scene.Signal("page.viewed", "ann", "topic", topic);
        }

        scene.AfterDays(8);
        for (var i = 0; i < 4; i++)
        {
            scene.Signal("page.viewed", "ann", "topic", "price");
        }

        // 4 in 7 days against 3 in the 21 before: 4/7 by 3/21.
        Assert.Equal(4, Momentum.Of(scene.Account, "intent", TimeSpan.FromDays(7), TimeSpan.FromDays(21), scene.Now), 12);
        Assert.Equal(scene.Now.AddDays(7), Momentum.NextChange(scene.Account, "intent", TimeSpan.FromDays(7), TimeSpan.FromDays(21), scene.Now));
    }

    [Fact]
    public void J1_fit_is_graded_apart_from_engagement()
    {
        const string fit = """
            scores:
              fit: {points: [{when: "account.employees >= 200", add: 40}, {when: "account.industry in ['mining', 'farming']", add: 30}], grades: {A: 70, B: 40, C: 20}}
            stages: {start: {kind: inventory}, a: {kind: inventory}, b: {kind: inventory}}
            transitions: [{id: a, from: [start, b], to: a, when: "score.fit == 'A'"}, {id: b, from: start, to: b, when: "score.fit == 'B' && score.fit_points == 40.0"}]
            """;
        var scene = Scene.Given(Head + fit).Signal("account.updated", "", "industry", "mining");
        Assert.Equal("start", scene.Account.Stage);
        scene = Scene.Given(Head + fit).Signal("account.updated", "", "employees", 200);
        Assert.Equal("b", scene.Account.Stage);
        Assert.Equal("a", scene.Signal("account.updated", "", "industry", "mining").Account.Stage);
    }

    private static Tally Of(params int[] days) => days.Aggregate(Tally.Empty("t"), (tally, day) => tally.Post(new TallyPost("t", Start.AddDays(day), 1, Month)));
}
