using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;
using Orchestrator.V1;
using Clause = Orchestrator.Grains.Stages.Clause;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Events as stored. A new event is a case here, twice: written and read.</summary>
public static class EventForm
{
    /// <summary>The stored form of an event of the frame's turn <paramref name="turn"/>.</summary>
    public static StoredEvent Write(GrainEvent @event, uint turn) => @event switch
    {
        AccountEvent e => new StoredEvent { Turn = turn, Account = Write(e) },
        ContactEvent e => new StoredEvent { Turn = turn, Contact = Write(e) },
        IdentityEvent.Bound e => new StoredEvent
        {
            Turn = turn,
            Identity = new() { Bound = new() { Contact = KeyForm.WriteContact(e.Contact), Provisional = e.Provisional, At = Ticks.Of(e.At), Via = e.Via is { } via ? KeyForm.WriteContact(via) : null, Marker = e.Marker } },
        },
        IdentityEvent.Claimed or IdentityEvent.Waits => new StoredEvent { Turn = turn, Identity = MatchForm.Write((IdentityEvent)@event) },
        IdentityEvent.Arrived => new StoredEvent { Turn = turn, Identity = new() { Arrived = new() } },
        OwnerEvent e => new StoredEvent { Turn = turn, Owner = OwnerForm.Write(e) },
        CatalogEvent.DraftSaved e => new StoredEvent { Turn = turn, Catalog = new() { DraftSaved = DraftForm.Write(e) } },
        CatalogEvent.DraftDeleted e => new StoredEvent { Turn = turn, Catalog = new() { DraftDeleted = DraftForm.Write(e) } },
        CatalogEvent.Published e => new StoredEvent { Turn = turn, Catalog = new() { Published = PartForm.Write(e.Version) } },
        _ => throw new UnreachableException(),
    };

    /// <summary>Appends the same as bytes: the fields of the message, without a tag and a length of its own.</summary>
    public static void Write(GrainEvent @event, uint turn, FormBuffer into) => EventBytes.Write(@event, turn, into);

    /// <summary>The event of a stored form; <paramref name="key"/> is the grain whose entry it stands in.</summary>
    public static GrainEvent Read(StoredEvent stored, GrainKey key) => stored.KindCase switch
    {
        StoredEvent.KindOneofCase.Account => Read(stored.Account, key),
        StoredEvent.KindOneofCase.Contact => Read(stored.Contact, key),
        StoredEvent.KindOneofCase.Identity when stored.Identity.Bound is { } e => new IdentityEvent.Bound(
            KeyForm.ReadContact(e.Contact, key.Tenant), e.Provisional, Ticks.Instant(e.At), e.Via is { } via ? KeyForm.ReadContact(via, key.Tenant) : null) { Marker = e.Marker },
        StoredEvent.KindOneofCase.Identity when stored.Identity.Claimed is not null || stored.Identity.Waits is not null => MatchForm.Read(stored.Identity, key),
        StoredEvent.KindOneofCase.Identity when stored.Identity.Arrived is not null => new IdentityEvent.Arrived(),
        StoredEvent.KindOneofCase.Owner => OwnerForm.Read(stored.Owner),
        StoredEvent.KindOneofCase.Catalog when stored.Catalog.DraftSaved is { } e => DraftForm.Read(e),
        StoredEvent.KindOneofCase.Catalog when stored.Catalog.DraftDeleted is { } e => DraftForm.Read(e),
        StoredEvent.KindOneofCase.Catalog when stored.Catalog.Published is { } e => new CatalogEvent.Published(PartForm.Read(e)),
        _ => throw new InvalidDataException($"an event of {key} has a form that this version does not know"),
    };

