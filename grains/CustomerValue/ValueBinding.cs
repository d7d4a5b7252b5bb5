using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Playbooks.Reading;

namespace Orchestrator.Grains.CustomerValue;

/// <summary>Scores with `model` (what a customer is worth) and with `from` (how likely they leave).</summary>
internal static class ValueBinding
{
    const double Most = 1_000_000_000_000;

    public static ScoreDefinition.LifetimeValue Value(Field field)
    {
        var section = field.Section(SectionKind.Score);
        section.Required("model", model => model.Choice(("bg-nbd+gamma-gamma", true)), true);
        var score = new ScoreDefinition.LifetimeValue(
            field.Key,
            field.KeyAt,
            section.Required("on", on => on.Names(NameKind.Signal), []),
            section.Optional("amount", amount => amount.Id()),
            section.Optional("horizon", horizon => horizon.Duration(), TimeSpan.FromDays(365)),
            section.Optional("margin", margin => margin.Number(0, 1), absent: 1),
            section.Optional("discount", discount => discount.Number(0, 10), absent: 0.1),
            section.Optional("parameters", Parameters));
        section.Close();
        return score;
    }

    public static ScoreDefinition.Risk Risk(Field field)
    {
        var section = field.Section(SectionKind.Score);
        var from = section.Required("from", from => from.Items("a list of scores").Select(item => new Reference(item.Id(), item.At)).ToList(), []);
        section.Close();
        if (from.Count == 0 && field.IsMap)
        {
            field.Refuse("expected at least one score in `from`, found none");
        }

        return new ScoreDefinition.Risk(field.Key, field.KeyAt, [.. from]);
    }

    static ValueModelDefinition Parameters(Field field)
    {
        var section = field.Section(SectionKind.ValueParameters);
        var unit = section.Optional("unit", unit => unit.Duration(), TimeSpan.FromDays(7));
        var buying = new BuyingParameters(Above(section.Required("r")), Above(section.Required("alpha")), Above(section.Required("a")), Above(section.Required("b")));
        var (p, q, v) = (section.Optional("p"), section.Optional("q"), section.Optional("v"));
        SpendParameters? spend = p is not null && q is not null && v is not null ? new SpendParameters(Above(p), Above(q), Above(v)) : null;
        if (spend is null && (p ?? q ?? v) is not null)
        {
            field.Refuse("`p`, `q` and `v` belong together; found not all of them");
        }

        section.Close();
        return new ValueModelDefinition(unit, buying, spend);
    }

    static double Above(Field? field)
    {
        var number = field?.Number(0, Most) ?? 1;
        if (number == 0)
        {
            field!.Refuse("expected a number above 0, found `0`");
        }

        return number == 0 ? 1 : number;
    }
}
