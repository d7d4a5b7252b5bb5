using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Promises;
using Orchestrator.Grains.Recycling;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.Support;

namespace Orchestrator.Grains.Survivorship;

/// <summary>What another account was, behind its people, joins this one; <see cref="MergeRules"/> says by which rules.</summary>
internal static class AccountMerge
{
    public static Account Join(Account ours, HistoryEvent.TookIn e)
    {
        var theirs = e.Brought!;
        return ours with
        {
            OpenedAt = theirs.OpenedAt < ours.OpenedAt ? theirs.OpenedAt : ours.OpenedAt,
            Attributes = Survivors.Merge(ours.Attributes, theirs.Attributes, e.Survivors),
            Identifiers = ours.Identifiers.SetItems(theirs.Identifiers.Where(i => !ours.Identifiers.ContainsKey(i.Key) && theirs.Standing?.Left.ContainsKey(i.Value) == true)),
            Scores = theirs.Scores.Aggregate(ours.Scores, Account.Merge),
            Tallies = theirs.Tallies.Aggregate(ours.Tallies, Account.Merge),
            LastSignalAt = theirs.LastSignalAt > ours.LastSignalAt ? theirs.LastSignalAt : ours.LastSignalAt,
            SignalCount = ours.SignalCount + theirs.SignalCount,
            Slots = Account.Both(ours.Slots, theirs.Slots),
            Reservations = theirs.Reservations.Where(r => ours.Reservations.All(o => o.Id != r.Id)).Aggregate(ours.Reservations, (all, r) => Account.Bound(all.Insert(0, r))),
            Seen = ours.Seen.Merge(theirs.Seen),
            Deferrals = theirs.Deferrals.Aggregate(ours.Deferrals, Account.Defer),
            Rests = theirs.Rests.Aggregate(ours.Rests, (all, rest) => Contacts.PlayRest.Set(all, rest, DateTimeOffset.MinValue)),
            Journey = Join(ours.Journey, theirs.Journey, moved: ours.StageBy.Length > 0, e.At),
            Dealings = Join(ours.Dealings, theirs.Dealings),
            Customer = Join(ours.Customer, theirs.Customer),
            Standing = Join(ours.Standing is { Twins: { } twins } standing ? standing with { Twins = twins.Without(e.From) } : ours.Standing, theirs.Standing),
            History = Join(ours.History, theirs.History, e.From),
            Support = Join(ours.Support, theirs.Support),
            Boards = Counts.AccountBoards.Join(ours.Boards, theirs.Boards),
            Lateness = Join(ours.Lateness, theirs.Lateness),
        };
    }

    /// <summary>The people whom the state names, who may be others by now.</summary>
    public static IEnumerable<string> PeopleOf(Account? brought) => brought is null ? [] :
        (brought.Customer?.Answers.Select(a => a.Contact) ?? []).Concat(brought.Customer?.Referrals.Select(r => r.Contact) ?? []).Concat(brought.Support?.Tickets.Select(t => t.Contact) ?? [])
        .Where(c => c.Length > 0).Distinct();

    /// <summary>The state with the people as they are known by now.</summary>
    public static Account Renamed(Account brought, string contact, string now) => brought with
    {
        Customer = brought.Customer?.Renamed(contact, now),
        Support = brought.Support is { } support ? support with { Tickets = [.. support.Tickets.Select(t => t.Contact == contact ? t with { Contact = now } : t)] } : null,
    };