    private static StoredAccountEvent Write(AccountEvent @event) => @event switch
    {
        AccountEvent.Opened e => new() { Opened = new() { Provisional = e.Provisional, Stage = e.Stage, At = Ticks.Of(e.At) } },
        AccountEvent.SignalRecorded e => new() { SignalRecorded = Write(e) },
        AccountEvent.AttributesSet e => new() { AttributesSet = PartForm.Write(e.Values, e.At, e.Origin) },
        AccountEvent.ContactJoined e => new() { ContactJoined = new() { Contact = e.Contact, Identifiers = { e.Identifiers.Select(KeyForm.Write) }, At = Ticks.Of(e.At) } },
        AccountEvent.ContactLeft e => new() { ContactLeft = new() { Contact = e.Contact, To = KeyForm.WriteContact(e.To), At = Ticks.Of(e.At) } },
        AccountEvent.RoleSet e => new() { RoleSet = new() { Contact = e.Contact, Role = e.Role, Assigned = e.Assigned } },
        AccountEvent.StageEntered e => new()
        {
            StageEntered = new()
            {
                From = e.From,
                To = e.To,
                Transition = e.Transition,
                At = Ticks.Of(e.At),
                Evidence = { e.Evidence.Select(c => new StoredClause { Text = c.Text, Held = c.Held, Values = c.Values, AssertedOnly = c.AssertedOnly }) },
                PlaybookVersion = e.PlaybookVersion,
                Reason = e.Reason,
            },
        },
        AccountEvent.SlaBreached e => new() { SlaBreached = new() { Stage = e.Stage, At = Ticks.Of(e.At) } },
        AccountEvent.ActionOffered e => new() { ActionOffered = new() { Action = PartForm.Write(e.Action), SlotTaken = e.SlotTaken } },
        AccountEvent.ActionEnded e => new() { ActionEnded = new() { Id = e.Id, How = (StoredActionEnded.Types.How)e.How, Outcome = e.Outcome, At = Ticks.Of(e.At), SlotKept = e.SlotKept, By = e.By } },
        AccountEvent.ActionReturned e => new() { ActionReturned = new() { Id = e.Id, Attempt = e.Attempt, NotBefore = Ticks.Of(e.NotBefore), Reason = e.Reason } },
        AccountEvent.Woken e => new() { Woken = new() { Due = Ticks.Of(e.Due), At = Ticks.Of(e.At), PlaybookVersion = e.PlaybookVersion } },
        AccountEvent.NoneDecided e => new() { None = new() { Reason = (uint)e.Reason } },
        AccountEvent.Asked e => new() { Asked = new() { Contact = e.Contact, Channel = e.Channel, At = Ticks.Of(e.At), PlaybookVersion = e.PlaybookVersion } },
        AccountEvent.Reserved e => new() { Reserved = PartForm.Write(e.Reservation) },
        AccountEvent.ReservationEnded e => new() { ReservationEnded = new() { Id = e.Id, Confirmed = e.Confirmed, At = Ticks.Of(e.At) } },
        AccountEvent.Forwarded e => new() { Forwarded = new() { Account = e.Account, At = Ticks.Of(e.At) } },
        AccountEvent.Absorbed e => new()
        {
            Absorbed = new()
            {
                Contact = e.Contact,
                From = KeyForm.WriteContact(e.From),
                Scores = { e.Scores.Select(PartForm.Write) },
                Tallies = { e.Tallies.Select(PartForm.Write) },
                At = Ticks.Of(e.At),
                Seen = PartForm.Write(e.Seen),
                Slots = { e.Slots.Select(PartForm.Write) },
                Customer = CustomerForm.Write(e.Customer),
            },
        },
        AccountEvent.Deferred e => new() { Deferred = PartForm.Write(new Deferral(e.Contact, e.Signal, e.Until)) },
        AccountEvent.ActionGranted e => new() { ActionGranted = new() { Id = e.Id, Owner = e.Owner } },
        AccountEvent.OfDealings e => new() { Dealings = DealingsForm.Write(e.Event) },
        AccountEvent.OfCustomer e => new() { OfCustomer = CustomerForm.Write(e.Event) },
        AccountEvent.OfHistory e => IdentityForm.Write(e.Event),
        AccountEvent.OfFlight e => new() { Flight = FlightForm.Write(e.Event) },
        AccountEvent.PlayRested e => new() { PlayRested = new() { Play = e.Play, Until = Ticks.Of(e.Until), At = Ticks.Of(e.At) } },
        AccountEvent.OfJourney e => new() { Journey = JourneyForm.Write(e.Event) },
        AccountEvent.OfBoard e => new() { OfBoard = BoardForm.Write(e.Event) },
        AccountEvent.OfSupport e => new() { Support = SupportForm.Write(e.Event) },
        AccountEvent.OfMembership e => new() { Membership = new() { Contact = e.Contact, Event = MembershipForm.Write(e.Event) } },
        AccountEvent.OfLateness e => new() { Lateness = LatenessForm.Write(e.Event) },
        AccountEvent.OfStanding e => new() { Standing = StandingForm.Write(e.Event) },
        _ => throw new UnreachableException(),
    };

