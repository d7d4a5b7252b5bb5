using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Contrasts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Ingest;
using Orchestrator.V1;
using Playbook = Orchestrator.Grains.Playbooks.Playbook;

namespace Orchestrator.Silo.Insight;

public sealed partial class InsightService
{
    private const int LeastSample = 5;
    private const int DefaultSample = 30;
    private const int DefaultTraitLeast = 10;
    private const int DefaultTraits = 8;
    private const int MostTraits = 100;

    public async Task<LearnIdealCustomerResponse> LearnIdealCustomer(LearnIdealCustomerRequest request, CallContext call)
    {
        var playbook = PlaybookNow();
        var confidence = ConfidenceOf(request.Confidence);
        var sample = Between(request.Sample, DefaultSample, int.MaxValue, "sample");
        if (sample < LeastSample)
        {
            throw Invalid($"`sample` must be {LeastSample} or more, or 0 for {DefaultSample}; it is {sample}");
        }

        var (least, most) = (Between(request.Least, DefaultTraitLeast, int.MaxValue, "least"), Between(request.Most, DefaultTraits, MostTraits, "most"));
        var definition = FitOf(request.Score, playbook);
        var fit = definition is null ? null : playbook.Grades[definition.Id];
        var (succeeded, failed) = (Transitions(request.Succeeded, "succeeded", ["won", "renewed"], playbook), Transitions(request.Failed, "failed", ["lost", "churned"], playbook));
        var (cases, accounts) = await IcpRun.ReadAsync(store, playbook, fit, succeeded, failed, call.CancellationToken);
        var (good, bad) = (cases.Count(c => c.Succeeded), cases.Count(c => !c.Succeeded));
        if (good < sample || bad < sample)
        {
            throw new RpcException(
                StatusCode.FailedPrecondition,
                $"too few accounts to learn from: {good} went through {Named(succeeded)} and {bad} through {Named(failed)}, {sample} of each are needed; `sample` lowers the bar");
        }

        var (version, at) = definition is null ? (0, null) : await WrittenAsync(definition, playbook, call.CancellationToken);
        List<(string Condition, double Points)> current = definition is null ? [] : [.. definition.Points.Select(p => (p.When.Text, p.Add))];
        var (traits, separation) = IdealCustomer.Learn(cases, current, at, least, most, confidence);
        var response = new LearnIdealCustomerResponse
        {
            Score = definition?.Id ?? "",
            Succeeded = good,
            Failed = bad,
            Neither = accounts - cases.Count,
            From = Timestamp.FromDateTimeOffset(cases.Min(c => c.At)),
            Until = Timestamp.FromDateTimeOffset(cases.Max(c => c.At)),
            WrittenIn = version,
            WrittenAt = at is { } written ? Timestamp.FromDateTimeOffset(written) : null,
            Separation = new IdealSeparation { Learned = separation.Learned },
            Drift = DriftOf(traits),
            Confidence = confidence,
            TransitionsSucceeded = { succeeded },
            TransitionsFailed = { failed },
        };
        Set(response.Separation, separation);
        response.Traits.AddRange(traits.Select(Write));
        response.Personas.AddRange(IdealCustomer.Personas(cases, least, most, confidence).Select(p => new PersonaRow { Role = p.Role, Filled = InsightRows.Write(p.Filled), Traits = { p.Traits.Select(InsightRows.Write) } }));
        response.Fragment = Fragment(response, definition);
        return response;
    }

    private static ScoreDefinition.Fit? FitOf(string score, Playbook playbook)
    {
        List<ScoreDefinition.Fit> fits = [.. playbook.Definition.Scores.OfType<ScoreDefinition.Fit>()];
        return score.Length == 0
            ? fits.Count > 1 ? throw Invalid($"`score` must say which of {string.Join(", ", fits.Select(f => $"`{f.Id}`"))} is meant") : fits.FirstOrDefault()
            : fits.Find(f => f.Id == score) ?? throw Invalid($"the playbook has no score `{score}` of what is known{Nearest(score, fits.Select(f => f.Id))}");
    }

    private static ImmutableArray<string> Transitions(IReadOnlyCollection<string> asked, string field, string[] usual, Playbook playbook)
    {
        if (asked.Count > 0)
        {
            return [.. asked.Select(t => TransitionOf(t, field, playbook)).Distinct()];
        }

        var known = playbook.Definition.Transitions.Select(t => t.Id).ToHashSet();
        ImmutableArray<string> found = [.. usual.Where(known.Contains)];
        return found.IsEmpty
            ? throw Invalid($"`{field}` must name transitions, since the playbook has none called {string.Join(" or ", usual.Select(u => $"`{u}`"))}; it has {string.Join(", ", known.Order(StringComparer.Ordinal).Take(12))}")
            : found;
    }