    private static Journey? Join(Journey? ours, Journey? theirs, bool moved, DateTimeOffset at)
    {
        if (theirs is null)
        {
            return ours;
        }

        var mine = ours ?? Journey.Empty;
        return mine with
        {
            Recycle = Join(mine.Recycle, theirs.Recycle, moved),
            // Where they stood they stand no more, unless we come to stand there; ours stay last, of which the very last is where we stand.
            Entries = Newest([
                .. theirs.Entries.Where(t => mine.Entries.All(o => (o.Transition, o.Key) != (t.Transition, t.Key))).Select(t => moved ? t with { LeftAt = t.LeftAt ?? at } : t),
                .. mine.Entries.Select(o => theirs.Entries.FirstOrDefault(t => (t.Transition, t.Key) == (o.Transition, o.Key)) is { } t
                    ? o with { Count = o.Count + t.Count, EnteredAt = t.EnteredAt > o.EnteredAt && o.LeftAt is not null ? t.EnteredAt : o.EnteredAt } : o)], Journey.MostEntries),
            Reassignment = moved ? mine.Reassignment : theirs.Reassignment,
            FirstTouch = moved ? mine.FirstTouch : theirs.FirstTouch,
            Reason = moved ? mine.Reason : theirs.Reason,
        };
    }

    /// <summary>Of an account that has moved, the last stay is the one that counts.</summary>
    private static RecycleRecord Join(RecycleRecord ours, RecycleRecord theirs, bool moved)
    {
        var last = moved ? ours.Last : null;
        var stays = ours.Stays.Concat(theirs.Stays).Where(s => !ReferenceEquals(s, last)).OrderBy(s => s.At);
        return new RecycleRecord(
            checked(ours.Attempts + theirs.Attempts), ours.Returns + theirs.Returns, ours.Saved + theirs.Saved, Newest<RecycleStay>(last is null ? [.. stays] : [.. stays, last], RecycleRecord.MostStays));
    }

    private static AccountDealings? Join(AccountDealings? ours, AccountDealings? theirs)
    {
        if (theirs is null)
        {
            return ours;
        }

        // What hangs on the other's stage ends with it: a transition that waits for answers, handoffs that came back. Departments that had no room are asked again.
        var merged = AccountDealings.Evolve((ours ?? AccountDealings.None) with { Deals = [] }, new DealingsEvent.Joined("", theirs with { Deals = [] }, default));
        var deals = (ours?.Deals ?? []).Concat(theirs.Deals).GroupBy(d => d.Id, StringComparer.Ordinal).Select(same => same.Aggregate(Join)).OrderBy(d => d.Id, StringComparer.Ordinal).ToList();
        var forgotten = deals.Where(d => !d.IsOpen).OrderByDescending(d => d.ClosedAt).Skip(AccountDealings.MostClosedDeals).ToHashSet();
        return merged with { Deals = [.. deals.Where(d => !forgotten.Contains(d))], Promises = Settled(ours?.Promises ?? [], merged.Promises) };
    }

    /// <summary>Of one deal that both know: the later word on how it stands and on its amount, the newest answers, the earlier beginning.</summary>
    private static Deal Join(Deal ours, Deal theirs)
    {
        var later = (theirs.ClosedAt ?? theirs.OpenedAt) > (ours.ClosedAt ?? ours.OpenedAt) ? theirs : ours;
        var amount = ours.AmountAt is null || theirs.AmountAt > ours.AmountAt ? theirs : ours;
        return theirs.Answers.Aggregate(later with { Answers = ours.Answers }, (deal, answer) => deal.With(answer)) with
        {
            OpenedAt = later.IsOpen ? later.OpenedAt : theirs.OpenedAt < ours.OpenedAt ? theirs.OpenedAt : ours.OpenedAt,
            Amount = amount.Amount,
            Currency = amount.Currency,
            AmountAt = amount.AmountAt,
        };
    }

    /// <summary>Open promises all stay; of settled ones the newest.</summary>
    private static ImmutableArray<Promise> Settled(ImmutableArray<Promise> ours, ImmutableArray<Promise> all)
    {
        var forgotten = all.Where(p => p.Standing != PromiseStanding.Open).OrderByDescending(p => p.SettledAt).Skip(AccountDealings.MostRemembered).ToHashSet();
        return forgotten.Count == 0 ? all : [.. all.Where(p => !forgotten.Contains(p))];
    }