    private static AccountEvent Read(StoredAccountEvent stored, GrainKey key) => stored.KindCase switch
    {
        StoredAccountEvent.KindOneofCase.Opened => new AccountEvent.Opened(stored.Opened.Provisional, stored.Opened.Stage, Ticks.Instant(stored.Opened.At)),
        StoredAccountEvent.KindOneofCase.SignalRecorded => Read(stored.SignalRecorded),
        StoredAccountEvent.KindOneofCase.AttributesSet => new AccountEvent.AttributesSet(stored.AttributesSet.Values, Ticks.Instant(stored.AttributesSet.At)) { Origin = PartForm.Read(stored.AttributesSet.Origin) },
        StoredAccountEvent.KindOneofCase.ContactJoined => new AccountEvent.ContactJoined(
            stored.ContactJoined.Contact, [.. stored.ContactJoined.Identifiers.Select(KeyForm.Read)], Ticks.Instant(stored.ContactJoined.At)),
        StoredAccountEvent.KindOneofCase.ContactLeft => new AccountEvent.ContactLeft(
            stored.ContactLeft.Contact, KeyForm.ReadContact(stored.ContactLeft.To, key.Tenant), Ticks.Instant(stored.ContactLeft.At)),
        StoredAccountEvent.KindOneofCase.RoleSet => new AccountEvent.RoleSet(stored.RoleSet.Contact, stored.RoleSet.Role, stored.RoleSet.Assigned),
        StoredAccountEvent.KindOneofCase.StageEntered => Read(stored.StageEntered),
        StoredAccountEvent.KindOneofCase.SlaBreached => new AccountEvent.SlaBreached(stored.SlaBreached.Stage, Ticks.Instant(stored.SlaBreached.At)),
        StoredAccountEvent.KindOneofCase.ActionOffered => new AccountEvent.ActionOffered(PartForm.Read(stored.ActionOffered.Action), stored.ActionOffered.SlotTaken),
        StoredAccountEvent.KindOneofCase.ActionEnded => new AccountEvent.ActionEnded(
            stored.ActionEnded.Id, (EndedHow)stored.ActionEnded.How, stored.ActionEnded.Outcome, Ticks.Instant(stored.ActionEnded.At), stored.ActionEnded.SlotKept) { By = stored.ActionEnded.By },
        StoredAccountEvent.KindOneofCase.ActionReturned => new AccountEvent.ActionReturned(
            stored.ActionReturned.Id, stored.ActionReturned.Attempt, Ticks.Instant(stored.ActionReturned.NotBefore), stored.ActionReturned.Reason),
        StoredAccountEvent.KindOneofCase.Woken => new AccountEvent.Woken(Ticks.Instant(stored.Woken.Due), Ticks.Instant(stored.Woken.At), stored.Woken.PlaybookVersion),
        // The generated name of the case `none`; `None` without the underscore means "no case set".
        StoredAccountEvent.KindOneofCase.None_ => new AccountEvent.NoneDecided((NoneReason)stored.None.Reason),
        StoredAccountEvent.KindOneofCase.Asked => new AccountEvent.Asked(
            stored.Asked.Contact, stored.Asked.Channel, Ticks.Instant(stored.Asked.At), stored.Asked.PlaybookVersion),
        StoredAccountEvent.KindOneofCase.Reserved => new AccountEvent.Reserved(PartForm.Read(stored.Reserved)),
        StoredAccountEvent.KindOneofCase.ReservationEnded => new AccountEvent.ReservationEnded(
            stored.ReservationEnded.Id, stored.ReservationEnded.Confirmed, Ticks.Instant(stored.ReservationEnded.At)),
        StoredAccountEvent.KindOneofCase.Forwarded => new AccountEvent.Forwarded(stored.Forwarded.Account, Ticks.Instant(stored.Forwarded.At)),
        StoredAccountEvent.KindOneofCase.Absorbed => new AccountEvent.Absorbed(
            stored.Absorbed.Contact,
            KeyForm.ReadContact(stored.Absorbed.From, key.Tenant),
            [.. stored.Absorbed.Scores.Select(PartForm.Read)],
            [.. stored.Absorbed.Tallies.Select(PartForm.Read)],
            Ticks.Instant(stored.Absorbed.At))
        {
            Seen = PartForm.Read(stored.Absorbed.Seen),
            Slots = [.. stored.Absorbed.Slots.Select(PartForm.Read)],
            Customer = CustomerForm.Read(stored.Absorbed.Customer),
        },
        StoredAccountEvent.KindOneofCase.Deferred => PartForm.Read(stored.Deferred) is var d ? new AccountEvent.Deferred(d.Contact, d.Signal, d.Until) : throw new UnreachableException(),
        StoredAccountEvent.KindOneofCase.ActionGranted => new AccountEvent.ActionGranted(stored.ActionGranted.Id, stored.ActionGranted.Owner),
        StoredAccountEvent.KindOneofCase.Dealings => new AccountEvent.OfDealings(DealingsForm.Read(stored.Dealings)),
        StoredAccountEvent.KindOneofCase.OfCustomer => new AccountEvent.OfCustomer(CustomerForm.Read(stored.OfCustomer)),
        StoredAccountEvent.KindOneofCase.Unmerged => new AccountEvent.OfHistory(IdentityForm.Read(stored.Unmerged, key)),
        StoredAccountEvent.KindOneofCase.TookIn => new AccountEvent.OfHistory(IdentityForm.ReadTookIn(stored.TookIn, key)),
        StoredAccountEvent.KindOneofCase.Matched => new AccountEvent.OfHistory(MatchForm.Read(stored.Matched)),
        StoredAccountEvent.KindOneofCase.History => new AccountEvent.OfHistory(MatchForm.Read(stored.History, key)),
        StoredAccountEvent.KindOneofCase.Reinstated => new AccountEvent.OfHistory(IdentityForm.Read(stored.Reinstated, key)),
        StoredAccountEvent.KindOneofCase.Flight => new AccountEvent.OfFlight(FlightForm.Read(stored.Flight)),
        StoredAccountEvent.KindOneofCase.PlayRested => new AccountEvent.PlayRested(stored.PlayRested.Play, Ticks.Instant(stored.PlayRested.Until), Ticks.Instant(stored.PlayRested.At)),
        StoredAccountEvent.KindOneofCase.Journey => new AccountEvent.OfJourney(JourneyForm.Read(stored.Journey)),
        StoredAccountEvent.KindOneofCase.OfBoard => new AccountEvent.OfBoard(BoardForm.Read(stored.OfBoard)),
        StoredAccountEvent.KindOneofCase.Support => new AccountEvent.OfSupport(SupportForm.Read(stored.Support)),
        StoredAccountEvent.KindOneofCase.Membership => new AccountEvent.OfMembership(stored.Membership.Contact, MembershipForm.Read(stored.Membership.Event, key.Tenant)),
        StoredAccountEvent.KindOneofCase.Lateness => new AccountEvent.OfLateness(LatenessForm.Read(stored.Lateness, key)),
        StoredAccountEvent.KindOneofCase.Standing => new AccountEvent.OfStanding(StandingForm.Read(stored.Standing, key)),
        _ => throw new InvalidDataException($"an event of {key} has a form that this version does not know"),
    };

