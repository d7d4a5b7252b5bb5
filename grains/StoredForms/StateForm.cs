using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Google.Protobuf.Collections;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Grains.StoredForms;

/// <summary>States as stored in snapshots. Everything is written in a fixed order, so equal states are equal bytes.</summary>
public static class StateForm
{
    internal const int Format = 1;

    /// <param name="lastEntry">Sequence of the grain's last entry in the journal.</param>
    public static StoredState Write(GrainState state, long lastEntry)
    {
        var stored = new StoredState { Format = Format, Key = KeyForm.Write(state.Key), LastEntry = lastEntry, Wake = Ticks.Of(state.Wake) };
        switch (state)
        {
            case Account account:
                stored.Account = Write(account);
                break;
            case Contact contact:
                stored.Contact = Write(contact);
                break;
            case Identity identity:
                stored.Identity = new StoredIdentity { Provisional = identity.Provisional, Since = Ticks.Of(identity.Since), Marker = identity.Marker, Matches = MatchForm.Write(identity.Matches) };
                if (identity.Contact is { } bound)
                {
                    stored.Identity.Contact = KeyForm.WriteContact(bound);
                }

                if (identity.Via is { } via)
                {
                    stored.Identity.Via = KeyForm.WriteContact(via);
                }

                break;
            case Owners.Team team:
                stored.Team = OwnerForm.Write(team);
                break;
            case Catalog catalog:
                stored.Catalog = new StoredCatalog { Versions = { catalog.Versions.Select(PartForm.Write) }, Drafts = { catalog.Drafts.Select(DraftForm.Write) } };
                break;
            default:
                throw new UnreachableException();
        }

        return stored;
    }

    public static (GrainState State, long LastEntry) Read(StoredState stored)
    {
        var key = KeyForm.Read(stored.Key);
        GrainState state = stored.KindCase switch
        {
            StoredState.KindOneofCase.Account => Read(stored.Account, key),
            StoredState.KindOneofCase.Contact => Read(stored.Contact, key),
            StoredState.KindOneofCase.Identity => Identity.Unknown(key) with
            {
                Contact = stored.Identity.Contact is { } bound ? KeyForm.ReadContact(bound, key.Tenant) : null,
                Provisional = stored.Identity.Provisional,
                Via = stored.Identity.Via is { } via ? KeyForm.ReadContact(via, key.Tenant) : null,
                Since = Ticks.Instant(stored.Identity.Since),
                Marker = stored.Identity.Marker,
                Matches = MatchForm.Read(stored.Identity.Matches, key),
            },
            StoredState.KindOneofCase.Team => OwnerForm.Read(stored.Team, key),
            StoredState.KindOneofCase.Catalog => Catalog.Empty(key) with { Versions = [.. stored.Catalog.Versions.Select(PartForm.Read)], Drafts = [.. stored.Catalog.Drafts.Select(DraftForm.Read)] },
            _ => throw new InvalidDataException($"the state of {key} has a form that this version does not know"),
        };
        state.WakeAt(Ticks.InstantOrNone(stored.Wake));
        return (state, stored.LastEntry);
    }

    internal static StoredContact Write(Contact contact)
    {
        var stored = new StoredContact
        {
            Identifiers = { contact.Identifiers.Select(KeyForm.Write) },
            Roles = { contact.Roles },
            Attributes = { contact.Attributes.Select(Write) },
            Scores = { contact.Scores.Select(PartForm.Write) },
            Consents = { contact.Consents.Select(PartForm.Write) },
            Slots = { contact.Slots.Select(PartForm.Write) },
            Rests = { contact.Rests.Select(PartForm.Write) },
            Outcomes = { contact.Outcomes.Select(o => new StoredRested { Outcome = o.Outcome, At = Ticks.Of(o.At) }) },
            RestUntil = Ticks.Of(contact.RestUntil),
            LastSignal = Ticks.Of(contact.LastSignalAt),
            SignalCount = contact.SignalCount,
            OpenedAt = Ticks.Of(contact.OpenedAt),
            Exists = contact.Exists,
            Standing = PersonStandingForm.Write(contact.Standing),
            Membership = MembershipForm.Write(contact.Membership),
        };
        if (contact.MovedTo is { } moved)
        {
            stored.MovedTo = KeyForm.WriteContact(moved);
        }

        return stored;
    }

