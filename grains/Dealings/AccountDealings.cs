using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Feedback;
using Orchestrator.Grains.Handoffs;
using Orchestrator.Grains.Insights;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Promises;

namespace Orchestrator.Grains.Dealings;

/// <summary>What we and an account have in hand with each other. An account with which there is nothing has none of this.</summary>
public sealed record AccountDealings
{
    /// <summary>How many deals may be open at one time.</summary>
    public const int MostOpenDeals = 64;

    /// <summary>How many deals that are over are remembered, those that ended last.</summary>
    public const int MostClosedDeals = 16;

    /// <summary>How many promises may be open at one time.</summary>
    public const int MostOpenPromises = 64;

    /// <summary>How many settled promises, insights, pieces of feedback are remembered, the newest of each.</summary>
    public const int MostRemembered = 64;

    /// <summary>How many notes are remembered, the newest.</summary>
    public const int MostNotes = 8;

    public static readonly AccountDealings None = new();

    /// <summary>Open ones and those that ended lately; sorted by id.</summary>
    public ImmutableArray<Deal> Deals { get; init; } = [];

    /// <summary>What waits for answers; null: nothing.</summary>
    public HeldTransition? Held { get; init; }

    /// <summary>Sorted by department.</summary>
    public ImmutableArray<AssignedOwner> Owners { get; init; } = [];

    /// <summary>Handoffs that came back to the stage where the account is, or to one where it was; at most one for each transition.</summary>
    public ImmutableArray<ReturnedHandoff> Returned { get; init; } = [];

    /// <summary>Oldest first.</summary>
    public ImmutableArray<Note> Notes { get; init; } = [];

    /// <summary>In the order made.</summary>
    public ImmutableArray<Promise> Promises { get; init; } = [];

    /// <summary>One about each thing, in the order noted.</summary>
    public ImmutableArray<Insight> Insights { get; init; } = [];

    /// <summary>Departments that had no room for this account.</summary>
    public ImmutableArray<FullDepartment> Full { get; init; } = [];

    /// <summary>In the order given.</summary>
    public ImmutableArray<GivenFeedback> Feedback { get; init; } = [];

    public static AccountDealings Evolve(AccountDealings dealings, DealingsEvent @event) => @event switch
    {
        DealingsEvent.DealOpened e => dealings.With(dealings.FindDeal(e.Deal) is { } known
            ? known with { OpenedAt = e.At, Standing = DealStanding.Open, ClosedAt = null, Reason = "" }
            : new Deal(e.Deal, e.At)),
        DealingsEvent.DealValued e => dealings.With(dealings.Deal(e.Deal) with { Amount = e.Amount, Currency = e.Currency, AmountAt = e.At }),
        DealingsEvent.QuestionAnswered e => dealings.With(dealings.Deal(e.Deal).With(e.Answer)),
        DealingsEvent.DealClosed e => dealings.With(dealings.Deal(e.Deal) with
        {
            Standing = e.Won ? DealStanding.Won : DealStanding.Lost,
            ClosedAt = e.At,
            Reason = e.Reason,
            FlaggedAt = null,
            FlaggedBecause = "",
        }),
        DealingsEvent.DealFlagged e => dealings.With(dealings.Deal(e.Deal) with { FlaggedAt = e.At, FlaggedBecause = e.Because }),
        DealingsEvent.DealUnflagged e => dealings.With(dealings.Deal(e.Deal) with { FlaggedAt = null, FlaggedBecause = "" }),
        DealingsEvent.TransitionHeld e => dealings with { Held = e.Held },
        // Somebody else may have room.
        DealingsEvent.OwnerAssigned e => dealings with { Owners = Assign(dealings.Owners, e.Owner), Full = dealings.Full.RemoveAll(f => f.Department == e.Owner.Department) },
        DealingsEvent.Joined e => dealings.Merge(e.Dealings),
        DealingsEvent.DepartmentFull e => dealings with { Full = dealings.Full.RemoveAll(f => f.Department == e.Department).Add(new FullDepartment(e.Department, e.At, IsCalled: false)) },
        DealingsEvent.DepartmentCalled e => dealings with { Full = [.. dealings.Full.Select(f => f.Department == e.Department ? f with { IsCalled = true } : f)] },
        DealingsEvent.CallAnswered e => dealings with { Full = dealings.Full.RemoveAll(f => f.Department == e.Department) },
        DealingsEvent.HandoffReturned e => dealings with { Returned = dealings.Returned.RemoveAll(r => r.Transition == e.Handoff.Transition || r.StageSince != e.Handoff.StageSince).Add(e.Handoff) },
        DealingsEvent.HandoffReady e => dealings with { Returned = [.. dealings.Returned.Select(r => r.Transition == e.Transition ? r with { IsReady = true } : r)] },
        DealingsEvent.NoteTaken e => dealings with { Notes = Newest(dealings.Notes.Add(e.Note), MostNotes) },
        DealingsEvent.PromiseMade e => dealings with { Promises = Bound(dealings.Promises.RemoveAll(p => p.Id == e.Promise.Id).Add(e.Promise)) },
        DealingsEvent.PromiseDue e => dealings with { Promises = Change(dealings.Promises, e.Promise, p => p with { DueAt = e.At }) },
        DealingsEvent.PromiseSettled e => dealings with
        {
            Promises = Bound(Change(dealings.Promises, e.Promise, p => p with { Standing = e.Kept ? PromiseStanding.Kept : PromiseStanding.Broken, SettledAt = e.At, Because = e.Because })),
        },
        DealingsEvent.InsightNoted e => dealings with { Insights = Newest(dealings.Insights.RemoveAll(i => i.About == e.Insight.About).Add(e.Insight), MostRemembered) },
        DealingsEvent.InsightStale e => dealings with { Insights = [.. dealings.Insights.Select(i => i.About == e.About ? i with { StaleSince = e.At } : i)] },
        DealingsEvent.FeedbackGiven e => dealings with { Feedback = Newest(dealings.Feedback.Add(e.Feedback), MostRemembered) },
        DealingsEvent.FeedbackLate e => dealings with { Feedback = [.. dealings.Feedback.Select(f => f.Id == e.Feedback ? f with { LateSince = e.At } : f)] },
        DealingsEvent.FeedbackAnswered e => dealings with
        {
            Feedback = [.. dealings.Feedback.Select(f => f.Id == e.Feedback ? f with { Answer = e.Text, AnsweredBy = e.By, AnsweredAt = e.At, ChangedIn = e.ChangedIn } : f)],
        },
        _ => throw new UnreachableException(),
    };

