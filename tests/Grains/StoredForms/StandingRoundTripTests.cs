using System.Collections.Immutable;
using Google.Protobuf;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Journeys;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;
using Xunit;
using Clause = Orchestrator.Grains.Stages.Clause;

namespace Orchestrator.Grains.Tests.StoredForms;

/// <summary>The cases within the one case that <see cref="RoundTripTests"/> sees of what stands beside a stage.</summary>
public sealed class StandingRoundTripTests
{
    private static readonly GrainKey Account = GrainKey.Account("acme", "a-1");
    private static readonly GrainKey Person = GrainKey.Contact("acme", "a-1", "c-1");
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddTicks(7);
    private static readonly Branch Numbers = new(1, 2, 3, ImmutableSortedDictionary<string, long>.Empty.WithComparers(StringComparer.Ordinal).Add("lead", 1), [new BranchScore("e", 4.5, At, TimeSpan.FromDays(7))]);
    private static readonly JourneyStep Step = new("buyer", "a", "b", "t", At, [new Clause("x", true, "x = 1")], 3, "why");

    private static EntryEvent[] EntryEvents =>
    [
        new EntryEvent.Entered("buyer", "t", "k", At, EntryWay.Manual, "ann", Resumed: true),
        new EntryEvent.Left("buyer", At, "why") { ByMerge = true },
        new EntryEvent.Waits(new WaitingEntry("buyer", "t", "b", "k", At, EntryWay.Api, "ann", Resumes: true), "why"),
        new EntryEvent.Refused("buyer", "t", At, "why"),
        new EntryEvent.Dropped("buyer", At, "why"),
        new EntryEvent.Judged("buyer", "t", Holds: true),
        new EntryEvent.Ticked("buyer", "t", At),
    ];

    public static TheoryData<StandingEvent> Events =>
    [
        new StandingEvent.Engaged("c-1", "page.viewed", 3, 4.5, 2),
        new StandingEvent.ActivityBrought("c-1", new MemberActivity([new DayActivity(1, "a", 2, 3.5)])),
        new StandingEvent.RoleFilled("user", "c-1"),
        new StandingEvent.OfferingRoleSet("o", "user", "c-1", Assigned: true),
        new StandingEvent.MemberJudged("o", "c-1", Belongs: true),
        new StandingEvent.PersonLeft("c-1", "retired", At, null),
        new StandingEvent.PersonLeft("c-1", "", At, GrainKey.Contact("acme", "b-1", "c-9")),
        new StandingEvent.PersonReturned("c-1", At),
        new StandingEvent.JourneyEntered(Step),
        .. EntryEvents.SelectMany(e => (StandingEvent[])[new StandingEvent.OfEntry("", e), new StandingEvent.OfEntry("c-1", e)]),
        new StandingEvent.ParentNamed("top", At),
        new StandingEvent.ParentConfirmed("top"),
        new StandingEvent.ParentRefused("top", "why"),
        new StandingEvent.BranchCounted("x", Numbers),
        new StandingEvent.BranchLeft("x"),
        new StandingEvent.Likened("c-1", 7),
        new StandingEvent.TwinsHeard("domain", ["b-1", "c-1"]),
        new StandingEvent.TwinDismissed("b-1", "kim", "a branch", At),
    ];

    public static TheoryData<PersonEvent> PersonEvents => [new PersonEvent.Left("retired", At), new PersonEvent.Returned(At), new PersonEvent.JourneyEntered(Step), .. EntryEvents.Select(e => new PersonEvent.OfEntry(e))];

    public static TheoryData<FamilyMessage> Messages =>
    [
        new FamilyMessage.Climb("x", 3, 2), new FamilyMessage.Confirm(3), new FamilyMessage.Refuse(3, "why"), new FamilyMessage.Count("x", Numbers), new FamilyMessage.Leave("x"), new FamilyMessage.Follow("a", "b"),
    ];

    [Fact]
    public void All_cases_are_here()
    {
        Assert.Equal(typeof(StandingEvent).GetNestedTypes().Length, Events.Select(e => e.Data.GetType()).Distinct().Count());
        Assert.Equal(typeof(PersonEvent).GetNestedTypes().Length, PersonEvents.Select(e => e.Data.GetType()).Distinct().Count());
        Assert.Equal(typeof(EntryEvent).GetNestedTypes().Length, EntryEvents.Length);
        Assert.Equal(typeof(FamilyMessage).GetNestedTypes().Length, Messages.Count);
    }

    [Theory]
    [MemberData(nameof(Events))]
    public void Every_event_of_an_account_comes_back_and_folds_to_the_same_state(StandingEvent @event)
    {
        var made = new AccountEvent.OfStanding(@event);
        var bytes = EventForm.Write(made, 1).ToByteArray();
        var read = EventForm.Read(StoredEvent.Parser.ParseFrom(bytes), Account);
        Assert.Equal(bytes, EventForm.Write(read, 1).ToByteArray());
        var joined = GrainTurn.Evolve(Account, null, new AccountEvent.ContactJoined("c-1", [], At));
        var state = StateForm.Write(GrainTurn.Evolve(Account, joined, made), 1).ToByteArray();
        Assert.Equal(state, StateForm.Write(GrainTurn.Evolve(Account, joined, read), 1).ToByteArray());
        Assert.Equal(state, StateForm.Write(StateForm.Read(StoredState.Parser.ParseFrom(state)).State, 1).ToByteArray());
    }

    [Theory]
    [MemberData(nameof(PersonEvents))]
    public void Every_event_of_a_person_comes_back_and_folds_to_the_same_state(PersonEvent @event)
    {
        var made = new ContactEvent.OfStanding(@event);
        var bytes = EventForm.Write(made, 1).ToByteArray();
        var read = EventForm.Read(StoredEvent.Parser.ParseFrom(bytes), Person);
        Assert.Equal(bytes, EventForm.Write(read, 1).ToByteArray());
        var state = StateForm.Write(GrainTurn.Evolve(Person, null, made), 1).ToByteArray();
        Assert.Equal(state, StateForm.Write(StateForm.Read(StoredState.Parser.ParseFrom(state)).State, 1).ToByteArray());
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Every_message_between_accounts_comes_back(FamilyMessage message)
    {
        var made = new AccountCommand.OfFamily(Account, message);
        var read = Assert.IsType<AccountCommand.OfFamily>(CommandForm.Read(StoredCommand.Parser.ParseFrom(CommandForm.Write(made).ToByteArray())));
        Assert.Equal(message, read.Message);
    }
}