    internal static Contact Read(StoredContact stored, GrainKey key) => Contact.Unknown(key) with
    {
        Exists = stored.Exists,
        Identifiers = Each(stored.Identifiers, KeyForm.Read),
        Roles = Each(stored.Roles, role => role),
        Attributes = Read(stored.Attributes),
        Scores = Each(stored.Scores, PartForm.Read),
        Consents = Each(stored.Consents, PartForm.Read),
        Slots = Each(stored.Slots, PartForm.Read),
        Rests = Each(stored.Rests, PartForm.Read),
        Outcomes = Each(stored.Outcomes, o => new OutcomeSeen(o.Outcome, Ticks.Instant(o.At))),
        RestUntil = Ticks.Instant(stored.RestUntil),
        LastSignalAt = Ticks.Instant(stored.LastSignal),
        SignalCount = stored.SignalCount,
        OpenedAt = Ticks.Instant(stored.OpenedAt),
        MovedTo = stored.MovedTo is { } moved ? KeyForm.ReadContact(moved, key.Tenant) : null,
        Standing = PersonStandingForm.Read(stored.Standing),
        Membership = MembershipForm.Read(stored.Membership, key.Tenant),
    };

    internal static StoredAccount Write(Account account)
    {
        var stored = WriteWithoutLists(account);
        stored.Tallies.AddRange(account.Tallies.Select(PartForm.Write));
        stored.Seen = PartForm.Write(account.Seen);
        return stored;
    }

    /// <summary>All but what may be long: tallies and the window of ids.</summary>
    internal static StoredAccount WriteWithoutLists(Account account)
    {
        var stored = new StoredAccount
        {
            Exists = account.Exists,
            Provisional = account.Provisional,
            ForwardedTo = account.ForwardedTo,
            Stage = account.Stage,
            StageSince = Ticks.Of(account.StageSince),
            StageBy = account.StageBy,
            SlaBreached = account.SlaBreached,
            OpenedAt = Ticks.Of(account.OpenedAt),
            Attributes = { account.Attributes.Select(Write) },
            Contacts = { account.Contacts.Select(c => new StoredContactLink { Contact = c.Key, LastSignal = Ticks.Of(c.Value.LastSignalAt), Roles = { c.Value.Roles } }) },
            Identifiers = { account.Identifiers.Select(i => new StoredIdentifierLink { Identifier = i.Key, Contact = i.Value }) },
            Scores = { account.Scores.Select(PartForm.Write) },
            LastSignal = Ticks.Of(account.LastSignalAt),
            SignalCount = account.SignalCount,
            OpenActions = { account.OpenActions.Select(PartForm.Write) },
            Slots = { account.Slots.Select(PartForm.Write) },
            Reservations = { account.Reservations.Select(PartForm.Write) },
            Ended = { account.Ended.Select(e => new StoredEnded { Id = e.Id, How = (StoredActionEnded.Types.How)e.How }) },
            Deferrals = { account.Deferrals.Select(PartForm.Write) },
            Rests = { account.Rests.Select(PartForm.Write) },
            Boards = BoardForm.Write(account.Boards),
            Support = account.Support is { } support ? SupportForm.Write(support) : null,
            Journey = account.Journey is { } journey ? JourneyForm.Write(journey) : null,
            Dealings = account.Dealings is { } dealings ? DealingsForm.Write(dealings) : null,
            Customer = CustomerForm.Write(account.Customer),
            Standing = StandingForm.Write(account.Standing),
            History = IdentityForm.Write(account.History),
            Flight = FlightForm.Write(account.Flight),
            Lateness = LatenessForm.Write(account.Lateness),
        };
        return stored;
    }

