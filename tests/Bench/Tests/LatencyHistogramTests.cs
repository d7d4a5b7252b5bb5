using Orchestrator.Load;
using Xunit;

namespace Orchestrator.Bench.Tests;

public sealed class LatencyHistogramTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Percentiles_are_within_one_per_cent_of_the_exact_ones(ulong seed)
    {
        var histogram = new LatencyHistogram();
        var exact = new long[50_000];
        for (var i = 0; i < exact.Length; i++)
        {
            // From nanoseconds to minutes: even in the logarithm.
            exact[i] = (long)Math.Pow(2, SeededDraw.Below(SeededDraw.Bits(seed, i, 1), 36_000) / 1_000.0);
            histogram.Record(exact[i]);
        }

        Array.Sort(exact);
        foreach (var share in new[] { 0.0001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1 })
        {
            var expected = exact[Math.Max(0, (int)Math.Ceiling(share * exact.Length) - 1)];
            Assert.InRange(histogram.Percentile(share), (expected * 0.99) - 1, (expected * 1.01) + 1);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(1_000_000_007)]
    [InlineData(long.MaxValue)]
    public void Every_value_has_a_bucket_that_holds_it(long value)
    {
        var histogram = new LatencyHistogram();
        histogram.Record(value);
        histogram.Record(value);
        Assert.InRange(histogram.Percentile(0.5), value - (value / 100), value);
        Assert.Equal(value, histogram.MaxNanoseconds);
    }

    [Fact]
    public void Histograms_add_up_to_what_one_would_have_recorded()
    {
        var (one, other, both) = (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
        for (var i = 0; i < 10_000; i++)
        {
            (i % 3 == 0 ? one : other).Record(i * i);
            both.Record(i * i);
        }

        one.Add(other);
        Assert.Equal(both.Count, one.Count);
        Assert.All(new[] { 0.01, 0.5, 0.99, 1 }, share => Assert.Equal(both.Percentile(share), one.Percentile(share)));
    }

    [Fact]
    public void An_empty_histogram_answers_zero() => Assert.Equal(0, new LatencyHistogram().Percentile(0.99));
}
