using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Playbooks;
using Signal = Orchestrator.V1.Signal;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Insights;

/// <summary>Notes insights and marks them stale at their instant.</summary>
internal static class InsightTurn
{
    public static string? Fault(Signal signal) =>
        DealingsTurn.Text(signal, "about").Length == 0 ? $"`{signal.Type}` must say what it is about: its property `about` is empty"
        : signal.Properties.TryGetValue("valid-for", out var time) && time.KindCase == Value.KindOneofCase.Duration && SignalValues.Span(time) <= TimeSpan.Zero ? "`valid-for` must be longer than nothing"
        : null;

    public static void Take(TurnBuilder turn, CompiledSignal type, Signal signal, DateTimeOffset time)
    {
        var about = DealingsTurn.Text(signal, "about");
        if (!(turn.Account.Dealings?.FindInsight(about)?.NotedAt > time))
        {
            TimeSpan? validFor = signal.Properties.TryGetValue("valid-for", out var span) && span.KindCase == Value.KindOneofCase.Duration ? SignalValues.Span(span) : null;
            turn.Add(new DealingsEvent.InsightNoted(new Insight(about, DealingsTurn.Text(signal, "text"), DealingsTurn.By(signal), time, validFor, type.Definition.Observed && signal.AssertedBy.Length == 0, signal.Id)));
        }
    }

    public static void Judge(TurnBuilder turn, DateTimeOffset at)
    {
        foreach (var insight in turn.Account.Dealings?.Insights ?? [])
        {
            if (!insight.IsStale && insight.ValidUntil <= at)
            {
                turn.Add(new DealingsEvent.InsightStale(insight.About, insight.ValidUntil.Value));
            }
        }
    }

    public static DateTimeOffset? NextChange(Account account)
    {
        DateTimeOffset? next = null;
        foreach (var insight in account.Dealings?.Insights ?? [])
        {
            next = !insight.IsStale && insight.ValidUntil is { } until && (next is null || until < next) ? until : next;
        }

        return next;
    }
}