    /// <summary>The deal of this id, or null.</summary>
    public Deal? FindDeal(string id)
    {
        foreach (var deal in Deals)
        {
            if (deal.Id == id)
            {
                return deal;
            }
        }

        return null;
    }

    /// <summary>The promise of this id, or null.</summary>
    public Promise? FindPromise(string id) => Promises.FirstOrDefault(p => p.Id == id);

    /// <summary>The insight about this, or null.</summary>
    public Insight? FindInsight(string about) => Insights.FirstOrDefault(i => i.About == about);

    public int OpenDeals => Deals.Count(d => d.IsOpen);

    /// <summary>
    /// With what another account brings along. Of what both know the newer stays, of two owners ours; what hangs on the other's stage, such as a handoff that came
    /// back, ends with it.
    /// </summary>
    private AccountDealings Merge(AccountDealings other)
    {
        var merged = other.Deals.Aggregate(this, (all, deal) => all.With(all.FindDeal(deal.Id) is { } known ? deal.Answers.Aggregate(known, (d, answer) => d.With(answer)) : deal));
        return merged with
        {
            Owners = [.. merged.Owners.Concat(other.Owners).DistinctBy(o => o.Department).OrderBy(o => o.Department, StringComparer.Ordinal)],
            Notes = Newest([.. merged.Notes.Concat(other.Notes).OrderBy(n => n.At)], MostNotes),
            Promises = [.. merged.Promises.Concat(other.Promises).DistinctBy(p => p.Id)],
            Insights = Newest([.. merged.Insights.Concat(other.Insights).OrderByDescending(i => i.NotedAt).DistinctBy(i => i.About).OrderBy(i => i.NotedAt)], MostRemembered),
            Feedback = Newest([.. merged.Feedback.Concat(other.Feedback).DistinctBy(f => f.Id).OrderBy(f => f.GivenAt)], MostRemembered),
        };
    }

    // A fact about a deal follows the one that opened it; the fold of any other journal must not fail, so it begins the deal.
    private Deal Deal(string id) => FindDeal(id) ?? new Deal(id, DateTimeOffset.UnixEpoch);

    private AccountDealings With(Deal deal)
    {
        for (var i = 0; i < Deals.Length; i++)
        {
            var order = string.CompareOrdinal(Deals[i].Id, deal.Id);
            if (order == 0)
            {
                return this with { Deals = Bound(Deals.SetItem(i, deal)) };
            }

            if (order > 0)
            {
                return this with { Deals = Bound(Deals.Insert(i, deal)) };
            }
        }

        return this with { Deals = Bound(Deals.Add(deal)) };
    }

    /// <summary>No owner stands for the department as a whole.</summary>
    private static ImmutableArray<AssignedOwner> Assign(ImmutableArray<AssignedOwner> owners, AssignedOwner assigned) =>
        [.. owners.RemoveAll(o => o.Department == assigned.Department).Add(assigned).OrderBy(o => o.Department, StringComparer.Ordinal)];

    private static ImmutableArray<Promise> Change(ImmutableArray<Promise> promises, string id, Func<Promise, Promise> change) => [.. promises.Select(p => p.Id == id ? change(p) : p)];

    private static ImmutableArray<Promise> Bound(ImmutableArray<Promise> promises)
    {
        var settled = promises.Count(p => p.Standing != PromiseStanding.Open);
        return settled <= MostRemembered ? promises : promises.Remove(promises.First(p => p.Standing != PromiseStanding.Open));
    }

    private static ImmutableArray<T> Newest<T>(ImmutableArray<T> all, int most) => all.Length <= most ? all : all.RemoveRange(0, all.Length - most);

    private static ImmutableArray<Deal> Bound(ImmutableArray<Deal> deals)
    {
        var closed = deals.Count(d => !d.IsOpen);
        return closed <= MostClosedDeals ? deals : deals.Remove(deals.Where(d => !d.IsOpen).MinBy(d => d.ClosedAt)!);
    }
}
