using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Feedback;
using Orchestrator.Grains.Insights;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Promises;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Standings;

namespace Orchestrator.Grains.Lateness;

/// <summary>What differs between a room as it is and as it would be, in a few words each.</summary>
internal static class RoomWords
{
    /// <summary>At most <see cref="Rooms.MostChanges"/>; the last then says how many more there are.</summary>
    public static ImmutableArray<string> Of(Room room, RoomState before, RoomState after)
    {
        List<string> said = [.. room switch
        {
            Room.Deals => Deals(before.Dealings!, after.Dealings!),
            Room.Promises => Each(before.Dealings!.Promises, after.Dealings!.Promises, p => p.Id, p => $"promise `{p.Id}`", Promise),
            Room.Insights => Each(before.Dealings!.Insights, after.Dealings!.Insights, i => i.About, i => $"insight about `{i.About}`", Insight)
                .Concat(before.Dealings.Notes.SequenceEqual(after.Dealings.Notes) ? [] : ["the notes of meetings are in the order in which they were taken"]),
            Room.Feedback => Each(before.Dealings!.Feedback, after.Dealings!.Feedback, f => f.Id, f => $"feedback `{f.Id}`", Given),
            Room.Owners => Owners(before.Dealings!, after.Dealings!),
            Room.Milestones => Each(before.Customer!.Milestones, after.Customer!.Milestones, m => m.Set, m => $"the clock of milestones `{m.Set}`", Run),
            Room.Customer => Customer(before.Customer!, after.Customer!),
            Room.Support => Each(before.Support!.Tickets, after.Support!.Tickets, t => t.Ticket, t => $"ticket `{t.Ticket}`", (b, a) => b == a ? null : $"has severity {Number(a.Severity)}, opened {At(a.At)}")
                .Concat(after.Support.Incidents.Except(before.Support.Incidents).Select(i => $"incident `{i}` is open")).Concat(before.Support.Incidents.Except(after.Support.Incidents).Select(i => $"incident `{i}` is over")),
            Room.Recycling => Recycled(before.Journey!, after.Journey!),
            Room.Way => Way(before.Journey!, after.Journey!),
            Room.Journeys => Places(before.Standing!.Journeys, after.Standing!.Journeys).Concat(Entries(before.Standing.Entries, after.Standing.Entries)),
            Room.BuyingGroup => Group(before.Standing!, after.Standing!),
            _ => throw new UnreachableException(),
        }];

        if (said.Count == 0)
        {
            said.Add("its order, or the instants in it");
        }

        return said.Count <= Rooms.MostChanges ? [.. said] : [.. said.Take(Rooms.MostChanges - 1), $"and {Number(said.Count - Rooms.MostChanges + 1)} more"];
    }

    /// <summary>Journeys beside the main one, of the account or of a person.</summary>
    public static IEnumerable<string> Places(ImmutableSortedDictionary<string, JourneyPlace> before, ImmutableSortedDictionary<string, JourneyPlace> after) =>
        Each(before, after, j => j.Key, j => $"journey `{j.Key}`", (b, a) => b.Value == a.Value ? null : $"is at `{a.Value.Stage}` since {At(a.Value.Since)}{(b.Value.Stage == a.Value.Stage ? "" : $", not at `{b.Value.Stage}`")}");

    public static IEnumerable<string> Entries(EntryBook? before, EntryBook? after)
    {
        var (known, would) = (before ?? EntryBook.Empty, after ?? EntryBook.Empty);
        return Each(known.Entries, would.Entries, e => $"{e.Transition}/{e.Key}", e => $"entry into `{e.Transition}`{(e.Key.Length > 0 ? $" for `{e.Key}`" : "")}", Counted)
            .Concat(would.Waiting.Where(w => known.WaitingFor(w.Journey) is null).Select(w => $"it waits for `{w.Journey}` since {At(w.Since)}"))
            .Concat(known.Waiting.Where(w => would.WaitingFor(w.Journey) is null).Select(w => $"it does not wait for `{w.Journey}`"));
    }

