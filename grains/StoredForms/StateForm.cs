using System.Collections.Immutable;
using System.Diagnostics;
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
    /// <param name="lastEntry">Sequence of the grain's last entry in the journal.</param>
    public static StoredState Write(GrainState state, long lastEntry)
    {
        var stored = new StoredState { Format = 1, Key = KeyForm.Write(state.Key), LastEntry = lastEntry, Wake = Ticks.Of(state.Wake) };
        switch (state)
        {
            case Account account:
                stored.Account = Write(account);
                break;
            case Contact contact:
                stored.Contact = Write(contact);
                break;
            case Identity identity:
                stored.Identity = new StoredIdentity { Provisional = identity.Provisional, Since = Ticks.Of(identity.Since), Marker = identity.Marker };
                if (identity.Contact is { } bound)
                {
                    stored.Identity.Contact = KeyForm.WriteContact(bound);
                }

                if (identity.Via is { } via)
                {
                    stored.Identity.Via = KeyForm.WriteContact(via);
                }

                break;
            case Catalog catalog:
                stored.Catalog = new StoredCatalog { Versions = { catalog.Versions.Select(PartForm.Write) } };
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
            },
            StoredState.KindOneofCase.Catalog => Catalog.Empty(key) with { Versions = [.. stored.Catalog.Versions.Select(PartForm.Read)] },
            _ => throw new InvalidDataException($"the state of {key} has a form that this version does not know"),
        };
        return (state with { Wake = Ticks.InstantOrNone(stored.Wake) }, stored.LastEntry);
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
        Identifiers = [.. stored.Identifiers.Select(KeyForm.Read)],
        Roles = [.. stored.Roles],
        Attributes = Read(stored.Attributes),
        Scores = [.. stored.Scores.Select(PartForm.Read)],
        Consents = [.. stored.Consents.Select(PartForm.Read)],
        Slots = [.. stored.Slots.Select(PartForm.Read)],
        Rests = [.. stored.Rests.Select(PartForm.Read)],
        Outcomes = [.. stored.Outcomes.Select(o => new OutcomeSeen(o.Outcome, Ticks.Instant(o.At)))],
        RestUntil = Ticks.Instant(stored.RestUntil),
        LastSignalAt = Ticks.Instant(stored.LastSignal),
        SignalCount = stored.SignalCount,
        OpenedAt = Ticks.Instant(stored.OpenedAt),
        MovedTo = stored.MovedTo is { } moved ? KeyForm.ReadContact(moved, key.Tenant) : null,
    };

    private static StoredAccount Write(Account account)
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
            Tallies = { account.Tallies.Select(PartForm.Write) },
            LastSignal = Ticks.Of(account.LastSignalAt),
            SignalCount = account.SignalCount,
            OpenActions = { account.OpenActions.Select(PartForm.Write) },
            Slots = { account.Slots.Select(PartForm.Write) },
            Reservations = { account.Reservations.Select(PartForm.Write) },
            Ended = { account.Ended.Select(e => new StoredEnded { Id = e.Id, How = (StoredActionEnded.Types.How)e.How }) },
            Seen = PartForm.Write(account.Seen),
            Deferrals = { account.Deferrals.Select(PartForm.Write) },
            Rests = { account.Rests.Select(PartForm.Write) },
        };
        return stored;
    }

    private static Account Read(StoredAccount stored, GrainKey key) => Account.Unknown(key) with
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
        Contacts = Account.Unknown(key).Contacts.AddRange(stored.Contacts.Select(c => KeyValuePair.Create(c.Contact, new ContactLink(Ticks.Instant(c.LastSignal), [.. c.Roles])))),
        Identifiers = Account.Unknown(key).Identifiers.AddRange(stored.Identifiers.Select(i => KeyValuePair.Create(i.Identifier, i.Contact))),
        Scores = [.. stored.Scores.Select(PartForm.Read)],
        Tallies = [.. stored.Tallies.Select(PartForm.Read)],
        LastSignalAt = Ticks.Instant(stored.LastSignal),
        SignalCount = stored.SignalCount,
        OpenActions = [.. stored.OpenActions.Select(PartForm.Read)],
        Slots = [.. stored.Slots.Select(PartForm.Read)],
        Reservations = [.. stored.Reservations.Select(PartForm.Read)],
        Ended = [.. stored.Ended.Select(e => new EndedAction(e.Id, (EndedHow)e.How))],
        Seen = PartForm.Read(stored.Seen),
        Deferrals = [.. stored.Deferrals.Select(PartForm.Read)],
        Rests = [.. stored.Rests.Select(PartForm.Read)],
    };

    private static StoredAttribute Write(KeyValuePair<string, Held> attribute) =>
        new() { Name = attribute.Key, Value = attribute.Value.Value, At = Ticks.Of(attribute.Value.At) };

    private static AttributeSet Read(IEnumerable<StoredAttribute> attributes) =>
        attributes.Aggregate(AttributeSet.None, (all, a) => all.With(a.Name, new Held(a.Value, Ticks.Instant(a.At))));
}
