using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Feedback;
using Orchestrator.Grains.Insights;
using Orchestrator.Grains.Promises;

namespace Orchestrator.Silo.Insight;

/// <summary>Promises, insights and feedback in the form of the contract.</summary>
internal static class LedgerForm
{
    public static V1.Promise Write(Promise promise) => new()
    {
        Id = promise.Id,
        Text = promise.Text,
        Kind = promise.Kind,
        Deal = promise.Deal,
        By = promise.By,
        Stage = promise.Stage,
        MadeAt = Timestamp.FromDateTimeOffset(promise.MadeAt),
        DueAt = OrNone(promise.DueAt),
        Standing = promise.Standing switch
        {
            PromiseStanding.Open => V1.Promise.Types.Standing.Open,
            PromiseStanding.Kept => V1.Promise.Types.Standing.Kept,
            PromiseStanding.Broken => V1.Promise.Types.Standing.Broken,
        },
        SettledAt = OrNone(promise.SettledAt),
        Because = promise.Because,
        ToldBrokenAt = OrNone(promise.ToldBrokenAt),
    };

    public static V1.Insight Write(Grains.Insights.Insight insight) => new()
    {
        About = insight.About,
        Text = insight.Text,
        By = insight.By,
        NotedAt = Timestamp.FromDateTimeOffset(insight.NotedAt),
        ValidUntil = OrNone(insight.ValidUntil),
        StaleSince = OrNone(insight.StaleSince),
        Observed = insight.Observed,
        Signal = insight.Signal,
    };

    public static V1.Feedback Write(GivenFeedback feedback) => new()
    {
        Id = feedback.Id,
        From = feedback.From,
        To = feedback.To,
        Kind = feedback.Kind,
        About = feedback.About,
        PlaybookVersion = feedback.PlaybookVersion,
        ActionId = feedback.Action,
        Verdict = feedback.Verdict,
        Text = feedback.Text,
        By = feedback.By,
        GivenAt = Timestamp.FromDateTimeOffset(feedback.GivenAt),
        DueAt = OrNone(feedback.DueAt),
        LateSince = OrNone(feedback.LateSince),
        AnsweredAt = OrNone(feedback.AnsweredAt),
        Answer = feedback.Answer,
        AnsweredBy = feedback.AnsweredBy,
        ChangedIn = feedback.ChangedIn,
    };

    private static Timestamp? OrNone(DateTimeOffset? instant) => instant is { } known ? Timestamp.FromDateTimeOffset(known) : null;
}
