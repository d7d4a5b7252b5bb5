using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Playbooks.Reading;

namespace Orchestrator.Grains.Health;

/// <summary>Scores with `measures`.</summary>
internal static class HealthBinding
{
    const double Most = 1_000_000_000_000;
    const double LeastWeight = 0.001;

    public static ScoreDefinition.Health Health(Field field)
    {
        var section = field.Section(SectionKind.Score);
        var score = new ScoreDefinition.Health(
            field.Key,
            field.KeyAt,
            section.Optional("trend", trend => trend.Duration(), TimeSpan.FromDays(30)),
            section.Required("measures", Measures, []));
        section.Close();
        return score;
    }

    static ImmutableArray<MeasureDefinition> Measures(Field field)
    {
        var entries = field.Entries("a map of measures by name");
        if (entries.IsEmpty && field.IsMap)
        {
            field.Refuse("expected at least one measure, found none");
        }

        return [.. entries.Where(e => e.KeyIsName("a measure")).Select(Measure)];
    }

    static MeasureDefinition Measure(Field field)
    {
        var section = field.Section(SectionKind.Measure);
        var weight = section.Required("weight", weight => weight.Number(LeastWeight, Most), 1);
        if (section.Telling("milestones") is { } milestones)
        {
            var adoption = new MeasureDefinition(field.Key, field.KeyAt, weight, milestones.Name(NameKind.MilestoneSet), [], null, null, null, Bad: false, null, null);
            section.Close();
            return adoption;
        }

        var measure = new MeasureDefinition(
            field.Key,
            field.KeyAt,
            weight,
            Milestones: null,
            section.Needed("on") is { } on ? on.Names(NameKind.Signal) : [],
            section.Optional<TimeSpan?>("window", window => window.Duration(), absent: null),
            section.Optional<double?>("full", full => full.Number(LeastWeight, Most), absent: null),
            section.Optional("sum", sum => sum.Id()),
            section.Optional("bad", bad => bad.Flag(), absent: false),
            section.Optional("property", property => property.Id()),
            section.Optional<double?>("of", of => of.Number(LeastWeight, Most), absent: null));
        if (measure.On.IsEmpty && field.IsMap)
        {
            field.RefuseKey("a measure needs `on`, the signals that count, or `milestones`");
        }

        section.Close();
        return measure;
    }
}
