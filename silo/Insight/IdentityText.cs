using System.Diagnostics;
using Orchestrator.Grains.Identities;

namespace Orchestrator.Silo.Insight;

/// <summary>Facts about who belongs to an account, in the reader's words.</summary>
internal static class IdentityText
{
    public static string KindOf(HistoryEvent fact) => fact switch
    {
        HistoryEvent.Unmerged => "unmerged",
        HistoryEvent.TookIn => "absorbed",
        HistoryEvent.Reinstated => "reinstated",
        _ => throw new UnreachableException(),
    };

    public static string SentenceOf(HistoryEvent fact) => fact switch
    {
        HistoryEvent.Unmerged e => $"Contact `{e.Contact}` is no longer one with `{e.Other.Id}` of account `{e.Other.Affinity}`, known as {Names(e.Names)}: each has what was their own again.",
        HistoryEvent.TookIn e => $"Account `{e.From}` was merged into this one: what it knew joined.",
        HistoryEvent.Reinstated e => $"Contact `{e.Contact}`, known as {Names(e.Names)}, is back: they had been taken for `{e.From.Id}` of account `{e.From.Affinity}`.",
        _ => throw new UnreachableException(),
    };

    public static string ContactOf(HistoryEvent fact) => fact switch
    {
        HistoryEvent.Unmerged e => e.Contact,
        HistoryEvent.TookIn => "",
        HistoryEvent.Reinstated e => e.Contact,
        _ => throw new UnreachableException(),
    };

    private static string Names(IReadOnlyList<string> names) => names.Count == 0 ? "nobody" : string.Join(", ", names.Select(n => $"`{n}`"));
}
