using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Standings;
using Orchestrator.V1;
using AccountStanding = Orchestrator.Grains.Standings.AccountStanding;
using Departure = Orchestrator.Grains.Standings.Departure;

namespace Orchestrator.Grains.StoredForms;

/// <summary>What stands beside an account's stage, as stored.</summary>
internal static class StandingForm
{
    public static StoredStandingEvent Write(StandingEvent @event) => @event switch
    {
        StandingEvent.Engaged e => new() { Engaged = new() { Contact = e.Contact, Activity = e.Activity, Day = e.Day, Points = e.Points, Oldest = e.Oldest } },
        StandingEvent.ActivityBrought e => new() { ActivityBrought = Write(e.Contact, e.Activity) },
        StandingEvent.RoleFilled e => new() { RoleFilled = new() { Role = e.Role, Contact = e.Contact } },
        StandingEvent.OfferingRoleSet e => new() { OfferingRoleSet = new() { Offering = e.Offering, Role = e.Role, Contact = e.Contact, Assigned = e.Assigned } },
        StandingEvent.MemberJudged e => new() { MemberJudged = new() { Offering = e.Offering, Contact = e.Contact, Belongs = e.Belongs } },
        StandingEvent.PersonLeft e => new() { PersonLeft = Write(e.Contact, new Departure(e.Reason, e.At, e.To)) },
        StandingEvent.PersonReturned e => new() { PersonReturned = new() { Contact = e.Contact, At = Ticks.Of(e.At) } },
        StandingEvent.JourneyEntered e => new() { JourneyEntered = SideJourneyForm.Write(e.Step) },
        StandingEvent.OfEntry e => new() { OfEntry = EntryForm.Write(e.Contact, e.Event) },
        StandingEvent.ParentNamed e => new() { ParentNamed = new() { Parent = e.Parent, At = Ticks.Of(e.At) } },
        StandingEvent.ParentConfirmed e => new() { ParentConfirmed = new() { Parent = e.Parent } },
        StandingEvent.ParentRefused e => new() { ParentRefused = new() { Parent = e.Parent, Reason = e.Reason } },
        StandingEvent.BranchCounted e => new() { BranchCounted = FamilyForm.Write(e.Child, e.Branch) },
        StandingEvent.BranchLeft e => new() { BranchLeft = new() { Child = e.Child } },
        StandingEvent.Likened e => new() { Likened = new() { Contact = e.Contact, Likeness = e.Likeness } },
        StandingEvent.TwinsHeard e => new() { TwinsHeard = new() { Kind = e.Kind, Accounts = { e.Accounts } } },
        StandingEvent.TwinDismissed e => new() { TwinDismissed = new() { Account = e.Account, By = e.By, Reason = e.Reason, At = Ticks.Of(e.At) } },
        _ => throw new UnreachableException(),
    };

    /// <param name="key">The account.</param>
    public static StandingEvent Read(StoredStandingEvent stored, GrainKey key) => stored.KindCase switch
    {
        StoredStandingEvent.KindOneofCase.Engaged when stored.Engaged is { } e => new StandingEvent.Engaged(e.Contact, e.Activity, e.Day, e.Points, e.Oldest),
        StoredStandingEvent.KindOneofCase.ActivityBrought => new StandingEvent.ActivityBrought(stored.ActivityBrought.Contact, Read(stored.ActivityBrought)),
        StoredStandingEvent.KindOneofCase.RoleFilled => new StandingEvent.RoleFilled(stored.RoleFilled.Role, stored.RoleFilled.Contact),
        StoredStandingEvent.KindOneofCase.OfferingRoleSet when stored.OfferingRoleSet is { } e => new StandingEvent.OfferingRoleSet(e.Offering, e.Role, e.Contact, e.Assigned),
        StoredStandingEvent.KindOneofCase.MemberJudged when stored.MemberJudged is { } e => new StandingEvent.MemberJudged(e.Offering, e.Contact, e.Belongs),
        StoredStandingEvent.KindOneofCase.PersonLeft when Read(stored.PersonLeft, key) is var d => new StandingEvent.PersonLeft(stored.PersonLeft.Contact, d.Reason, d.At, d.To),
        StoredStandingEvent.KindOneofCase.PersonReturned => new StandingEvent.PersonReturned(stored.PersonReturned.Contact, Ticks.Instant(stored.PersonReturned.At)),
        StoredStandingEvent.KindOneofCase.JourneyEntered => new StandingEvent.JourneyEntered(SideJourneyForm.Read(stored.JourneyEntered)),
        StoredStandingEvent.KindOneofCase.OfEntry => new StandingEvent.OfEntry(stored.OfEntry.Contact, EntryForm.Read(stored.OfEntry)),
        StoredStandingEvent.KindOneofCase.ParentNamed => new StandingEvent.ParentNamed(stored.ParentNamed.Parent, Ticks.Instant(stored.ParentNamed.At)),
        StoredStandingEvent.KindOneofCase.ParentConfirmed => new StandingEvent.ParentConfirmed(stored.ParentConfirmed.Parent),
        StoredStandingEvent.KindOneofCase.ParentRefused => new StandingEvent.ParentRefused(stored.ParentRefused.Parent, stored.ParentRefused.Reason),
        StoredStandingEvent.KindOneofCase.BranchCounted => new StandingEvent.BranchCounted(stored.BranchCounted.Child, FamilyForm.Read(stored.BranchCounted)),
        StoredStandingEvent.KindOneofCase.BranchLeft => new StandingEvent.BranchLeft(stored.BranchLeft.Child),
        StoredStandingEvent.KindOneofCase.Likened => new StandingEvent.Likened(stored.Likened.Contact, stored.Likened.Likeness),
        StoredStandingEvent.KindOneofCase.TwinsHeard => new StandingEvent.TwinsHeard(stored.TwinsHeard.Kind, [.. stored.TwinsHeard.Accounts]),
        StoredStandingEvent.KindOneofCase.TwinDismissed when stored.TwinDismissed is { } e => new StandingEvent.TwinDismissed(e.Account, e.By, e.Reason, Ticks.Instant(e.At)),
        _ => throw new InvalidDataException($"an event of {key} has a form that this version does not know"),
    };