    private static Customer? Join(Customer? ours, Customer? theirs) => theirs is null ? ours : (ours ?? Customer.New).Merge(theirs) with
    {
        Milestones = [.. (ours?.Milestones ?? []).Concat(theirs.Milestones).GroupBy(m => m.Set, StringComparer.Ordinal).Select(runs => runs.Aggregate(Join))],
        ExpandingSince = ours?.ExpandingSince is { } since && !(theirs.ExpandingSince < since) ? since : theirs.ExpandingSince,
    };

    /// <summary>The earlier start; a milestone that either has reached is reached, at the earlier instant; nobody is told twice that one is overdue.</summary>
    private static MilestoneRun Join(MilestoneRun one, MilestoneRun other) => new(
        one.Set,
        other.StartedAt < one.StartedAt ? other.StartedAt : one.StartedAt,
        [.. one.Reached.Concat(other.Reached).GroupBy(r => r.Id, StringComparer.Ordinal).Select(same => same.MinBy(r => r.At)).OrderBy(r => r.At)],
        [.. one.Alerted.Union(other.Alerted)]);

    private static AccountStanding? Join(AccountStanding? ours, AccountStanding? theirs)
    {
        if (theirs is null || (theirs.Left.IsEmpty && theirs.Journeys.IsEmpty && theirs.Entries is null))
        {
            return ours;
        }

        var mine = ours ?? AccountStanding.Empty;
        return mine with
        {
            Entries = EntryBook.Merge(mine.Entries, theirs.Entries),
            Left = mine.Left.AddRange(theirs.Left.Where(l => !mine.Left.ContainsKey(l.Key))),
            Journeys = mine.Journeys.SetItems(theirs.Journeys.Where(t => !mine.Journeys.TryGetValue(t.Key, out var held) || held.Since < t.Value.Since)),
        };
    }

    private static AccountHistory? Join(AccountHistory? ours, AccountHistory? theirs, string from)
    {
        var mine = AccountHistory.TookIn(ours, from);
        if (theirs is null || (theirs.Overrides.IsEmpty && theirs.Parted.IsEmpty && theirs.PartedAccounts.IsEmpty))
        {
            return mine;
        }

        mine = theirs.Overrides.IsEmpty ? mine ?? new() : AccountHistory.Said(mine, theirs.Overrides);
        return mine with
        {
            Parted = Newest([.. theirs.Parted.Where(t => mine.Parted.All(o => o.Name != t.Name)), .. mine.Parted], AccountHistory.MostParted),
            PartedAccounts = Newest([.. theirs.PartedAccounts.Except(mine.PartedAccounts), .. mine.PartedAccounts], AccountHistory.MostParted),
        };
    }

    /// <summary>What waits to be put right at the other was about its own way, which ends.</summary>
    private static LatenessState? Join(LatenessState? ours, LatenessState? theirs) => theirs is null ? ours : (ours ?? LatenessState.Empty) with
    {
        Corrections = Newest([.. theirs.Corrections, .. ours?.Corrections ?? []], LatenessState.MostCorrections),
        LateSignals = (ours?.LateSignals ?? 0) + theirs.LateSignals,
        ChangedDecisions = (ours?.ChangedDecisions ?? 0) + theirs.ChangedDecisions,
        DoneInError = (ours?.DoneInError ?? 0) + theirs.DoneInError,
    };

    private static SupportState? Join(SupportState? ours, SupportState? theirs) => theirs is null ? ours : new()
    {
        Tickets = [.. (ours?.Tickets ?? []).Concat(theirs.Tickets.Where(t => t.Ticket.Length == 0 || ours?.Tickets.Any(o => o.Ticket == t.Ticket) != true)).OrderBy(t => t.Severity).Take(SupportState.Most).OrderBy(t => t.At)],
        Incidents = [.. (ours?.Incidents ?? []).Union(theirs.Incidents).Take(SupportState.Most)],
    };

    private static ImmutableArray<T> Newest<T>(ImmutableArray<T> all, int most) => all.Length <= most ? all : all[^most..];
}
