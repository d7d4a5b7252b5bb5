using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Playbooks.Reading;

namespace Orchestrator.Grains.Counts;

/// <summary>Counts over all accounts, and goals of pools.</summary>
internal static class CountBinding
{
    public static ImmutableArray<CountDefinition> Counts(Field field) =>
    [
        .. field.Declared(NameKind.Count).Select(entry =>
        {
            var section = entry.Section(SectionKind.Count);
            var count = new CountDefinition(
                entry.Key,
                entry.KeyAt,
                section.Optional("title", title => title.Localized(), LocalizedText.Empty),
                section.Required("when", when => when.Expression(), new Expression("true", entry.At)),
                (int)section.Required("at-least", number => number.Whole(1, 1_000_000_000), 1));
            section.Close();
            return count;
        }),
    ];

    public static ImmutableArray<GoalDefinition> Goals(Field field) =>
    [
        .. field.Declared(NameKind.Goal).Select(entry =>
        {
            var section = entry.Section(SectionKind.Goal);
            var goal = new GoalDefinition(
                entry.Key,
                entry.KeyAt,
                section.Optional("title", title => title.Localized(), LocalizedText.Empty),
                section.Required("pool", pool => pool.Choice(("hunter", Pool.Hunter), ("farmer", Pool.Farmer)), Pool.Hunter),
                section.Many("on", names => names.Names(NameKind.Signal)),
                section.Many("enters", names => names.Names(NameKind.Stage)),
                section.Optional("when", when => when.Expression()),
                section.Optional("amount", amount => amount.Expression()),
                section.Optional("per", key => key.Expression()),
                section.Required("target", number => number.Number(0.000001, 1e15), 1),
                section.Optional("period", word => word.Choice(("week", GoalPeriod.Week), ("month", GoalPeriod.Month), ("quarter", GoalPeriod.Quarter), ("year", GoalPeriod.Year)), GoalPeriod.Quarter));
            if (goal.On.IsEmpty == goal.Enters.IsEmpty && entry.IsMap)
            {
                entry.Refuse("a goal needs either `on` (signals) or `enters` (stages)");
            }

            section.Close();
            return goal;
        }),
    ];
}
