using Orchestrator.Grains.CustomerValue;
using Xunit;

namespace Orchestrator.Grains.Tests.CustomerValue;

/// <summary>Estimates that others printed; each case names who did.</summary>
public sealed class ValueFitTests
{
    private static IReadOnlyList<BuyingHistory> Published => [.. Cdnow.Customers.Select(c => new BuyingHistory(c.X, c.LastAt, c.Age, c.Mean))];

    /// <summary>Fader, Hardie, Lee 2005 (.243, 4.414, .793, 2.426; -9582.4); CLVTools prints seven digits, of the event log; here is the summary of two decimals, so three digits can agree.</summary>
    [Fact]
    public void J8_buying_fitted_to_the_published_customers_gives_the_published_estimates()
    {
        var (p, likelihood, found) = ValueFit.Buying(Published);
        Assert.True(found);
        Assert.Equal(0.2425945, p.R, 0.2425945 * 1e-3);
        Assert.Equal(4.4136019, p.Alpha, 4.4136019 * 1e-3);
        Assert.Equal(0.7929199, p.A, 0.7929199 * 1e-3);
        Assert.Equal(2.4258881, p.B, 2.4258881 * 1e-3);
        Assert.Equal(-9582.4256, likelihood, 1e-3);
        Assert.True(likelihood >= Published.Sum(h => BuyingModel.LogLikelihood(Cdnow.Buying, h.X, h.LastAt, h.Age)));
    }

    /// <summary>Fader and Hardie's note 025, and CLVTools: 6.25, 3.74, 15.44; -4055.9177.</summary>
    [Fact]
    public void J8_spend_fitted_to_the_published_customers_gives_the_published_estimates()
    {
        var (s, likelihood, found) = ValueFit.Spend(Published);
        Assert.True(found);
        Assert.Equal(6.25, s.P, 0.01);
        Assert.Equal(3.74, s.Q, 0.01);
        Assert.Equal(15.44, s.V, 0.03);
        Assert.Equal(-4055.9177, likelihood, 0.02);
    }

    [Theory]
    [InlineData(7, 100)]
    [InlineData(1.0 / 30, 0.01)]
    public void J8_another_unit_of_time_or_money_gives_the_same_customers(double time, double money)
    {
        List<BuyingHistory> scaled = [.. Published.Select(h => new BuyingHistory(h.X, h.LastAt * time, h.Age * time, h.Mean * money))];
        var (buying, other) = (ValueFit.Buying(Published).Parameters, ValueFit.Buying(scaled).Parameters);
        Assert.Equal(buying.R, other.R, buying.R * 1e-4);
        Assert.Equal(buying.Alpha * time, other.Alpha, buying.Alpha * time * 1e-4);
        var (spend, scaledSpend) = (ValueFit.Spend(Published).Parameters, ValueFit.Spend(scaled).Parameters);
        Assert.Equal(spend.V * money, scaledSpend.V, spend.V * money * 1e-3);
        Assert.Equal(spend.P, scaledSpend.P, spend.P * 1e-3);
    }

    [Fact]
    public void J8_customers_who_tell_nothing_of_a_parameter_are_said_to_tell_nothing()
    {
        // All alike: nothing says how customers differ.
        var same = Enumerable.Repeat(new BuyingHistory(5, 10, 10, 20), 50);
        Assert.False(ValueFit.Buying(same).IsFound);
        Assert.False(ValueFit.Spend(same).IsFound);
        Assert.False(ValueFit.Spend([new BuyingHistory(0, 0, 10, 20)]).IsFound);
    }
}
