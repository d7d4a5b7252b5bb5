using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.V1;

namespace Orchestrator.Grains.Health;

/// <summary>
/// Which signals are answers to a survey: `survey.answered` if it has a number `score`, and what a health score takes opinions from. A text `kind` tells the
/// kinds apart; conditions then read `score.nps`, `score.nps_last`, `score.csat_last` and, of the person at hand, `contact.score.nps_last` and `contact.score.csat_last`.
/// </summary>
internal static class Surveys
{
    private static readonly string[] Kinds = ["nps", "csat"];

    /// <summary>By signal, the property with the answer.</summary>
    public static Dictionary<string, string> Of(PlaybookDefinition playbook)
    {
        var surveys = new Dictionary<string, string>(StringComparer.Ordinal);
        if (NumberOf(playbook, "survey.answered", "score") is not null)
        {
            surveys.Add("survey.answered", "score");
        }

        foreach (var measure in playbook.Scores.OfType<ScoreDefinition.Health>().SelectMany(h => h.Measures).Where(m => HealthCompiling.IsOpinion(m, playbook)))
        {
            foreach (var on in measure.On)
            {
                surveys[on.Id] = measure.Property ?? "score";
            }
        }

        return surveys;
    }

    /// <summary>The answer that a signal carries; null = none.</summary>
    public static SurveyAnswer? AnswerOf(Signal signal, string property, string contact, DateTimeOffset at)
    {
        if (!signal.Properties.TryGetValue(property, out var value) || value.KindCase is not (Value.KindOneofCase.Integer or Value.KindOneofCase.Number) || !double.IsFinite(SignalValues.Amount(value)))
        {
            return null;
        }

        var kind = signal.Properties.TryGetValue("kind", out var said) && said.KindCase == Value.KindOneofCase.Text ? said.Text : signal.Type;
        return new SurveyAnswer(kind, contact, SignalValues.Amount(value), at, signal.Type);
    }

    public static void Declare(CelEnvironment<Facts>.Builder builder, PlaybookDefinition playbook)
    {
        if (!Of(playbook).Keys.Any(s => playbook.Signals.First(d => d.Id == s).Properties.Any(p => p is { Name: "kind", Type: PropertyType.Text })))
        {
            return;
        }

        var taken = playbook.Scores.Select(s => s.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var kind in Kinds.Where(k => !taken.Contains($"{k}_last")))
        {
            builder.Variable($"score.{kind}_last", CelTerms.Double((Facts f, ref CelFault fault) => Score(f, kind, null, $"score.{kind}_last", ref fault), Ahead()), CustomerNames.SurveyTag);
            builder.Variable($"contact.score.{kind}_last", CelTerms.Double((Facts f, ref CelFault fault) => Score(f, kind, f.Contact?.Key.Id ?? "?", $"contact.score.{kind}_last", ref fault), Ahead()), CustomerNames.SurveyTag, Condition.Person);
        }

        if (!taken.Contains("nps"))
        {
            builder.Variable(
                "score.nps",
                CelTerms.Double(
                    (Facts f, ref CelFault fault) =>
                    {
                        if (SurveyAnswer.NetPromoterScore(f.Account.Customer?.Answers ?? [], f.Now) is { } score)
                        {
                            return score;
                        }

                        fault.Unset("score.nps");
                        return 0;
                    },
                    Ahead()),
                CustomerNames.SurveyTag);
        }
    }

    /// <summary>The number of this name of a declared signal; null = it has none.</summary>
    public static PropertyDefinition? NumberOf(PlaybookDefinition playbook, string signal, string property) =>
        playbook.Signals.FirstOrDefault(s => s.Id == signal)?.Properties.FirstOrDefault(p => p.Name == property && p.Type is PropertyType.Whole or PropertyType.Number or PropertyType.Money);

    private static double Score(Facts facts, string kind, string? contact, string name, ref CelFault fault)
    {
        if (SurveyAnswer.Latest(facts.Account.Customer?.Answers ?? [], kind, contact, facts.Now) is { } answer)
        {
            return answer.Score;
        }

        fault.Unset(name);
        return 0;
    }

    /// <summary>An answer may lie a little ahead of the clock.</summary>
    private static CelTemporal<Facts>.Step Ahead() => new(facts =>
    {
        foreach (var answer in facts.Account.Customer?.Answers ?? [])
        {
            if (answer.At > facts.Now)
            {
                return answer.At;
            }
        }

        return null;
    });
}
