using System.Diagnostics;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Deals;

namespace Orchestrator.Silo.Insight;

/// <summary>Facts about our dealings with an account in the reader's words.</summary>
internal static class DealingsText
{
    public static string KindOf(DealingsEvent fact) => fact switch
    {
        DealingsEvent.DealOpened or DealingsEvent.DealValued or DealingsEvent.DealClosed => "deal",
        DealingsEvent.QuestionAnswered => "answer",
        DealingsEvent.DealFlagged or DealingsEvent.DealUnflagged => "deal-flag",
        DealingsEvent.TransitionHeld => "held",
        DealingsEvent.OwnerAssigned => "owner",
        DealingsEvent.Joined => "absorbed",
        DealingsEvent.DepartmentFull or DealingsEvent.DepartmentCalled or DealingsEvent.CallAnswered => "capacity",
        DealingsEvent.HandoffReturned or DealingsEvent.HandoffReady => "handoff",
        DealingsEvent.NoteTaken => "note",
        DealingsEvent.PromiseMade or DealingsEvent.PromiseDue or DealingsEvent.PromiseSettled => "promise",
        DealingsEvent.InsightNoted or DealingsEvent.InsightStale => "insight",
        DealingsEvent.FeedbackGiven or DealingsEvent.FeedbackLate or DealingsEvent.FeedbackAnswered => "feedback",
        _ => throw new UnreachableException(),
    };

    public static string SentenceOf(DealingsEvent fact) => fact switch
    {
        DealingsEvent.DealOpened e => $"Deal `{e.Deal}` is open.",
        DealingsEvent.DealValued e => $"Deal `{e.Deal}` is worth {e.Amount} {e.Currency} in minor units.",
        DealingsEvent.DealClosed e => $"Deal `{e.Deal}` was {(e.Won ? "won" : "lost")}{(e.Reason.Length > 0 ? $", reason: {e.Reason}" : "")}.",
        DealingsEvent.QuestionAnswered { Answer.IsWithdrawn: true } e => $"The answer to question `{e.Answer.Question}` of deal `{e.Deal}` was withdrawn.",
        DealingsEvent.QuestionAnswered e => $"Question `{e.Answer.Question}` of deal `{e.Deal}` was answered{(e.Answer.By.Length > 0 ? $" by `{e.Answer.By}`" : "")}, {(e.Answer.Observed ? "observed" : "asserted")}: {Answer(e.Answer)}.",
        DealingsEvent.DealFlagged e => $"Deal `{e.Deal}` was flagged: {e.Because}.",
        DealingsEvent.DealUnflagged e => $"Deal `{e.Deal}` is not flagged any more.",
        DealingsEvent.OwnerAssigned { Owner: var o } => $"{(o.Owner.Length > 0 ? $"`{o.Owner}`" : "Nobody in particular")} acts for the account {(o.Department.Length > 0 ? $"in department `{o.Department}`" : "from end to end")}{(o.By.Length > 0 ? $": {o.By}" : "")}.",
        DealingsEvent.Joined e => $"Deals, owners and promises of account `{e.From}` joined this account.",
        DealingsEvent.DepartmentFull e => $"Nobody of department `{e.Department}` has capacity.",
        DealingsEvent.DepartmentCalled e => $"Department `{e.Department}` has capacity again.",
        DealingsEvent.CallAnswered e => $"What is best was decided with the capacity of department `{e.Department}` in mind.",
        DealingsEvent.HandoffReturned { Handoff: var h } => $"Handoff `{h.Transition}` came back{(h.By.Length > 0 ? $" from `{h.By}`" : "")}{(h.Reason.Length > 0 ? $": {h.Reason}" : "")}.",
        DealingsEvent.HandoffReady e => $"Handoff `{e.Transition}` may be made again.",
        DealingsEvent.NoteTaken { Note: var n } => $"A note came with signal `{n.Signal}`{(n.By.Length > 0 ? $" of `{n.By}`" : "")}: {n.Text}.",
        DealingsEvent.PromiseMade { Promise: var p } => $"`{p.Id}` was promised{(p.By.Length > 0 ? $" by `{p.By}`" : "")}: {p.Text}.",
        DealingsEvent.PromiseDue e => $"Promise `{e.Promise}` is due at {InstantForm.Show(e.At)}.",
        DealingsEvent.PromiseSettled e => $"Promise `{e.Promise}` was {(e.Kept ? "kept" : "broken")}: {e.Because}.",
        DealingsEvent.InsightNoted { Insight: var i } => $"Insight about `{i.About}`{(i.By.Length > 0 ? $" by `{i.By}`" : "")}, {(i.Observed ? "observed" : "asserted")}: {i.Text}.",
        DealingsEvent.InsightStale e => $"The insight about `{e.About}` went stale.",
        DealingsEvent.FeedbackGiven { Feedback: var f } => $"`{f.From}` told `{f.To}` about {f.Kind}{(f.About.Length > 0 ? $" `{f.About}`" : "")}{(f.PlaybookVersion > 0 ? $" of playbook version {f.PlaybookVersion}" : "")}: {f.Verdict}{(f.Text.Length > 0 ? $", {f.Text}" : "")}.",
        DealingsEvent.FeedbackLate e => $"Feedback `{e.Feedback}` was not answered in time.",
        DealingsEvent.FeedbackAnswered e => $"Feedback `{e.Feedback}` was answered{(e.By.Length > 0 ? $" by `{e.By}`" : "")}{(e.ChangedIn > 0 ? $", playbook version {e.ChangedIn} was changed because of it" : "")}{(e.Text.Length > 0 ? $": {e.Text}" : "")}.",
        DealingsEvent.TransitionHeld e => $"Transition `{e.Held.Transition}` waits for answers about {(e.Held.Deal.Length > 0 ? $"deal `{e.Held.Deal}`" : "a deal")}.",
        _ => throw new UnreachableException(),
    };

    private static string Answer(DealAnswer answer) =>
        string.Join(", ", new[] { answer.Text, answer.At is { } at ? $"at {InstantForm.Show(at)}" : "", answer.Awaits.Length > 0 ? $"awaiting {answer.Awaits}" : "" }.Where(part => part.Length > 0));
}
