using Orchestrator.Grains.Feedback;
using Orchestrator.Grains.Handoffs;
using Orchestrator.Grains.Insights;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Promises;
using Orchestrator.V1;
using AssignedOwner = Orchestrator.Grains.Ownership.AssignedOwner;
using Insight = Orchestrator.Grains.Insights.Insight;
using Promise = Orchestrator.Grains.Promises.Promise;
using ReturnedHandoff = Orchestrator.Grains.Handoffs.ReturnedHandoff;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Stored forms of owners, handoffs that came back, notes, promises, insights and feedback.</summary>
internal static class LedgerForm
{
    public static StoredAssignedOwner Write(AssignedOwner owner) => new() { Department = owner.Department, Owner = owner.Owner, Since = Ticks.Of(owner.Since), By = owner.By };

    public static AssignedOwner Read(StoredAssignedOwner stored) => new(stored.Department, stored.Owner, Ticks.Instant(stored.Since), stored.By);

    public static StoredReturnedHandoff Write(ReturnedHandoff handoff) =>
        new() { Transition = handoff.Transition, StageSince = Ticks.Of(handoff.StageSince), Reason = handoff.Reason, By = handoff.By, Keeper = handoff.Keeper, Ready = handoff.IsReady };

    public static ReturnedHandoff Read(StoredReturnedHandoff stored) => new(stored.Transition, Ticks.Instant(stored.StageSince), stored.Reason, stored.By, stored.Keeper) { IsReady = stored.Ready };

    public static StoredNote Write(Note note) => new() { Signal = note.Signal, Text = note.Text, By = note.By, At = Ticks.Of(note.At) };

    public static Note Read(StoredNote stored) => new(stored.Signal, stored.Text, stored.By, Ticks.Instant(stored.At));

    public static StoredPromise Write(Promise promise) => new()
    {
        Id = promise.Id,
        Text = promise.Text,
        PromiseKind = promise.Kind,
        Deal = promise.Deal,
        By = promise.By,
        Stage = promise.Stage,
        MadeAt = Ticks.Of(promise.MadeAt),
        DueAt = Ticks.Of(promise.DueAt),
        Standing = (int)promise.Standing,
        SettledAt = Ticks.Of(promise.SettledAt),
        Because = promise.Because,
        ToldBrokenAt = Ticks.Of(promise.ToldBrokenAt),
    };

    public static Promise Read(StoredPromise stored) => new(stored.Id, stored.Text, stored.PromiseKind, stored.Deal, stored.By, stored.Stage, Ticks.Instant(stored.MadeAt))
    {
        DueAt = Ticks.InstantOrNone(stored.DueAt),
        Standing = (PromiseStanding)stored.Standing,
        SettledAt = Ticks.InstantOrNone(stored.SettledAt),
        Because = stored.Because,
        ToldBrokenAt = Ticks.InstantOrNone(stored.ToldBrokenAt),
    };

    public static StoredInsight Write(Insight insight)
    {
        var stored = new StoredInsight
        {
            About = insight.About,
            Text = insight.Text,
            By = insight.By,
            NotedAt = Ticks.Of(insight.NotedAt),
            Observed = insight.Observed,
            Signal = insight.Signal,
            StaleSince = Ticks.Of(insight.StaleSince),
        };
        if (insight.ValidFor is { } time)
        {
            stored.ValidFor = time.Ticks;
        }

        return stored;
    }

    public static Insight Read(StoredInsight stored) =>
        new(stored.About, stored.Text, stored.By, Ticks.Instant(stored.NotedAt), stored.HasValidFor ? TimeSpan.FromTicks(stored.ValidFor) : null, stored.Observed, stored.Signal)
        {
            StaleSince = Ticks.InstantOrNone(stored.StaleSince),
        };

    public static StoredFeedback Write(GivenFeedback feedback) => new()
    {
        Id = feedback.Id,
        From = feedback.From,
        To = feedback.To,
        AboutKind = feedback.Kind,
        About = feedback.About,
        PlaybookVersion = feedback.PlaybookVersion,
        Action = feedback.Action,
        Verdict = feedback.Verdict,
        Text = feedback.Text,
        By = feedback.By,
        GivenAt = Ticks.Of(feedback.GivenAt),
        DueAt = Ticks.Of(feedback.DueAt),
        LateSince = Ticks.Of(feedback.LateSince),
        AnsweredAt = Ticks.Of(feedback.AnsweredAt),
        Answer = feedback.Answer,
        AnsweredBy = feedback.AnsweredBy,
        ChangedIn = feedback.ChangedIn,
    };

    public static GivenFeedback Read(StoredFeedback stored) => new(
        stored.Id, stored.From, stored.To, stored.AboutKind, stored.About, stored.PlaybookVersion, stored.Action, stored.Verdict, stored.Text, stored.By, Ticks.Instant(stored.GivenAt))
    {
        DueAt = Ticks.InstantOrNone(stored.DueAt),
        LateSince = Ticks.InstantOrNone(stored.LateSince),
        AnsweredAt = Ticks.InstantOrNone(stored.AnsweredAt),
        Answer = stored.Answer,
        AnsweredBy = stored.AnsweredBy,
        ChangedIn = stored.ChangedIn,
    };
}
