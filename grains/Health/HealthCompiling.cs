using System.Collections.Immutable;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Health;

/// <summary>Makes measures out of what the playbook says, and asks for the tallies that they need.</summary>
internal static class HealthCompiling
{
    private static readonly TimeSpan UsualWindow = TimeSpan.FromDays(30);

    /// <param name="error">Gets the measure's place, its path and what is wrong; null while names are only declared.</param>
    public static HealthScore Compile(ScoreDefinition.Health health, PlaybookDefinition playbook, TallyRegistry tallies, Action<SourcePosition, string, string>? error)
    {
        var measures = ImmutableArray.CreateBuilder<HealthMeasure>();
        foreach (var measure in health.Measures)
        {
            void Refuse(string message) => error?.Invoke(measure.At, $"scores.{health.Id}.measures.{measure.Id}", message);
            if (measure.Milestones is { } milestones)
            {
                if (playbook.Customer.Milestones.FirstOrDefault(s => s.Id == milestones.Id) is { } set)
                {
                    measures.Add(new HealthMeasure.Adoption(measure.Id, measure.Weight, set));
                }
            }
            else if (IsOpinion(measure, playbook))
            {
                Check(measure, measure.Property ?? "score", playbook, Refuse);
                measures.Add(new HealthMeasure.Opinion(measure.Id, measure.Weight, [.. measure.On.Select(o => o.Id)], measure.Window, measure.Of));
            }
            else
            {
                measures.Add(Activity(measure, health.Trend, playbook, tallies, Refuse));
            }
        }

        return new HealthScore(health.Id, health.Trend, measures.ToImmutable());
    }

    /// <summary>A measure that says nothing of windows or counts, on signals that carry a number `score`, is about what people answered.</summary>
    public static bool IsOpinion(MeasureDefinition measure, PlaybookDefinition playbook) =>
        measure.Property is not null || measure.Of is not null ||
        (measure.Milestones is null && measure is { Window: null, Full: null, Sum: null, Bad: false } && measure.On.Length > 0 && measure.On.All(o => Surveys.NumberOf(playbook, o.Id, "score") is not null));

    private static HealthMeasure.Activity Activity(MeasureDefinition measure, TimeSpan trend, PlaybookDefinition playbook, TallyRegistry tallies, Action<string> refuse)
    {
        var window = measure.Window ?? UsualWindow;
        var keep = (measure.Full is null && !measure.Bad ? window + window : window) + trend;
        if (measure.Sum is { } sum)
        {
            Check(measure, sum, playbook, refuse);
        }

        if (keep > TallyRegistry.LongestWindow)
        {
            refuse($"the windows and the trend together reach back {keep.TotalDays:0} days, at most {TallyRegistry.LongestWindow.TotalDays:0} are kept");
            keep = TallyRegistry.LongestWindow;
        }

        var names = measure.On.Select(o => tallies.Add(o.Id, new SortedDictionary<string, object>(StringComparer.Ordinal), measure.Sum, keep)).ToImmutableArray();
        return new HealthMeasure.Activity(measure.Id, measure.Weight, names, measure.Sum is not null, window, measure.Full, measure.Bad);
    }

    private static void Check(MeasureDefinition measure, string property, PlaybookDefinition playbook, Action<string> refuse)
    {
        foreach (var on in measure.On)
        {
            if (playbook.Signals.Any(s => s.Id == on.Id) && Surveys.NumberOf(playbook, on.Id, property) is null)
            {
                refuse($"`{on.Id}` has no number `{property}`");
            }
        }
    }
}
