namespace Orchestrator.Grains.CustomerValue;

/// <summary>The parameters of a value model, fitted to a company's own customers.</summary>
/// <param name="Unit">The unit of time of <see cref="BuyingParameters.Alpha"/>.</param>
/// <param name="Spend">In minor units of the playbook's currency; null: what others spend is not known.</param>
public sealed record ValueModelDefinition(TimeSpan Unit, BuyingParameters Buying, SpendParameters? Spend)
{
    /// <summary>Customers of an early music shop on the web, by the week: Fader, Hardie, Lee 2005. Stands in until a company gives its own.</summary>
    public static readonly ValueModelDefinition Published = new(TimeSpan.FromDays(7), new BuyingParameters(0.2425945, 4.4136019, 0.7929199, 2.4258881), Spend: null);
}