    /// <summary>Nothing is stored where nothing stands.</summary>
    public static StoredStanding? Write(AccountStanding? standing) => standing is null ? null : new()
    {
        Members = { standing.Activity.Select(a => Write(a.Key, a.Value)) },
        Joined = { standing.Joined.Select(j => new StoredRoleJoined { Role = j.Key, Signal = j.Value }) },
        OfferingRoles = { standing.OfferingRoles.Select(r => new StoredOfferingRole { Contact = r.Contact, Role = r.Role, Offering = r.Offering }) },
        OfferingMembers = { standing.OfferingMembers.Select(m => new StoredOfferingMember { Contact = m.Contact, Offering = m.Offering }) },
        Left = { standing.Left.Select(l => Write(l.Key, l.Value)) },
        Journeys = { SideJourneyForm.Write(standing.Journeys) },
        Entries = EntryForm.Write(standing.Entries),
        Family = FamilyForm.Write(standing.Family),
        Likeness = { standing.Likeness.Select(l => new StoredLikeness { Contact = l.Key, Likeness = l.Value }) },
        Twins = standing.Twins is { } twins ? new() { By = { twins.By.Select(b => new StoredTwinsHeard { Kind = b.Key, Accounts = { b.Value } }) }, Dismissed = { twins.Dismissed } } : null,
    };

    /// <param name="key">The account.</param>
    public static AccountStanding? Read(StoredStanding? stored, GrainKey key) => stored is null ? null : AccountStanding.Empty with
    {
        Activity = AccountStanding.Of<MemberActivity>().AddRange(stored.Members.Select(m => KeyValuePair.Create(m.Contact, Read(m)))),
        Joined = AccountStanding.Of<long>().AddRange(stored.Joined.Select(j => KeyValuePair.Create(j.Role, j.Signal))),
        OfferingRoles = [.. stored.OfferingRoles.Select(r => new OfferingRole(r.Contact, r.Role, r.Offering))],
        OfferingMembers = [.. stored.OfferingMembers.Select(m => new OfferingMember(m.Contact, m.Offering))],
        Left = AccountStanding.Of<Departure>().AddRange(stored.Left.Select(l => KeyValuePair.Create(l.Contact, Read(l, key)))),
        Journeys = SideJourneyForm.Read(stored.Journeys),
        Entries = EntryForm.Read(stored.Entries),
        Family = FamilyForm.Read(stored.Family),
        Likeness = AccountStanding.Of<ulong>().AddRange(stored.Likeness.Select(l => KeyValuePair.Create(l.Contact, l.Likeness))),
        Twins = stored.Twins is { } twins ? new(AccountStanding.Of<ImmutableArray<string>>().AddRange(twins.By.Select(b => KeyValuePair.Create(b.Kind, b.Accounts.ToImmutableArray()))), [.. twins.Dismissed]) : null,
    };

    public static StoredMember Write(string contact, MemberActivity activity) => new() { Contact = contact, Days = { activity.Days.Select(Write) } };

    public static MemberActivity Read(StoredMember member) => new([.. member.Days.Select(Read)]);

    private static StoredDeparture Write(string contact, Departure departure)
    {
        var stored = new StoredDeparture { Contact = contact, Reason = departure.Reason, At = Ticks.Of(departure.At) };
        if (departure.To is { } to)
        {
            stored.To = KeyForm.WriteContact(to);
        }

        return stored;
    }

    private static Departure Read(StoredDeparture stored, GrainKey key) =>
        new(stored.Reason, Ticks.Instant(stored.At), stored.To is { } to ? KeyForm.ReadContact(to, key.Tenant) : null);

    private static StoredDayActivity Write(DayActivity day) => new() { Day = day.Day, Activity = day.Activity, Count = day.Count, Points = day.Points };

    private static DayActivity Read(StoredDayActivity day) => new(day.Day, day.Activity, day.Count, day.Points);
}