    /// <summary>The version from which on the score's points are as they are now.</summary>
    private async Task<(int Version, DateTimeOffset? At)> WrittenAsync(ScoreDefinition.Fit definition, Playbook playbook, CancellationToken cancel)
    {
        var version = playbook.Version;
        while (version > 1 && shelf.Current.Find(Tenants.Default, version - 1)?.Definition.Scores.OfType<ScoreDefinition.Fit>().FirstOrDefault(f => f.Id == definition.Id) is { } earlier
            && earlier.Points.Select(p => (p.When.Text, p.Add)).SequenceEqual(definition.Points.Select(p => (p.When.Text, p.Add))))
        {
            version--;
        }

        var key = GrainKey.Catalog(Tenants.Default);
        var catalog = runtime is null ? null : (Catalog?)(await runtime.ReadAsync([key], cancel))[0];
        return (version, catalog?.Versions.FirstOrDefault(v => v.Version == version)?.PublishedAt);
    }

    private static double DriftOf(IReadOnlyList<IdealTrait> traits)
    {
        var (moved, now) = (traits.Sum(t => Math.Abs(t.Learned - (t.Points ?? 0))), traits.Sum(t => Math.Abs(t.Points ?? 0)));
        return now > 0 ? moved / now : moved > 0 ? 1 : 0;
    }

    private static void Set(IdealSeparation into, Separation separation)
    {
        if (separation.Now is { } now)
        {
            into.Now = now;
        }

        if (separation.Before is { } before)
        {
            into.Before = before;
        }

        if (separation.Since is { } since)
        {
            into.Since = since;
        }
    }

    private static IdealTraitRow Write(IdealTrait trait)
    {
        var row = new IdealTraitRow
        {
            Condition = trait.Condition,
            Learned = trait.Learned,
            Row = InsightRows.Write(trait.Row),
            Before = trait.Before is { } before ? InsightRows.Write(before) : null,
            Since = trait.Since is { } since ? InsightRows.Write(since) : null,
        };
        if (trait.Points is { } points)
        {
            row.Points = points;
        }

        return row;
    }

    /// <summary>No static document: it says from which accounts it is and until when.</summary>
    private static string Fragment(LearnIdealCustomerResponse learned, ScoreDefinition.Fit? definition)
    {
        List<IdealTraitRow> kept = [.. learned.Traits.Where(t => t.Learned != 0)];
        if (kept.Count == 0)
        {
            return "";
        }

        var yaml = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"# Learned from {learned.Succeeded} accounts that went through {string.Join(", ", learned.TransitionsSucceeded)} and {learned.Failed} through {string.Join(", ", learned.TransitionsFailed)},\n")
            .Append(CultureInfo.InvariantCulture, $"# {learned.From.ToDateTimeOffset():yyyy-MM-dd} to {learned.Until.ToDateTimeOffset():yyyy-MM-dd}; intervals of {InsightRows.Percent(learned.Confidence)}. What goes together is not yet what causes.\n")
            .Append(CultureInfo.InvariantCulture, $"scores:\n  {definition?.Id ?? "fit"}:\n    points:\n");
        foreach (var trait in kept)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"      - {{when: {InsightRows.Quoted(trait.Condition)}, add: {trait.Learned}}}   # {(trait.HasPoints ? $"was {trait.Points}" : "new")}; {InsightRows.Words(trait.Row)}\n");
        }

        foreach (var trait in learned.Traits.Where(t => t.Learned == 0))
        {
            yaml.Append(CultureInfo.InvariantCulture, $"      # left out: {trait.Condition}, was {trait.Points}; {InsightRows.Words(trait.Row)}\n");
        }

        var all = kept.Where(t => t.Learned > 0).Sum(t => t.Learned);
        var grades = definition?.Grades.Select(g => $"{g.Letter}: {g.AtLeast.ToString(CultureInfo.InvariantCulture)}") ?? [$"A: {Math.Round(0.75 * all)}", $"B: {Math.Round(0.5 * all)}", $"C: {Math.Round(0.25 * all)}"];
        return yaml.Append(CultureInfo.InvariantCulture, $"    grades: {{{string.Join(", ", grades)}}}\n").ToString();
    }

    private static string Named(IEnumerable<string> transitions) => string.Join(", ", transitions.Select(t => $"`{t}`"));
}
