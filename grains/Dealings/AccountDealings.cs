using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Deals;

namespace Orchestrator.Grains.Dealings;

/// <summary>What we and an account have in hand with each other. An account with which there is nothing has none of this.</summary>
public sealed record AccountDealings
{
    /// <summary>How many deals may be open at one time.</summary>
    public const int MostOpenDeals = 64;

    /// <summary>How many deals that are over are remembered, those that ended last.</summary>
    public const int MostClosedDeals = 16;

    public static readonly AccountDealings None = new();

    /// <summary>Open ones and those that ended lately; sorted by id.</summary>
    public ImmutableArray<Deal> Deals { get; init; } = [];

    /// <summary>What waits for answers; null: nothing.</summary>
    public HeldTransition? Held { get; init; }

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

    public int OpenDeals => Deals.Count(d => d.IsOpen);

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

    private static ImmutableArray<Deal> Bound(ImmutableArray<Deal> deals)
    {
        var closed = deals.Count(d => !d.IsOpen);
        return closed <= MostClosedDeals ? deals : deals.Remove(deals.Where(d => !d.IsOpen).MinBy(d => d.ClosedAt)!);
    }
}