    /// <param name="what">Names one of them.</param>
    /// <param name="differs">What differs of one that is in both; null: nothing.</param>
    private static IEnumerable<string> Each<T>(IEnumerable<T> before, IEnumerable<T> after, Func<T, string> key, Func<T, string> what, Func<T, T, string?> differs)
    {
        var known = before.GroupBy(key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        var would = after.GroupBy(key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        return would.Where(w => !known.ContainsKey(w.Key)).Select(w => $"{what(w.Value)} is there{(differs(w.Value, w.Value) is { Length: > 0 } state ? $": {state}" : "")}")
            .Concat(known.Where(k => !would.ContainsKey(k.Key)).Select(k => $"{what(k.Value)} would not be there"))
            .Concat(would.Where(w => known.ContainsKey(w.Key)).Select(w => (w.Value, Differs: differs(known[w.Key], w.Value))).Where(d => d.Differs is { Length: > 0 }).Select(d => $"{what(d.Value)} {d.Differs}"));
    }

    private static IEnumerable<string> Deals(AccountDealings before, AccountDealings after) =>
        Each(before.Deals, after.Deals, d => d.Id, d => $"deal `{d.Id}`", Deal)
            .Concat(before.Held?.Transition == after.Held?.Transition ? [] : [after.Held is { } held ? $"`{held.Transition}` waits for answers" : $"`{before.Held!.Transition}` does not wait for answers"]);

    private static string? Deal(Deal before, Deal after)
    {
        List<string> said = [];
        if ((before.Standing, before.ClosedAt) != (after.Standing, after.ClosedAt))
        {
            said.Add(after.IsOpen ? "is open" : $"was {(after.Standing == DealStanding.Won ? "won" : "lost")} at {At(after.ClosedAt!.Value)}");
        }

        if (before.OpenedAt != after.OpenedAt)
        {
            said.Add($"was opened at {At(after.OpenedAt)}");
        }

        if ((before.Amount, before.Currency) != (after.Amount, after.Currency))
        {
            said.Add(after.Amount is { } amount ? $"amounts to {Number(amount)} minor units {after.Currency}" : "has no amount");
        }

        said.AddRange(after.Answers.Where(a => !before.Answers.Contains(a)).Select(a => $"has another answer to `{a.Question}`"));
        said.AddRange(before.Answers.Where(b => after.Answers.All(a => a.Question != b.Question)).Select(b => $"has no answer to `{b.Question}`"));
        if ((before.FlaggedAt, before.FlaggedBecause) != (after.FlaggedAt, after.FlaggedBecause))
        {
            said.Add(after.FlaggedAt is { } flagged ? $"is flagged since {At(flagged)}" : "is not flagged");
        }

        return Join(said, ReferenceEquals(before, after) && after.IsOpen ? "open" : null);
    }

    private static string? Promise(Promise before, Promise after)
    {
        List<string> said = [];
        if ((before.Standing, before.SettledAt) != (after.Standing, after.SettledAt))
        {
            said.Add(after.Standing == PromiseStanding.Open ? "is open" : $"was {PromiseWords.Of(after.Standing)} at {At(after.SettledAt!.Value)}{(after.Because.Length > 0 ? $" ({after.Because})" : "")}");
        }

        if (before.DueAt != after.DueAt)
        {
            said.Add(after.DueAt is { } due ? $"is due at {At(due)}" : "has no deadline");
        }

        if (after.ToldBrokenAt is { } told && before.ToldBrokenAt is null)
        {
            said.Add($"was told broken at {At(told)}, which stays on record");
        }

        return Join(said, ReferenceEquals(before, after) ? PromiseWords.Of(after.Standing) : before == after ? null : "was made otherwise");
    }

    private static string? Insight(Insight before, Insight after) =>
        before == after ? null : after.StaleSince is { } stale && before.StaleSince is null ? $"is stale since {At(stale)}" : after.StaleSince is null && before.StaleSince is not null ? "is not stale" : $"is that of {At(after.NotedAt)}";

    private static string? Given(GivenFeedback before, GivenFeedback after) =>
        before == after ? null : after.AnsweredAt is { } answered && before.AnsweredAt != answered ? $"was answered at {At(answered)}"
        : after.LateSince is null && before.LateSince is not null ? "was not late" : after.LateSince is { } late && before.LateSince != late ? $"is late since {At(late)}" : "differs";

    private static IEnumerable<string> Owners(AccountDealings before, AccountDealings after) =>
        Each(before.Owners, after.Owners, o => o.Department, o => $"owner in `{(o.Department.Length > 0 ? o.Department : "end to end")}`", (b, a) =>
                b == a && !ReferenceEquals(b, a) ? null : $"{(a.Owner.Length > 0 ? $"`{a.Owner}`" : "nobody in particular")} since {At(a.Since)}{(b.Owner == a.Owner ? "" : $", not {(b.Owner.Length > 0 ? $"`{b.Owner}`" : "nobody in particular")}")}")
            .Concat(Each(before.Returned, after.Returned, r => r.Transition, r => $"handoff `{r.Transition}`", (b, a) => b == a && !ReferenceEquals(b, a) ? null : $"came back at {At(a.StageSince)}{(a.IsReady ? " and may be made again" : "")}"));

    private static string? Run(MilestoneRun before, MilestoneRun after)
    {
        List<string> said = [];
        if (before.StartedAt != after.StartedAt || ReferenceEquals(before, after))
        {
            said.Add($"started at {At(after.StartedAt)}");
        }

        said.AddRange(after.Reached.Where(a => before.ReachedAt(a.Id) != a.At).Select(a => $"`{a.Id}` was reached at {At(a.At)}{(after.Alerted.Contains(a.Id) ? ", though it was told to be overdue, which stays on record" : "")}"));
        said.AddRange(before.Reached.Where(b => after.ReachedAt(b.Id) is null).Select(b => $"`{b.Id}` is not reached"));
        said.AddRange(after.Alerted.Except(before.Alerted).Select(a => $"`{a}` was overdue"));
        return Join(said, null);
    }

    private static IEnumerable<string> Customer(Customer before, Customer after)
    {
        if (before.Purchases != after.Purchases && (before.Purchases?.Count, before.Purchases?.Total, before.Purchases?.Periods) != (after.Purchases?.Count, after.Purchases?.Total, after.Purchases?.Periods))
        {
            yield return $"{Number(after.Purchases?.Count ?? 0)} purchases";
        }

        if (!before.Answers.SequenceEqual(after.Answers))
        {
            yield return "the answers to surveys are others";
        }

        if (before.Contract != after.Contract)
        {
            yield return after.Contract is { } contract ? $"the contract is that of {At(contract.SignedAt)}" : "there is no contract";
        }

        if (before.ExpandingSince != after.ExpandingSince)
        {
            yield return after.ExpandingSince is { } since ? $"it expands since {At(since)}" : "it does not expand";
        }

        foreach (var said in Each(before.Triggers, after.Triggers, t => t.Trigger, t => $"trigger `{t.Trigger}`", (b, a) => b == a && !ReferenceEquals(b, a) ? null : $"fired at {At(a.At)}"))
        {
            yield return said;
        }

        if (before.Referrer != after.Referrer)
        {
            yield return after.Referrer is { } referrer ? $"it was brought by `{referrer.By}`{(before.Referrer is { } was && was.By != referrer.By ? $", not by `{was.By}`, who keeps what was told" : "")}" : "nobody brought it";
        }

        if (!before.SelfService.SequenceEqual(after.SelfService))
        {
            yield return "what it did by itself is counted otherwise";
        }
    }

    private static IEnumerable<string> Recycled(Journey before, Journey after)
    {
        var (known, would) = (before.Recycle, after.Recycle);
        return Numbers(("recycled", "times", known.Attempts, would.Attempts), ("won back", "times", known.Returns, would.Returns), ("saved", "minor units", known.Saved, would.Saved))
            .Concat(would.Stays.Except(known.Stays).Select(s => $"in the pool from {At(s.At)}, attempt {Number(s.Attempt)}, cooling down until {At(s.Until)}{(s.ReturnedAt is { } back ? $", back at {At(back)}" : "")}"))
            .Concat(known.Stays.Where(k => would.Stays.All(w => w.At != k.At)).Select(s => $"not in the pool at {At(s.At)}"));
    }

    private static IEnumerable<string> Way(Journey before, Journey after) =>
        Each(before.Entries, after.Entries, e => $"{e.Transition}/{e.Key}", e => $"coming by `{e.Transition}`{(e.Key.Length > 0 ? $" for `{e.Key}`" : "")}", Counted)
            .Concat(before.Reassignment == after.Reassignment ? [] : [after.Reassignment is { } r ? $"somebody else was to take over at {At(r.At)}" : "nobody else was to take over"])
            .Concat(before.FirstTouch == after.FirstTouch ? [] : [after.FirstTouch is { } t ? $"first touched in `{t.Stage}` at {At(t.At)}" : "not touched yet in its stage"])
            .Concat(before.Reason == after.Reason ? [] : [after.Reason is { } why ? $"in `{why.Stage}` for `{why.Code}`" : "no reason for its stage"]);

    private static string? Counted(StageEntry before, StageEntry after) =>
        before == after && !ReferenceEquals(before, after) ? null : $"counts {Number(after.Count)}, last {At(after.EnteredAt)}{(after.LeftAt is { } left ? $", left {At(left)}" : "")}";

    private static IEnumerable<string> Group(AccountStanding before, AccountStanding after) =>
        after.Activity.Keys.Union(before.Activity.Keys).Order(StringComparer.Ordinal)
            .Select(c => (Contact: c, Before: Points(before, c), After: Points(after, c))).Where(c => c.Before != c.After).Select(c => $"activity of {c.Contact} counts {Number(c.After)}, not {Number(c.Before)}")
            .Concat(after.OfferingRoles.Except(before.OfferingRoles).Select(r => $"`{r.Role}` for `{r.Offering}` is {r.Contact}'s")).Concat(before.OfferingRoles.Except(after.OfferingRoles).Select(r => $"`{r.Role}` for `{r.Offering}` is not {r.Contact}'s"))
            .Concat(after.OfferingMembers.Except(before.OfferingMembers).Select(m => $"{m.Contact} belongs to `{m.Offering}`")).Concat(before.OfferingMembers.Except(after.OfferingMembers).Select(m => $"{m.Contact} does not belong to `{m.Offering}`"))
            .Concat(after.Joined.SequenceEqual(before.Joined) ? [] : ["who took a role last is another"]);

    private static double Points(AccountStanding standing, string contact) => standing.Activity.GetValueOrDefault(contact)?.Days.Sum(d => d.Points) ?? 0;

    private static IEnumerable<string> Numbers(params (string What, string Unit, long Before, long After)[] numbers) =>
        numbers.Where(n => n.Before != n.After).Select(n => $"{n.What} {Number(n.After)} {n.Unit}, not {Number(n.Before)}");

    private static string? Join(List<string> said, string? otherwise) => said.Count > 0 ? string.Join(", ", said) : otherwise;

    private static string At(DateTimeOffset instant) => instant.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
