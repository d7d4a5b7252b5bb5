using Orchestrator.Grains.CustomerValue;
using Xunit;

namespace Orchestrator.Grains.Tests.CustomerValue;

/// <summary>Values that others printed; each case names who did. Tolerances are the printed digits.</summary>
public sealed class BuyingModelTests
{
    private static readonly BuyingParameters ThreeDigits = new(0.243, 4.414, 0.793, 2.426);

    /// <summary>Fader, Hardie, Lee 2005 print -9582.4; the same in BTYD's vignette and CLVTools' tests; for the two-decimal summary used here -9582.4256.</summary>
    [Fact]
    public void J8_the_published_customers_have_the_published_likelihood() =>
        Assert.Equal(-9582.4256, Cdnow.Customers.Sum(c => BuyingModel.LogLikelihood(Cdnow.Buying, c.X, c.LastAt, c.Age)), 2e-3);

    /// <summary>Hardie's note 027; the same in a test of pymc-marketing. a .8, b 2.5, r .25, alpha 4, T 40.</summary>
    [Theory]
    [InlineData(0, 0, -0.59947382)]
    [InlineData(200, 38, 100.7957)]
    public void J8_the_likelihood_of_one_customer_is_stable_for_no_and_for_very_many_purchases(double x, double lastAt, double expected) =>
        Assert.Equal(expected, BuyingModel.LogLikelihood(new BuyingParameters(0.25, 4, 0.8, 2.5), x, lastAt, 40), 1e-4);

    /// <summary>Hardie's spreadsheet: E[X(t)] of a new customer. It has parameters of three digits, so three digits can agree.</summary>
    [Theory]
    [InlineData(0.1429, 0.0078)]
    [InlineData(1, 0.0532)]
    [InlineData(3, 0.1506)]
    [InlineData(31.8571, 1.0405)]
    [InlineData(32, 1.0437)]
    [InlineData(78, 1.8576)]
    [InlineData(52, 1.4440)]
    public void J8_a_new_customer_buys_as_often_as_published(double weeks, double expected) =>
        Assert.Equal(expected, BuyingModel.Expected(Cdnow.Buying, weeks), 5e-4);

    /// <summary>
    /// BTYD's vignette: customer 1516, and what it calls the increasing frequency paradox (age 39 weeks, the next 52). It prints the parameters to seven digits and goes on
    /// with its own, so four digits agree; the second number is the published formula at the printed parameters, computed with 50 digits by mpmath.
    /// </summary>
    [Theory]
    [InlineData(26, 30.85714, 31, 25.75659, 25.7573561250589)]
    [InlineData(10, 20, 39, 0.3474606, 0.34748425340433531)]
    [InlineData(15, 20, 39, 0.04283391, 0.042837103063818299)]
    [InlineData(20, 20, 39, 0.004158973, 0.0041592841069355161)]
    [InlineData(25, 20, 39, 0.0003583685, 0.00035839473948090869)]
    public void J8_a_customer_with_a_history_buys_as_often_as_published(double x, double lastAt, double age, double published, double exact)
    {
        var found = BuyingModel.Expected(Cdnow.Buying, x, lastAt, age, 52);
        Assert.Equal(published, found, published * 1e-4);
        Assert.Equal(exact, found, exact * 1e-11);
    }

    /// <summary>Hardie's spreadsheet: E[Y(39)] = 1.226.</summary>
    [Fact]
    public void J8_the_first_published_customer_buys_as_often_as_the_spreadsheet_says() =>
        Assert.Equal(1.226, BuyingModel.Expected(ThreeDigits, 2, 30.43, 38.86, 39), 1e-3);

    /// <summary>BTYD's vignette; and a test of lifetimes that nothing overflows.</summary>
    [Theory]
    [InlineData(26, 30.85714, 31, 0.9688523)]
    [InlineData(1000, 10, 100, 0)]
    [InlineData(0, 0, 500, 1)]
    public void J7_somebody_is_still_a_customer_with_the_published_probability(double x, double lastAt, double age, double expected) =>
        Assert.Equal(expected, BuyingModel.Alive(Cdnow.Buying, x, lastAt, age), 5e-6);

    /// <summary>Expectations of the 39 weeks after, by repeat purchases before: BTYD's vignette.</summary>
    [Fact]
    public void J8_expectations_by_earlier_purchases_are_as_published()
    {
        double[] expected = [0.2251, 0.5231, 1.0441, 1.5203, 2.1638, 2.6538, 3.5040, 6.1570];
        var found = Cdnow.Customers.GroupBy(c => Math.Min(7, c.X)).OrderBy(g => g.Key).Select(g => g.Average(c => BuyingModel.Expected(Cdnow.Buying, c.X, c.LastAt, c.Age, 39))).ToArray();
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 2e-3));
    }

    [Fact]
    public void J8_more_than_any_number_of_purchases_and_any_age_stays_a_number()
    {
        foreach (var x in new double[] { 0, 1, 2, 50, 1_000, 100_000 })
        {
            foreach (var age in new[] { 0, 0.001, 1, 500, 5_000 })
            {
                foreach (var time in new[] { 0.001, 52, 520 })
                {
                    foreach (var a in new[] { 0.01, 0.9999999, 1, 5, 200 })
                    {
                        var p = new BuyingParameters(0.24, 4.4, a, 2.4);
                        Assert.InRange(BuyingModel.Alive(p, x, x == 0 ? 0 : age, age), 0, 1);
                        var expected = BuyingModel.Expected(p, x, x == 0 ? 0 : age, age, time);
                        Assert.True(double.IsFinite(expected) && expected >= 0, $"x={x} age={age} time={time} a={a}: {expected}");
                    }
                }
            }
        }
    }

    [Fact]
    public void J7_silence_only_ever_lowers_what_is_expected()
    {
        foreach (var (x, lastAt, _, _) in Cdnow.Customers.Where(c => c.X > 0).Take(50))
        {
            var (alive, expected) = (1.0, double.MaxValue);
            for (var age = lastAt; age < lastAt + 200; age += 7)
            {
                var (a, e) = (BuyingModel.Alive(Cdnow.Buying, x, lastAt, age), BuyingModel.Expected(Cdnow.Buying, x, lastAt, age, 52));
                Assert.True(a <= alive && e <= expected);
                (alive, expected) = (a, e);
            }
        }
    }
}