    private static StoredSignalRecorded Write(AccountEvent.SignalRecorded e)
    {
        var stored = new StoredSignalRecorded
        {
            Signal = e.Signal,
            Contact = e.Contact,
            At = Ticks.Of(e.At),
            PlaybookVersion = e.PlaybookVersion,
            IdHash = e.IdHash,
            ContentHash = e.ContentHash,
            Sequence = e.Sequence,
        };
        for (var i = 0; i < e.Scores.Count; i++)
        {
            stored.Scores.Add(PartForm.Write(e.Scores[i]));
        }

        for (var i = 0; i < e.Tallies.Count; i++)
        {
            stored.Tallies.Add(PartForm.Write(e.Tallies[i]));
        }

        return stored;
    }

    private static AccountEvent.SignalRecorded Read(StoredSignalRecorded stored) => new(
        stored.Signal,
        stored.Contact,
        Ticks.Instant(stored.At),
        [.. stored.Scores.Select(PartForm.Read)],
        [.. stored.Tallies.Select(PartForm.Read)],
        stored.PlaybookVersion,
        stored.IdHash,
        stored.ContentHash,
        stored.Sequence);

    private static AccountEvent.StageEntered Read(StoredStageEntered stored) => new(
        stored.From,
        stored.To,
        stored.Transition,
        Ticks.Instant(stored.At),
        [.. stored.Evidence.Select(c => new Clause(c.Text, c.Held, c.Values) { AssertedOnly = c.AssertedOnly })],
        stored.PlaybookVersion,
        stored.Reason);

