using System.Diagnostics;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Standings;
using Orchestrator.V1;

namespace Orchestrator.Grains.StoredForms;

/// <summary>What stands beside an account's stage, as stored.</summary>
internal static class StandingForm
{
    public static StoredStandingEvent Write(StandingEvent @event) => @event switch
    {
        StandingEvent.Engaged e => new() { Engaged = new() { Contact = e.Contact, Activity = e.Activity, Day = e.Day, Points = e.Points, Oldest = e.Oldest } },
        StandingEvent.RoleFilled e => new() { RoleFilled = new() { Role = e.Role, Contact = e.Contact } },
        _ => throw new UnreachableException(),
    };

    /// <param name="key">The account.</param>
    public static StandingEvent Read(StoredStandingEvent stored, GrainKey key) => stored.KindCase switch
    {
        StoredStandingEvent.KindOneofCase.Engaged when stored.Engaged is { } e => new StandingEvent.Engaged(e.Contact, e.Activity, e.Day, e.Points, e.Oldest),
        StoredStandingEvent.KindOneofCase.RoleFilled => new StandingEvent.RoleFilled(stored.RoleFilled.Role, stored.RoleFilled.Contact),
        _ => throw new InvalidDataException($"an event of {key} has a form that this version does not know"),
    };

    /// <summary>Nothing is stored where nothing stands.</summary>
    public static StoredStanding? Write(AccountStanding? standing) => standing is null ? null : new()
    {
        Members = { standing.Activity.Select(a => new StoredMember { Contact = a.Key, Days = { a.Value.Days.Select(Write) } }) },
        Joined = { standing.Joined.Select(j => new StoredRoleJoined { Role = j.Key, Signal = j.Value }) },
    };

    /// <param name="key">The account.</param>
    public static AccountStanding? Read(StoredStanding? stored, GrainKey key) => stored is null ? null : AccountStanding.Empty with
    {
        Activity = AccountStanding.Of<MemberActivity>().AddRange(stored.Members.Select(m => KeyValuePair.Create(m.Contact, new MemberActivity([.. m.Days.Select(Read)])))),
        Joined = AccountStanding.Of<long>().AddRange(stored.Joined.Select(j => KeyValuePair.Create(j.Role, j.Signal))),
    };

    private static StoredDayActivity Write(DayActivity day) => new() { Day = day.Day, Activity = day.Activity, Count = day.Count, Points = day.Points };

    private static DayActivity Read(StoredDayActivity day) => new(day.Day, day.Activity, day.Count, day.Points);
}
