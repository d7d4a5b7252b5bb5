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
        DealingsEvent.TransitionHeld e => $"Transition `{e.Held.Transition}` waits for answers about {(e.Held.Deal.Length > 0 ? $"deal `{e.Held.Deal}`" : "a deal")}.",
        _ => throw new UnreachableException(),
    };

    private static string Answer(DealAnswer answer) =>
        string.Join(", ", new[] { answer.Text, answer.At is { } at ? $"at {InstantForm.Show(at)}" : "", answer.Awaits.Length > 0 ? $"awaiting {answer.Awaits}" : "" }.Where(part => part.Length > 0));
}
