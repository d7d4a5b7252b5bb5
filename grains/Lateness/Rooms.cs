using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Milestones;
using Orchestrator.Grains.Promises;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.Support;

namespace Orchestrator.Grains.Lateness;

/// <summary>The rooms of an account, each put right by itself; <see cref="OrderRules"/> says of each property of a state which room it is in, or why it is in none.</summary>
internal static class Rooms
{
    /// <summary>How many changes of one room are put into words.</summary>
    public const int MostChanges = 16;

    /// <summary>The rooms that would be otherwise.</summary>
    /// <param name="account">As it is.</param>
    /// <param name="would">As it would be.</param>
    /// <param name="changedPlays">Plays of which some decision would have been another one.</param>
    /// <param name="toldBroken">Promises that were told to be broken and would not have been, and when.</param>
    /// <param name="engagement">Null: the playbook counts none.</param>
    public static ImmutableArray<RederivedRoom> Differing(Account account, Account would, IReadOnlySet<string> changedPlays, IReadOnlyDictionary<string, DateTimeOffset> toldBroken, CompiledGroupEngagement? engagement, DateTimeOffset now)
    {
        var oldest = engagement is null ? int.MinValue : BuyingGroup.DayOf(now) - engagement.WindowDays + 1;
        var known = Recent(account, oldest);
        var wanted = Recent(KeepRecord(would, account, changedPlays, toldBroken), oldest);
        var rooms = ImmutableArray.CreateBuilder<RederivedRoom>();
        foreach (var room in Enum.GetValues<Room>())
        {
            var (before, after) = (PartOf(known, room), PartOf(wanted, room));
            if (!RoomForm.Write(before).Equals(RoomForm.Write(after)))
            {
                rooms.Add(new RederivedRoom(room, room == Room.BuyingGroup ? OnlyDiffering(before, after) : after, RoomWords.Of(room, before, after)));
            }
        }

        return rooms.ToImmutable();
    }

    /// <summary>The account with the room as it would be.</summary>
    public static Account Put(Account account, Room room, RoomState would) => room switch
    {
        Room.Deals => account with { Dealings = Dealings(account) with { Deals = would.Dealings!.Deals, Held = would.Dealings.Held } },
        Room.Promises => account with { Dealings = Dealings(account) with { Promises = would.Dealings!.Promises } },
        Room.Insights => account with { Dealings = Dealings(account) with { Insights = would.Dealings!.Insights, Notes = would.Dealings.Notes } },
        Room.Feedback => account with { Dealings = Dealings(account) with { Feedback = would.Dealings!.Feedback } },
        Room.Owners => account with { Dealings = Dealings(account) with { Owners = would.Dealings!.Owners, Returned = would.Dealings.Returned } },
        Room.Milestones => account with { Customer = Customer(account) with { Milestones = would.Customer!.Milestones } },
        Room.Customer => account with { Customer = would.Customer! with { Milestones = Customer(account).Milestones, Referrals = Customer(account).Referrals, ReferralCount = Customer(account).ReferralCount } },
        Room.Support => account with { Support = would.Support },
        Room.Recycling => account with { Journey = Way(account) with { Recycle = would.Journey!.Recycle } },
        Room.Way => account with { Journey = would.Journey! with { Recycle = Way(account).Recycle } },
        Room.Journeys => account with { Standing = Standing(account) with { Journeys = would.Standing!.Journeys, Entries = would.Standing.Entries } },
        Room.BuyingGroup => account with
        {
            Standing = Standing(account) with
            {
                Activity = Standing(account).Activity.SetItems(would.Standing!.Activity).RemoveRange(would.Standing.Activity.Where(a => a.Value.Days.IsEmpty).Select(a => a.Key)),
                Joined = would.Standing.Joined,
                OfferingRoles = would.Standing.OfferingRoles,
                OfferingMembers = would.Standing.OfferingMembers,
            },
        },
        _ => throw new UnreachableException(),
    };

