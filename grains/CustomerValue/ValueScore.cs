using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.CustomerValue;

/// <summary>A score of what a customer is worth: a pure function of what was bought, the instant and the playbook's parameters, so nothing is kept but the purchases.</summary>
public sealed class ValueScore
{
    private static readonly TimeSpan Step = TimeSpan.FromDays(30);
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    private readonly (double End, double Discount)[] steps;

    public ValueScore(ScoreDefinition.LifetimeValue definition)
    {
        Definition = definition;
        Model = definition.Model ?? ValueModelDefinition.Published;
        var ends = new List<(double, double)>();
        for (var end = TimeSpan.Zero; end < definition.Horizon;)
        {
            end = end + Step < definition.Horizon ? end + Step : definition.Horizon;
            ends.Add((end / Model.Unit, Math.Pow(1 + definition.Discount, -(end / Year))));
        }

        steps = [.. ends];
    }

    public ScoreDefinition.LifetimeValue Definition { get; }

    public ValueModelDefinition Model { get; }

    /// <summary>Expected discounted margin within the horizon, minor units; null before the first purchase.</summary>
    public double? ExpectedAt(Account account, DateTimeOffset at)
    {
        if (PurchasesOf(account) is not { } bought)
        {
            return null;
        }

        var (lastAt, age) = Ages(bought, at);
        return Definition.Margin * LifetimeValue.Of(Model.Buying, bought.Repeats, lastAt, age, SpendOf(bought), steps);
    }

    /// <summary>Probability in [0, 1] that they buy again; null before the first purchase.</summary>
    public double? AliveAt(Account account, DateTimeOffset at)
    {
        if (PurchasesOf(account) is not { } bought)
        {
            return null;
        }

        var (lastAt, age) = Ages(bought, at);
        return BuyingModel.Alive(Model.Buying, bought.Repeats, lastAt, age);
    }

    /// <summary>Expected days with a purchase within the horizon; null before the first purchase.</summary>
    public double? PurchasesAt(Account account, DateTimeOffset at)
    {
        if (PurchasesOf(account) is not { } bought)
        {
            return null;
        }

        var (lastAt, age) = Ages(bought, at);
        return BuyingModel.Expected(Model.Buying, bought.Repeats, lastAt, age, Definition.Horizon / Model.Unit);
    }

    /// <summary>When, by silence alone, the probability meets a threshold.</summary>
    public DateTimeOffset? AliveFallsTo(Account account, double threshold, DateTimeOffset now) => Falls(account, at => AliveAt(account, at)!.Value, threshold, now);

    internal void Declare(CelEnvironment<Facts>.Builder builder, Func<CelTerm<Facts>, CelTerm<Facts>> once)
    {
        var tag = $"score:{Definition.Id}";
        Number("expected", ExpectedAt);
        Number("alive", AliveAt);
        Number("purchases", PurchasesAt);

        void Number(string what, Func<Account, DateTimeOffset, double?> read)
        {
            var name = $"{Definition.Id}.{what}";
            builder.Variable(
                name,
                once(CelTerms.Double(
                    (Facts f, ref CelFault fault) =>
                    {
                        if (read(f.Account, f.Now) is { } value)
                        {
                            return value;
                        }

                        fault.Unset(name);
                        return 0;
                    },
                    new CelTemporal<Facts>.Crossing((f, threshold) => Falls(f.Account, at => read(f.Account, at)!.Value, threshold, f.Now)))),
                tag);
        }
    }

    /// <summary>All of it falls as time passes without a purchase: the model expects less of whoever is silent for longer.</summary>
    private static DateTimeOffset? Falls(Account account, Func<DateTimeOffset, double> valueAt, double threshold, DateTimeOffset now) =>
        PurchasesOf(account) is null ? null : Descent.FirstChange(valueAt, threshold, now);

    private static PurchaseHistory? PurchasesOf(Account account) => account.Customer?.Purchases;

    private (double LastAt, double Age) Ages(PurchaseHistory bought, DateTimeOffset at)
    {
        // A purchase may lie a little ahead of the clock.
        var until = at > bought.LastAt ? at : bought.LastAt;
        return ((bought.LastAt - bought.FirstAt) / Model.Unit, (until - bought.FirstAt) / Model.Unit);
    }

    /// <summary>Where what others spend is not known, the customer's own mean over all purchases stands in for it.</summary>
    private double SpendOf(PurchaseHistory bought)
    {
        var mean = bought.MeanSpend;
        return Model.Spend is { } spend && double.IsFinite(spend.Mean) ? SpendModel.Expected(spend, bought.Repeats, mean) : mean;
    }
}