    private static StoredContactEvent Write(ContactEvent @event) => @event switch
    {
        ContactEvent.Opened e => new() { Opened = new() { Identifiers = { e.Identifiers.Select(KeyForm.Write) }, At = Ticks.Of(e.At) } },
        ContactEvent.Signalled e => new() { Signalled = Write(e) },
        ContactEvent.AttributesSet e => new() { AttributesSet = PartForm.Write(e.Values, e.At, e.Origin) },
        ContactEvent.RoleSet e => new() { Role = new() { Role = e.Role, Assigned = e.Assigned, At = Ticks.Of(e.At) } },
        ContactEvent.ConsentSet e => new() { Consent = PartForm.Write(e.Consent) },
        ContactEvent.SlotTaken e => new() { SlotTaken = PartForm.Write(e.Slot) },
        ContactEvent.SlotFreed e => new() { SlotEnded = new() { Id = e.Id } },
        ContactEvent.PlayRested e => new() { PlayRested = new() { Play = e.Play, Until = Ticks.Of(e.Until), At = Ticks.Of(e.At) } },
        ContactEvent.IdentifierAdded e => new() { IdentifierAdded = new() { Identifier = KeyForm.Write(e.Name) } },
        ContactEvent.OutcomeNoted e => new() { Rested = new() { Outcome = e.Outcome, At = Ticks.Of(e.At), Until = Ticks.Of(e.RestUntil) } },
        ContactEvent.Moved e => new() { Moved = new() { To = KeyForm.WriteContact(e.To), At = Ticks.Of(e.At) } },
        ContactEvent.Restored e => new() { Restored = new() { Other = StateForm.Write(e.State), At = Ticks.Of(e.At) } },
        ContactEvent.Absorbed e => new() { Absorbed = new() { Other = StateForm.Write(e.Other), At = Ticks.Of(e.At), Survivors = { e.Survivors.Select(StateForm.Write) }, Rules = (uint)e.Rules } },
        ContactEvent.Corrected e => new() { Corrected = LatenessForm.Write(e) },
        ContactEvent.OfMembership e => new() { Membership = MembershipForm.Write(e.Event) },
        ContactEvent.OfStanding e => new() { Standing = PersonStandingForm.Write(e.Event) },
        _ => throw new UnreachableException(),
    };

