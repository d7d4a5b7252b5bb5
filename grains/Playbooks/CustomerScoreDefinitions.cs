using System.Collections.Immutable;
using Orchestrator.Grains.CustomerValue;
using Orchestrator.Grains.Health;

namespace Orchestrator.Grains.Playbooks;

public abstract partial record ScoreDefinition
{
    /// <summary>How well a customer is, 0 to 100, from weighted measures.</summary>
    /// <param name="Trend">How far back the trend looks.</param>
    /// <param name="Measures">In the order of the file; never empty.</param>
    public sealed record Health(string Id, SourcePosition At, TimeSpan Trend, ImmutableArray<MeasureDefinition> Measures) : ScoreDefinition(Id, At);

    /// <summary>What a customer is expected to be worth; conditions read `name.expected`, `name.alive` and `name.purchases`.</summary>
    /// <param name="On">Signals that are purchases; never empty.</param>
    /// <param name="Amount">Their property with the amount; null: the only one that is money.</param>
    /// <param name="Horizon">Over which time the value is expected.</param>
    /// <param name="Margin">Share of an amount that is earned, in [0, 1].</param>
    /// <param name="Discount">By which share money is worth less a year later, at least 0.</param>
    /// <param name="Model">Null: none given; then buying is as in a published study, and spend as the customer's own.</param>
    public sealed record LifetimeValue(
        string Id, SourcePosition At, ImmutableArray<Reference> On, string? Amount, TimeSpan Horizon, double Margin, double Discount, ValueModelDefinition? Model) : ScoreDefinition(Id, At);

    /// <summary>How likely a customer is to leave, 0 to 1: what is missing to full marks in the mean of other scores; conditions read `score.name`.</summary>
    /// <param name="From">Names of health scores, and `name.alive` of values; never empty.</param>
    public sealed record Risk(string Id, SourcePosition At, ImmutableArray<Reference> From) : ScoreDefinition(Id, At)
    {
        /// <summary>As conditions write it after `score.`: a hyphen would be a minus.</summary>
        public string Name => Id.Replace('-', '_');
    }
}
