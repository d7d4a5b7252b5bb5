using System.Collections.Frozen;
using Orchestrator.Grains.Advocacy;
using Orchestrator.Grains.Health;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Customers;

/// <summary>What a type of signal tells about a customer: names of its properties; null = nothing of the sort.</summary>
/// <param name="Amount">It is a purchase, of so much.</param>
/// <param name="Answer">It is an answer to a survey.</param>
/// <param name="IsContract">It is a signed contract.</param>
/// <param name="ContractAmount">What the contract is over.</param>
/// <param name="RenewsAt">When the contract ends unless it is renewed.</param>
/// <param name="Referrer">Who brought the account.</param>
public sealed record SignalReading(string? Amount, string? Answer, bool IsContract, string? ContractAmount, string? RenewsAt, string? Referrer)
{
    internal const string ContractSigned = "contract.signed";

    /// <summary>Only what the playbook makes use of is kept.</summary>
    internal static FrozenDictionary<string, SignalReading> Of(PlaybookDefinition playbook, CustomerScores scores, IReadOnlySet<string> used, Action<SourcePosition, string, string> error)
    {
        var asksAnswers = used.Contains(CustomerNames.SurveyTag) || scores.Health.Any(h => h.Measures.Any(m => m is HealthMeasure.Opinion));
        var answers = asksAnswers ? Surveys.Of(playbook) : [];
        var amounts = Amounts(playbook, error);
        return playbook.Signals
            .Select(s => (s.Id, Reading: new SignalReading(
                amounts.GetValueOrDefault(s.Id),
                answers.GetValueOrDefault(s.Id),
                s.Id == ContractSigned && used.Contains(CustomerNames.ContractTag),
                Property(s, PropertyType.Money, "amount"),
                Property(s, PropertyType.Timestamp, "renews-at", "renews_at"),
                Property(s, PropertyType.Text, Attribution.Properties))))
            .Where(r => r.Reading is not { Amount: null, Answer: null, IsContract: false, Referrer: null })
            .DistinctBy(r => r.Id)
            .ToFrozenDictionary(r => r.Id, r => r.Reading, StringComparer.Ordinal);
    }

    internal static string? Property(SignalDefinition signal, PropertyType type, params ReadOnlySpan<string> names)
    {
        foreach (var property in signal.Properties)
        {
            if (property.Type == type && names.Contains(property.Name))
            {
                return property.Name;
            }
        }

        return null;
    }

    private static Dictionary<string, string> Amounts(PlaybookDefinition playbook, Action<SourcePosition, string, string> error)
    {
        var amounts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var value in playbook.Scores.OfType<ScoreDefinition.LifetimeValue>().Take(1))
        {
            foreach (var on in value.On)
            {
                if (playbook.Signals.FirstOrDefault(s => s.Id == on.Id) is not { } signal)
                {
                    continue;
                }

                var money = signal.Properties.Where(p => value.Amount is { } named ? p.Name == named && p.Type is PropertyType.Money or PropertyType.Whole or PropertyType.Number : p.Type == PropertyType.Money).ToList();
                if (money.Count != 1)
                {
                    error(on.At, $"scores.{value.Id}.on", $"`{on.Id}` has {(money.Count == 0 ? "no" : "more than one")} amount; {(value.Amount is { } named ? $"expected a number `{named}`" : "expected one property that is money, or `amount` with its name")}");
                    continue;
                }

                amounts[on.Id] = money[0].Name;
            }
        }

        return amounts;
    }
}