    private static RoomState PartOf(Account account, Room room) => room switch
    {
        Room.Deals => new() { Dealings = AccountDealings.None with { Deals = Dealings(account).Deals, Held = Dealings(account).Held } },
        Room.Promises => new() { Dealings = AccountDealings.None with { Promises = Dealings(account).Promises } },
        Room.Insights => new() { Dealings = AccountDealings.None with { Insights = Dealings(account).Insights, Notes = Dealings(account).Notes } },
        Room.Feedback => new() { Dealings = AccountDealings.None with { Feedback = Dealings(account).Feedback } },
        Room.Owners => new() { Dealings = AccountDealings.None with { Owners = Dealings(account).Owners, Returned = Dealings(account).Returned } },
        Room.Milestones => new() { Customer = Customers.Customer.New with { Milestones = Customer(account).Milestones } },
        Room.Customer => new() { Customer = Customer(account) with { Milestones = [], Referrals = [], ReferralCount = 0 } },
        Room.Support => new() { Support = account.Support ?? SupportState.Empty },
        Room.Recycling => new() { Journey = Journey.Empty with { Recycle = Way(account).Recycle } },
        Room.Way => new() { Journey = Way(account) with { Recycle = Recycling.RecycleRecord.None } },
        Room.Journeys => new() { Standing = AccountStanding.Empty with { Journeys = Standing(account).Journeys, Entries = Standing(account).Entries ?? Journeys.EntryBook.Empty } },
        Room.BuyingGroup => new()
        {
            Standing = AccountStanding.Empty with
            {
                Activity = Standing(account).Activity,
                Joined = Standing(account).Joined,
                OfferingRoles = Standing(account).OfferingRoles,
                OfferingMembers = Standing(account).OfferingMembers,
            },
        },
        _ => throw new UnreachableException(),
    };

    private static AccountDealings Dealings(Account account) => account.Dealings ?? AccountDealings.None;

    private static Customer Customer(Account account) => account.Customer ?? Customers.Customer.New;

    private static Journey Way(Account account) => account.Journey ?? Journey.Empty;

    private static AccountStanding Standing(Account account) => account.Standing ?? AccountStanding.Empty;

    /// <summary>What was told and done stays on record, though it would not have been.</summary>
    private static Account KeepRecord(Account would, Account account, IReadOnlySet<string> changedPlays, IReadOnlyDictionary<string, DateTimeOffset> toldBroken) => would with
    {
        Dealings = Dealings(would) with { Promises = [.. Dealings(would).Promises.Select(p => KeepRecord(p, Dealings(account).FindPromise(p.Id), toldBroken))] },
        Customer = Customer(would) with
        {
            Milestones = [.. Customer(would).Milestones.Select(m => MilestoneRun.Find(Customer(account).Milestones, m.Set) is { } told ? m with { Alerted = [.. told.Alerted.Union(m.Alerted)] } : m)],
            SelfService =
            [
                .. Customer(would).SelfService.Where(u => !changedPlays.Contains(u.Play)).Concat(Customer(account).SelfService.Where(u => changedPlays.Contains(u.Play)))
                    .OrderBy(u => u.Play, StringComparer.Ordinal),
            ],
        },
        Journey = Way(would) with { FirstTouch = TouchOf(would, account) },
    };

    /// <summary>Who was told that a promise is broken was told so.</summary>
    private static Promise KeepRecord(Promise would, Promise? known, IReadOnlyDictionary<string, DateTimeOffset> toldBroken) =>
        would.Standing == PromiseStanding.Broken ? would with { ToldBrokenAt = null }
        : would with { ToldBrokenAt = known?.ToldBrokenAt ?? (toldBroken.TryGetValue(would.Id, out var told) ? told : null) };

    /// <summary>What somebody of us really did, they did; it counts for the stay in the stage into which it fell.</summary>
    private static FirstTouch? TouchOf(Account would, Account account) =>
        Way(would).FirstTouch is { } touch && touch.StageSince == would.StageSince ? touch
        : Way(account).FirstTouch is { } done && done.At >= would.StageSince && (would.Stage == done.Stage || would.Stage != account.Stage) ? new FirstTouch(would.Stage, would.StageSince, done.At)
        : Way(would).FirstTouch;

    /// <summary>Without what has left the window: what of that is kept depends on the moment at which it was looked at last.</summary>
    private static Account Recent(Account account, int oldest) => account.Standing is not { } standing || oldest == int.MinValue ? account : account with
    {
        Standing = standing with
        {
            Activity = AccountStanding.Of<MemberActivity>().AddRange(
                standing.Activity.Select(a => KeyValuePair.Create(a.Key, new MemberActivity(a.Value.Days.RemoveAll(d => d.Day < oldest)))).Where(a => !a.Value.Days.IsEmpty)),
        },
    };

    private static RoomState OnlyDiffering(RoomState before, RoomState after)
    {
        var (known, would) = (before.Standing!.Activity, after.Standing!.Activity);
        var differing = would.Where(w => !known.TryGetValue(w.Key, out var k) || !k.Days.SequenceEqual(w.Value.Days)).Concat(known.Where(k => !would.ContainsKey(k.Key)).Select(k => KeyValuePair.Create(k.Key, MemberActivity.None)));
        return after with { Standing = after.Standing with { Activity = AccountStanding.Of<MemberActivity>().AddRange(differing) } };
    }
}
