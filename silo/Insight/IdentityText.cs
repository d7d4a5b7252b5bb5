using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Identities;

namespace Orchestrator.Silo.Insight;

/// <summary>Facts about who belongs to an account, in the reader's words.</summary>
internal static class IdentityText
{
    /// <summary>What an account remembers; null = nothing that a reader would ask for.</summary>
    public static V1.IdentityView? View(AccountHistory? history) => history is null || (history.SettlesAt is null && history.Overrides.IsEmpty) ? null : new()
    {
        SettlesAt = history.SettlesAt is { } settles ? Timestamp.FromDateTimeOffset(settles) : null,
        Overrides = { history.Overrides.Select(o => new V1.MatchOverride { Contact = o.Contact, Account = o.Account, Belongs = o.Belongs, By = o.By, Reason = o.Reason, At = Timestamp.FromDateTimeOffset(o.At) }) },
    };

    public static string KindOf(HistoryEvent fact) => fact switch
    {
        HistoryEvent.Unmerged => "unmerged",
        HistoryEvent.Matched => "matched",
        HistoryEvent.Overridden => "match-said",
        HistoryEvent.Remembered => "match-said",
        HistoryEvent.TookIn => "absorbed",
        HistoryEvent.MergeBegan => "merging",
        HistoryEvent.AccountParted => "unmerged",
        HistoryEvent.AccountRestored => "reinstated",
        HistoryEvent.Reinstated => "reinstated",
        _ => throw new UnreachableException(),
    };

    public static string SentenceOf(HistoryEvent fact) => fact switch
    {
        HistoryEvent.Unmerged e => $"Contact `{e.Contact}` is no longer one with `{e.Other.Id}` of account `{e.Other.Affinity}`, known as {Names(e.Names)}: each has what was their own again.",
        HistoryEvent.Matched { Accounts.Count: 1 } e => $"Contact `{e.Contact}` belongs to account `{e.Accounts[0]}` by the matching rule `{e.Rule}`.",
        HistoryEvent.Matched e => $"The matching rule `{e.Rule}` does not tell to which account contact `{e.Contact}` belongs: {Names(e.Accounts)} are all possible.",
        HistoryEvent.Overridden e => Said(e.Said),
        HistoryEvent.Remembered e => string.Join(" ", e.Said.Select(Said)),
        HistoryEvent.MergeBegan e => $"The account leaves for `{e.Into}`, which carries on.",
        HistoryEvent.AccountParted e => $"Account `{e.From}` is one of its own again: both stand where they would stand had they never been one.",
        HistoryEvent.AccountRestored e => $"The account is one of its own again, no longer a part of `{e.From}`.",
        HistoryEvent.TookIn e => $"Account `{e.From}` was merged into this one: what it knew joined.",
        HistoryEvent.Reinstated e => $"Contact `{e.Contact}`, known as {Names(e.Names)}, is back: they had been taken for `{e.From.Id}` of account `{e.From.Affinity}`.",
        _ => throw new UnreachableException(),
    };

    public static string ContactOf(HistoryEvent fact) => fact switch
    {
        HistoryEvent.Unmerged e => e.Contact,
        HistoryEvent.Matched e => e.Contact,
        HistoryEvent.Overridden e => e.Said.Contact,
        HistoryEvent.Remembered e => e.Said[0].Contact,
        HistoryEvent.TookIn or HistoryEvent.MergeBegan or HistoryEvent.AccountParted or HistoryEvent.AccountRestored => "",
        HistoryEvent.Reinstated e => e.Contact,
        _ => throw new UnreachableException(),
    };

    private static string Said(Grains.Matching.MatchOverride said) =>
        $"{(said.By.Length > 0 ? $"`{said.By}`" : "Somebody")} said at {InstantForm.Show(said.At)} that contact `{said.Contact}` {(said.Belongs ? "belongs" : "does not belong")} to account `{said.Account}`{(said.Reason.Length > 0 ? $": {said.Reason}" : "")}.";

    private static string Names(IReadOnlyList<string> names) => names.Count == 0 ? "nobody" : string.Join(", ", names.Select(n => $"`{n}`"));
}