    private static StoredContactSignalled Write(ContactEvent.Signalled e)
    {
        var stored = new StoredContactSignalled { At = Ticks.Of(e.At) };
        for (var i = 0; i < e.Scores.Count; i++)
        {
            stored.Scores.Add(PartForm.Write(e.Scores[i]));
        }

        return stored;
    }

    private static ContactEvent Read(StoredContactEvent stored, GrainKey key) => stored.KindCase switch
    {
        StoredContactEvent.KindOneofCase.Opened => new ContactEvent.Opened([.. stored.Opened.Identifiers.Select(KeyForm.Read)], Ticks.Instant(stored.Opened.At)),
        StoredContactEvent.KindOneofCase.Signalled => new ContactEvent.Signalled(Ticks.Instant(stored.Signalled.At), [.. stored.Signalled.Scores.Select(PartForm.Read)]),
        StoredContactEvent.KindOneofCase.AttributesSet => new ContactEvent.AttributesSet(stored.AttributesSet.Values, Ticks.Instant(stored.AttributesSet.At)) { Origin = PartForm.Read(stored.AttributesSet.Origin) },
        StoredContactEvent.KindOneofCase.Role => new ContactEvent.RoleSet(stored.Role.Role, stored.Role.Assigned, Ticks.Instant(stored.Role.At)),
        StoredContactEvent.KindOneofCase.Consent => new ContactEvent.ConsentSet(PartForm.Read(stored.Consent)),
        StoredContactEvent.KindOneofCase.SlotTaken => new ContactEvent.SlotTaken(PartForm.Read(stored.SlotTaken)),
        StoredContactEvent.KindOneofCase.SlotEnded => new ContactEvent.SlotFreed(stored.SlotEnded.Id),
        StoredContactEvent.KindOneofCase.PlayRested => new ContactEvent.PlayRested(stored.PlayRested.Play, Ticks.Instant(stored.PlayRested.Until), Ticks.Instant(stored.PlayRested.At)),
        StoredContactEvent.KindOneofCase.IdentifierAdded => new ContactEvent.IdentifierAdded(KeyForm.Read(stored.IdentifierAdded.Identifier)),
        StoredContactEvent.KindOneofCase.Rested => new ContactEvent.OutcomeNoted(stored.Rested.Outcome, Ticks.Instant(stored.Rested.At), Ticks.Instant(stored.Rested.Until)),
        StoredContactEvent.KindOneofCase.Moved => new ContactEvent.Moved(KeyForm.ReadContact(stored.Moved.To, key.Tenant), Ticks.Instant(stored.Moved.At)),
        StoredContactEvent.KindOneofCase.Restored => new ContactEvent.Restored(StateForm.Read(stored.Restored.Other, key), Ticks.Instant(stored.Restored.At)),
        StoredContactEvent.KindOneofCase.Absorbed => new ContactEvent.Absorbed(StateForm.Read(stored.Absorbed.Other, key), Ticks.Instant(stored.Absorbed.At)) { Survivors = StateForm.Read(stored.Absorbed.Survivors), Rules = (int)stored.Absorbed.Rules },
        StoredContactEvent.KindOneofCase.Corrected => LatenessForm.Read(stored.Corrected),
        StoredContactEvent.KindOneofCase.Membership => new ContactEvent.OfMembership(MembershipForm.Read(stored.Membership, key.Tenant)),
        StoredContactEvent.KindOneofCase.Standing => new ContactEvent.OfStanding(PersonStandingForm.Read(stored.Standing, key)),
        _ => throw new InvalidDataException($"an event of {key} has a form that this version does not know"),
    };
}
