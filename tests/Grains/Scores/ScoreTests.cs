using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.Scores;

public sealed class ScoreTests
{
    private static readonly DateTimeOffset Start = Scene.Utc("2026-01-01T00:00:00Z");
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    [Theory]
    [InlineData(7, 5)]
    [InlineData(14, 2.5)]
    [InlineData(3, 7.429971)]
    public void J2_ten_points_decay_as_published(double days, double value) => Assert.Equal(value, Points(10).ValueAt(Start.AddDays(days)), 6);

    [Fact]
    public void J2_two_events_of_ten_a_half_life_apart_are_fifteen_in_either_order()
    {
        var straight = Points(10).Post(10, Start + Week, Week);
        var late = Points(10, 7).Post(10, Start, Week);
        Assert.Equal(15, straight.ValueAt(Start + Week), 12);
        Assert.Equal(15, late.ValueAt(Start + Week), 12);
    }

    [Fact]
    public void J2_merging_is_the_same_in_either_order_and_as_if_posted_to_one()
    {
        var one = Points(10).Post(3, Start.AddDays(2), Week);
        var other = Points(5, 4).Post(1, Start.AddDays(9), Week);
        var posted = Points(10).Post(3, Start.AddDays(2), Week).Post(5, Start.AddDays(4), Week).Post(1, Start.AddDays(9), Week);
        Assert.Equal(one.Merge(other).ValueAt(Start.AddDays(30)), other.Merge(one).ValueAt(Start.AddDays(30)), 12);
        Assert.Equal(posted.ValueAt(Start.AddDays(30)), one.Merge(other).ValueAt(Start.AddDays(30)), 12);
    }

    [Fact]
    public void J2_a_score_passes_a_threshold_at_one_exact_tick()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var halfLife = TimeSpan.FromTicks((long)Math.Pow(10, 7 + (random.NextDouble() * 8.5)));
            var sign = random.Next(2) * 2 - 1;
            var score = new Score("s", sign * Math.Pow(10, random.NextDouble() * 4), Start, halfLife, 0, 0);
            var now = Start + halfLife * (random.NextDouble() * 5);
            var threshold = score.ValueAt(now) * random.NextDouble();
            if (score.FallsTo(threshold, now) is not { } at)
            {
                Assert.Fail($"seed {seed}: {score} never comes to {threshold}");
                return;
            }

            var before = score.ValueAt(now).CompareTo(threshold);
            Assert.True(at > now, $"seed {seed}");
            Assert.True(score.ValueAt(at).CompareTo(threshold) != before, $"seed {seed}: nothing changes at {at:O}");
            Assert.True(at.AddTicks(-1) == now || score.ValueAt(at.AddTicks(-1)).CompareTo(threshold) == before, $"seed {seed}: it changed before {at:O}");
        }
    }

    [Fact]
    public void J2_from_equality_a_score_falls_on()
    {
        var score = Points(10);
        var at = score.FallsTo(10, Start);
        Assert.NotNull(at);
        Assert.True(score.ValueAt(at.Value) < 10 && score.ValueAt(at.Value.AddTicks(-1)) == 10);
    }

    [Fact]
    public void J2_a_score_comes_to_nothing_when_halved_often_enough()
    {
        var score = new Score("s", 10, Start, TimeSpan.FromMinutes(1), 0, 0);
        var at = score.FallsTo(0, Start)!.Value;
        Assert.Equal(0, score.ValueAt(at));
        Assert.True(score.ValueAt(at.AddTicks(-1)) > 0);
    }

    [Theory]
    [InlineData(10, 11)]
    [InlineData(10, -1)]
    [InlineData(-10, 1)]
    [InlineData(-10, -11)]
    [InlineData(0, 0)]
    public void A_threshold_on_the_other_side_is_never_reached(double points, double threshold) => Assert.Null(Points(points).FallsTo(threshold, Start));

    [Fact]
    public void A_score_without_half_life_does_not_move() =>
        Assert.Null(new Score("s", 10, Start, TimeSpan.Zero, 0, 0).FallsTo(5, Start));

    private static Score Points(double points, double day = 0) => new("s", points, Start.AddDays(day), Week, 0, points);
}
