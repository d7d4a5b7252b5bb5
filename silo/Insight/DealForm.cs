using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Silo.Insight;

/// <summary>Deals in the form of the contract.</summary>
internal static class DealForm
{
    /// <param name="deals">What the playbook that decides now asks of deals; null: it knows none.</param>
    public static V1.Deal Write(Deal deal, CompiledDeals? deals)
    {
        var written = new V1.Deal
        {
            Id = deal.Id,
            Standing = deal.Standing switch
            {
                DealStanding.Open => V1.Deal.Types.Standing.Open,
                DealStanding.Won => V1.Deal.Types.Standing.Won,
                DealStanding.Lost => V1.Deal.Types.Standing.Lost,
            },
            OpenedAt = Timestamp.FromDateTimeOffset(deal.OpenedAt),
            ClosedAt = OrNone(deal.ClosedAt),
            Reason = deal.Reason,
            Amount = deal.Amount is { } amount ? new V1.Money { MinorUnits = amount, Currency = deal.Currency } : null,
            FlaggedAt = OrNone(deal.FlaggedAt),
            FlaggedBecause = deal.FlaggedBecause,
            Answered = deals?.Answered(deal) ?? 0,
            Questions = deals?.Definition.Questions.Length ?? 0,
        };
        var missing = deals?.Missing(deal).ToHashSet(StringComparer.Ordinal) ?? [];
        foreach (var question in deals?.Definition.Questions ?? [])
        {
            written.Answers.Add(Write(question, deal.Find(question.Id), !missing.Contains(question.Id)));
        }

        foreach (var answer in deal.Answers.Where(a => !a.IsWithdrawn && deals?.Question(a.Question) is null))
        {
            written.Answers.Add(Write(null, answer, complete: true));
        }

        return written;
    }

    public static V1.HeldTransition Write(HeldTransition held, CompiledDeals? deals, Deal? deal) => new()
    {
        Transition = held.Transition,
        Deal = held.Deal,
        Since = Timestamp.FromDateTimeOffset(held.At),
        Missing = { deals?.Missing(deal) ?? [] },
    };

    private static V1.DealAnswer Write(QuestionDefinition? question, DealAnswer? answer, bool complete) => new()
    {
        Question = question?.Id ?? answer!.Question,
        Ask = question?.Ask.In(LocalizedText.DefaultLanguage) ?? "",
        Complete = complete,
        Text = answer?.Text ?? "",
        At = OrNone(answer?.At),
        Awaits = answer?.Awaits ?? "",
        By = answer?.By ?? "",
        GivenAt = OrNone(answer?.GivenAt),
        Observed = answer?.Observed ?? false,
        Signal = answer?.Signal ?? "",
    };

    private static Timestamp? OrNone(DateTimeOffset? instant) => instant is { } known ? Timestamp.FromDateTimeOffset(known) : null;
}
