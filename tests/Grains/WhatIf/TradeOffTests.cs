using Orchestrator.Grains.WhatIf;
using Xunit;

namespace Orchestrator.Grains.Tests.WhatIf;

public sealed class TradeOffTests
{
    [Fact]
    public void N4_points_that_another_one_dominates_are_not_on_the_curve()
    {
        bool[] best = TradeOff.Best([[10, -5], [12, -5], [12, -9], [20, -9], [20, -9], [1, -1]]);
        Assert.Equal([false, true, false, true, true, true], best);
    }

    [Fact]
    public void N4_every_point_left_out_is_dominated_by_one_that_is_kept_and_none_kept_is_dominated()
    {
        var random = new Random(4);
        for (var round = 0; round < 200; round++)
        {
            double[][] points = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => (double[])[random.Next(5), random.Next(5), random.Next(5)])];
            var best = TradeOff.Best(points);
            Assert.Contains(true, best);
            for (var i = 0; i < points.Length; i++)
            {
                bool DominatedBy(int j) => points[j].Zip(points[i]).All(p => p.First >= p.Second) && points[j].Zip(points[i]).Any(p => p.First > p.Second);
                Assert.Equal(best[i], !Enumerable.Range(0, points.Length).Where(j => best[j]).Any(DominatedBy));
            }
        }
    }
}
