using Orchestrator.Load;
using Xunit;

namespace Orchestrator.Bench.Tests;

public sealed class ZipfSamplerTests
{
    [Theory]
    [InlineData(1_000, 1.0)]
    [InlineData(1_000, 0.5)]
    [InlineData(7, 2.0)]
    [InlineData(100, 0.0)]
    public void Ranks_come_as_often_as_their_power_of_the_rank_says(int count, double exponent)
    {
        const int Draws = 2_000_000;
        var sampler = new ZipfSampler(count, exponent);
        var seen = new long[count];
        for (var i = 0; i < Draws; i++)
        {
            seen[sampler.Rank(SeededDraw.Bits(42, i, use: 1))]++;
        }

        // Pearson's statistic over cells of at least five expected draws: mean = degrees of freedom, deviation = sqrt(2 x degrees); six of them is no chance.
        var sum = Enumerable.Range(1, count).Sum(rank => Math.Pow(rank, -exponent));
        var statistic = Enumerable.Range(0, count).Sum(r =>
        {
            var expected = Draws * Math.Pow(r + 1, -exponent) / sum;
            return (seen[r] - expected) * (seen[r] - expected) / expected;
        });
        var degrees = count - 1.0;
        Assert.InRange(statistic, degrees - (6 * Math.Sqrt(2 * degrees)), degrees + (6 * Math.Sqrt(2 * degrees)));
    }

    [Fact]
    public void The_same_bits_give_the_same_rank_in_every_sampler()
    {
        var (one, other) = (new ZipfSampler(20_000, 1), new ZipfSampler(20_000, 1));
        Assert.All(Enumerable.Range(0, 1_000), i => Assert.Equal(one.Rank(SeededDraw.Bits(7, i, 1)), other.Rank(SeededDraw.Bits(7, i, 1))));
    }

    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(10, -0.1)]
    public void Nothing_to_draw_from_and_negative_exponents_are_refused(int count, double exponent) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ZipfSampler(count, exponent));
}
