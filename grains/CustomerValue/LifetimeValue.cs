namespace Orchestrator.Grains.CustomerValue;

/// <summary>The value of a customer: what they are expected to buy, step by step, times what they spend, each step discounted to now.</summary>
public static class LifetimeValue
{
    /// <param name="steps">Ends of the steps, ascending, in the unit of the parameters; each with the factor that takes its money to now, in (0, 1].</param>
    /// <returns>The sum over the steps, in the unit of <paramref name="spend"/>.</returns>
    public static double Of(in BuyingParameters p, double x, double lastAt, double age, double spend, ReadOnlySpan<(double End, double Discount)> steps)
    {
        double value = 0;
        double before = 0;
        foreach (var (end, discount) in steps)
        {
            var until = BuyingModel.Expected(p, x, lastAt, age, end);
            value += spend * (until - before) * discount;
            before = until;
        }

        return value;
    }
}
