using System.Collections.Immutable;
using Orchestrator.Grains.CustomerValue;
using Orchestrator.Grains.Health;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>Scores, told apart by their keys, and classes.</summary>
internal static class ScoreBinding
{
    const double MostPoints = 1_000_000;

    public static ImmutableArray<ScoreDefinition> Scores(Field field)
    {
        var scores = ImmutableArray.CreateBuilder<ScoreDefinition>();
        foreach (var entry in field.Declared(NameKind.Score))
        {
            if (Score(entry) is { } score)
            {
                scores.Add(score);
            }
        }

        return scores.ToImmutable();
    }

    static ScoreDefinition? Score(Field field)
    {
        if (!field.IsMap)
        {
            field.Section(SectionKind.Score);
            return null;
        }

        var keys = field.Entries().Select(entry => entry.Key).ToList();
        if (keys.Contains("from"))
        {
            return ValueBinding.Risk(field);
        }

        if (field.Key.AsSpan().ContainsAny('-', '.'))
        {
            field.RefuseKey($"`{field.Key}` cannot name a score, which conditions read as `score.name`; use letters, digits and `_`");
        }

        if (keys.Contains("half-life"))
        {
            return Engagement(field);
        }

        if (keys.Contains("measures"))
        {
            return HealthBinding.Health(field);
        }

        if (keys.Contains("model"))
        {
            return ValueBinding.Value(field);
        }

        if (keys.Contains("grades"))
        {
            return Fit(field);
        }

        if (keys.Contains("window") || keys.Contains("versus"))
        {
            return Momentum(field);
        }

        field.RefuseKey(
            $"`{field.Key}` is no kind of score; expected `half-life` and `points` (engagement), `points` and `grades` (fit), `window`, `versus` and `on` (momentum), `measures` (health), `model` and `on` (value), or `from` (risk)");
        return null;
    }

    static ScoreDefinition.Engagement Engagement(Field field)
    {
        var section = field.Section(SectionKind.Score);
        var score = new ScoreDefinition.Engagement(
            field.Key,
            field.KeyAt,
            section.Required("half-life", half => half.Duration(), TimeSpan.FromDays(1)),
            section.Optional<double?>("cap-per-day", cap => cap.Number(0, MostPoints), absent: null),
            section.Required<ImmutableArray<SignalPoints>>("points", points => [.. points.Entries("a map of points by signal").Select(SignalPoints)], []));
        section.Close();
        return score;
    }

    public static SignalPoints SignalPoints(Field field)
    {
        var signal = field.KeyName(NameKind.Signal);
        if (!field.IsMap)
        {
            return new SignalPoints(signal, null, field.Number(-MostPoints, MostPoints));
        }

        var section = field.Section(SectionKind.Points);
        var points = new SignalPoints(
            signal,
            section.Required("when", when => when.Expression(), CompanyBinding.Always),
            section.Required("add", add => add.Number(-MostPoints, MostPoints), 0));
        section.Close();
        return points;
    }

    static ScoreDefinition.Fit Fit(Field field)
    {
        var section = field.Section(SectionKind.Score);
        var score = new ScoreDefinition.Fit(
            field.Key,
            field.KeyAt,
            section.Required<ImmutableArray<FactPoints>>("points", points => [.. points.Items("a list of `{when, add}`").Select(FactPoints)], []),
            section.Required("grades", Grades, []));
        section.Close();
        return score;
    }

    static FactPoints FactPoints(Field field)
    {
        var section = field.Section(SectionKind.Points);
        var points = new FactPoints(
            field.At,
            section.Required("when", when => when.Expression(), CompanyBinding.Always),
            section.Required("add", add => add.Number(-MostPoints, MostPoints), 0));
        section.Close();
        return points;
    }

    static ImmutableArray<GradeDefinition> Grades(Field field)
    {
        var grades = new SortedDictionary<double, GradeDefinition>();
        foreach (var entry in field.Entries("a map of the least points by grade"))
        {
            if (entry.Key.Length is 0 or > 20)
            {
                entry.RefuseKey("a grade is named by 1 to 20 characters");
            }

            var grade = new GradeDefinition(entry.Key, entry.KeyAt, entry.Number(-MostPoints, MostPoints));
            if (!grades.TryAdd(grade.AtLeast, grade))
            {
                entry.Refuse($"grades `{grades[grade.AtLeast].Letter}` and `{grade.Letter}` begin at the same points");
            }
        }

        if (grades.Count == 0 && field.IsMap)
        {
            field.Refuse("expected at least one grade, found none");
        }

        return [.. grades.Values.Reverse()];
    }

    static ScoreDefinition.Momentum Momentum(Field field)
    {
        var section = field.Section(SectionKind.Score);
        var score = new ScoreDefinition.Momentum(
            field.Key,
            field.KeyAt,
            section.Required("window", window => window.Duration(), TimeSpan.FromDays(1)),
            section.Required("versus", versus => versus.Duration(), TimeSpan.FromDays(1)),
            section.Required("on", on => on.Names(NameKind.Signal), []),
            section.Optional("by", by => by.Id()));
        section.Close();
        return score;
    }

    public static ImmutableArray<ClassDefinition> Classification(Field field) =>
    [
        .. field.Declared(NameKind.Class).Select(entry =>
        {
            var section = entry.Section(SectionKind.Class);
            var found = new ClassDefinition(entry.Key, entry.KeyAt, section.Required("when", when => when.Expression(), CompanyBinding.Always));
            section.Close();
            return found;
        }),
    ];
}
