using Orchestrator.Grains.CustomerValue;
using Xunit;

namespace Orchestrator.Grains.Tests.CustomerValue;

/// <summary>Values that others printed; each case names who did.</summary>
public sealed class SpendModelTests
{
    /// <summary>Fader and Hardie's note 025, and CLVTools: 946 customers with a repeat purchase.</summary>
    [Fact]
    public void J8_the_published_customers_have_the_published_likelihood_of_spend()
    {
        var repeat = Cdnow.Customers.Where(c => c.X > 0).ToList();
        Assert.Equal(946, repeat.Count);
        Assert.Equal(-4055.9177, repeat.Sum(c => SpendModel.LogLikelihood(Cdnow.Spend, c.X, c.Mean)), 0.02);
    }

    /// <summary>The tests of lifetimes; the parameters here have three digits, so the third digit is what can agree.</summary>
    [Fact]
    public void J8_the_first_published_customers_spend_as_published()
    {
        double[] expected = [24.658619, 18.911489, 35.170981, 35.170981, 35.170981, 71.462843, 18.911489, 35.170981, 27.282408, 35.170981];
        Assert.All(expected.Zip(Cdnow.Customers), pair => Assert.Equal(pair.First, SpendModel.Expected(Cdnow.Spend, pair.Second.X, pair.Second.Mean), pair.First * 5e-3));
        Assert.Equal(35.25296, Cdnow.Customers.Average(c => SpendModel.Expected(Cdnow.Spend, c.X, c.Mean)), 0.2);
    }

    /// <summary>
    /// The tests of lifetimes: twelve steps, each worth 1 % less. Its steps are of 30 units whatever the unit, and the parameters are weekly: 30 weeks a step.
    /// </summary>
    [Fact]
    public void J8_the_first_published_customers_are_worth_as_published()
    {
        double[] expected = [140.096, 18.943, 38.181, 38.181, 38.181, 1003.868, 28.110, 38.181, 167.418, 38.181];
        var steps = Enumerable.Range(1, 12).Select(k => (k * 30.0, 1 / Math.Pow(1.01, k))).ToArray();
        Assert.All(expected.Zip(Cdnow.Customers), pair =>
        {
            var (x, lastAt, age, mean) = pair.Second;
            Assert.Equal(pair.First, LifetimeValue.Of(Cdnow.Buying, x, lastAt, age, SpendModel.Expected(Cdnow.Spend, x, mean), steps), pair.First * 1e-2);
        });
    }

    [Theory]
    [InlineData(6, 0.5, 0, 0, double.PositiveInfinity)]
    [InlineData(0.1, 0.5, 1, 7, 7)]
    [InlineData(500, 3, 1, 7, 7)]
    public void J8_where_the_model_has_no_mean_the_customers_own_is_taken(double p, double q, double x, double mean, double expected) =>
        Assert.Equal(expected, SpendModel.Expected(new SpendParameters(p, q, 15), x, mean));

    [Fact]
    public void J8_a_history_of_purchases_is_the_same_in_any_order_of_arrival()
    {
        var day = new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
        (DateTimeOffset At, double Amount)[] bought = [(day, 100), (day.AddHours(9), 50), (day.AddDays(10), 70), (day.AddDays(10).AddHours(1), 30), (day.AddDays(40), 200)];
        var random = new Random(7);
        for (var round = 0; round < 50; round++)
        {
            random.Shuffle(bought);
            var history = bought.Skip(1).Aggregate(PurchaseHistory.First(bought[0].At, bought[0].Amount), (h, b) => h.Add(b.At, b.Amount));
            Assert.Equal((day, 150.0, day.AddDays(40), 5L, 450.0, 3L), (history.FirstAt, history.FirstAmount, history.LastAt, history.Count, history.Total, history.Periods));
            Assert.Equal((2L, 150.0), (history.Repeats, history.MeanSpend));
            var half = bought[..3].Skip(1).Aggregate(PurchaseHistory.First(bought[0].At, bought[0].Amount), (h, b) => h.Add(b.At, b.Amount));
            var rest = bought[4..].Aggregate(PurchaseHistory.First(bought[3].At, bought[3].Amount), (h, b) => h.Add(b.At, b.Amount));
            Assert.Equal((history.Periods, history.Total, history.FirstAt), (half.Merge(rest).Periods, half.Merge(rest).Total, rest.Merge(half).FirstAt));
            Assert.Equal(history.FirstAmount, rest.Merge(half).FirstAmount);
        }
    }
}