    internal static Account Read(StoredAccount stored, GrainKey key)
    {
        var unknown = Account.Unknown(key);
        return unknown with
        {
            Exists = stored.Exists,
            Provisional = stored.Provisional,
            ForwardedTo = stored.ForwardedTo,
            Stage = stored.Stage,
            StageSince = Ticks.Instant(stored.StageSince),
            StageBy = stored.StageBy,
            SlaBreached = stored.SlaBreached,
            OpenedAt = Ticks.Instant(stored.OpenedAt),
            Attributes = Read(stored.Attributes),
            Contacts = Map(stored.Contacts, c => KeyValuePair.Create(c.Contact, new ContactLink(Ticks.Instant(c.LastSignal), Each(c.Roles, role => role)))),
            Identifiers = Map(stored.Identifiers, i => KeyValuePair.Create(i.Identifier, i.Contact)),
            Scores = Each(stored.Scores, PartForm.Read),
            Tallies = Each(stored.Tallies, PartForm.Read),
            LastSignalAt = Ticks.Instant(stored.LastSignal),
            SignalCount = stored.SignalCount,
            OpenActions = Each(stored.OpenActions, PartForm.Read),
            Slots = Each(stored.Slots, PartForm.Read),
            Reservations = Each(stored.Reservations, PartForm.Read),
            Ended = Each(stored.Ended, e => new EndedAction(e.Id, (EndedHow)e.How)),
            Seen = PartForm.Read(stored.Seen),
            Deferrals = Each(stored.Deferrals, PartForm.Read),
            Rests = Each(stored.Rests, PartForm.Read),
            Boards = BoardForm.Read(stored.Boards),
            Support = stored.Support is { } support ? SupportForm.Read(support) : null,
            Journey = stored.Journey is { } journey ? JourneyForm.Read(journey) : null,
            Dealings = stored.Dealings is { } dealings ? DealingsForm.Read(dealings) : null,
            Customer = CustomerForm.Read(stored.Customer),
            Standing = StandingForm.Read(stored.Standing, key),
            History = IdentityForm.Read(stored.History, key),
            Flight = FlightForm.Read(stored.Flight),
            Lateness = LatenessForm.Read(stored.Lateness),
        };
    }

    // Most lists are empty and the others short: these leave nothing behind but the result, of which a hundred thousand a second may be wanted.
    private static ImmutableArray<T> Each<TStored, T>(RepeatedField<TStored> stored, Func<TStored, T> read)
    {
        if (stored.Count == 0)
        {
            return [];
        }

        var all = new T[stored.Count];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = read(stored[i]);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(all);
    }

    private static SmallSortedDictionary<T> Map<TStored, T>(RepeatedField<TStored> stored, Func<TStored, KeyValuePair<string, T>> read)
    {
        if (stored.Count == 0)
        {
            return SmallSortedDictionary<T>.Empty;
        }

        var (names, values) = (new string[stored.Count], new T[stored.Count]);
        for (var i = 0; i < names.Length; i++)
        {
            (names[i], values[i]) = read(stored[i]);
        }

        return SmallSortedDictionary<T>.Of(names, values);
    }

    internal static StoredAttribute Write(KeyValuePair<string, Held> attribute) =>
        new() { Name = attribute.Key, Value = attribute.Value.Value, At = Ticks.Of(attribute.Value.At), Origin = PartForm.Write(attribute.Value.Origin) };

    internal static AttributeSet Read(RepeatedField<StoredAttribute> attributes)
    {
        var all = AttributeSet.None;
        for (var i = 0; i < attributes.Count; i++)
        {
            all = all.With(attributes[i].Name, new Held(attributes[i].Value, Ticks.Instant(attributes[i].At)) { Origin = PartForm.Read(attributes[i].Origin) });
        }

        return all;
    }
}
