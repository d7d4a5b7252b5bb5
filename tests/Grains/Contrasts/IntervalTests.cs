using Orchestrator.Grains.Contrasts;
using Xunit;

namespace Orchestrator.Grains.Tests.Contrasts;

/// <summary>Values that others printed; each case names who did.</summary>
public sealed class IntervalTests
{
    private static readonly double Z = Intervals.Quantile(0.95);

    /// <summary>Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.</summary>
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void K2_a_share_has_the_published_interval(long count, long of, double low, double high)
    {
        var share = Intervals.Share(count, of, Z);
        Assert.Equal(((double)count / of, low, high), (share.Value, Math.Round(share.Low, 4), Math.Round(share.High, 4)));
    }

    /// <summary>Newcombe 1998, Statistics in Medicine 17:873, table II, method 10.</summary>
    [Theory]
    [InlineData(56, 70, 48, 80, 0.0524, 0.3339)]
    [InlineData(9, 10, 3, 10, 0.1705, 0.8090)]
    [InlineData(6, 7, 2, 7, 0.0582, 0.8062)]
    [InlineData(5, 56, 0, 29, -0.0381, 0.1926)]
    [InlineData(0, 10, 0, 20, -0.1611, 0.2775)]
    [InlineData(0, 10, 0, 10, -0.2775, 0.2775)]
    [InlineData(10, 10, 0, 20, 0.6791, 1.0000)]
    [InlineData(10, 10, 0, 10, 0.6075, 1.0000)]
    public void K2_a_difference_of_shares_has_the_published_interval(long count, long of, long otherCount, long otherOf, double low, double high)
    {
        var difference = Intervals.Difference(count, of, otherCount, otherOf, Z);
        Assert.Equal((low, high), (Math.Round(difference.Low, 4), Math.Round(difference.High, 4)));
    }

    /// <summary>The Physicians' Health Study as in Agresti, An Introduction to Categorical Data Analysis, 2.2.2: 1.82, from 1.43 to 2.30.</summary>
    [Fact]
    public void K2_a_ratio_of_shares_has_the_published_interval()
    {
        var ratio = Intervals.Ratio(189, 11_034, 104, 11_037, Z);
        Assert.Equal((1.82, 1.43, 2.31), (Math.Round(ratio.Value, 2), Math.Round(ratio.Low, 2), Math.Round(ratio.High, 2)));
    }

    [Fact]
    public void K2_a_ratio_with_an_empty_cell_stays_finite()
    {
        foreach (var (a, m, c, n) in new[] { (0L, 10L, 0L, 10L), (10, 10, 0, 10), (0, 10, 5, 10), (10, 10, 10, 10) })
        {
            var ratio = Intervals.Ratio(a, m, c, n, Z);
            Assert.True(double.IsFinite(ratio.Low) && double.IsFinite(ratio.High) && ratio.Low <= ratio.Value && ratio.Value <= ratio.High);
        }
    }

    [Fact]
    public void K2_another_confidence_than_the_four_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => Intervals.Quantile(0.5));
}
