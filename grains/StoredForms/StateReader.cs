using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Scores;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Grains.StoredForms;

/// <summary>
/// Accounts and people straight from the bytes of a snapshot: equal to what <see cref="StateForm.Read(StoredState)"/> makes of the parsed message. A hundred thousand a second may wake, and as a message
/// each was twice the objects that stay, made only to be copied.
/// </summary>
/// <remarks>Reads by hand what nearly every grain has. All else goes the way over the message, so a new field of an account or a person needs nothing here.</remarks>
public static class StateReader
{
    // What a state without a field is like, of any key.
    private static readonly Account NoAccount = Account.Unknown(default);
    private static readonly Contact NoContact = Contact.Unknown(default);

    private const uint Length = 2;

    /// <param name="body">A snapshot's.</param>
    /// <param name="key">Of the grain; what the snapshot says of it is passed over.</param>
    /// <param name="share">Shares names that a playbook gives.</param>
    /// <returns>Null where the generated parser has to look at it: another kind of grain, or bytes that are not as usual.</returns>
    public static (GrainState State, long LastEntry)? TryRead(ReadOnlySpan<byte> body, GrainKey key, TextSharing share)
    {
        try
        {
            return Read(body, key, share);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static (GrainState State, long LastEntry)? Read(ReadOnlySpan<byte> body, GrainKey key, TextSharing share)
    {
        var reader = new FormReader(body);
        GrainState? state = null;
        var (lastEntry, wake) = (0L, 0L);
        while (reader.Tag() is var tag and not 0)
        {
            switch (tag)
            {
                case StoredState.FormatFieldNumber << 3:
                    reader.Varint();
                    break;
                case StoredState.LastEntryFieldNumber << 3:
                    lastEntry = reader.Whole();
                    break;
                case StoredState.WakeFieldNumber << 3:
                    wake = reader.Whole();
                    break;
                case StoredState.AccountFieldNumber << 3 | Length when state is null:
                    state = ReadAccount(reader.Bytes(), key, share);
                    break;
                case StoredState.ContactFieldNumber << 3 | Length when state is null:
                    state = ReadContact(reader.Bytes(), key, share);
                    break;
                case StoredState.KeyFieldNumber << 3 | Length:
                    reader.Bytes();
                    break;
                default:
                    return null;
            }
        }

        state?.WakeAt(Ticks.InstantOrNone(wake));
        return state is null ? null : (state, lastEntry);
    }

    private static Account ReadAccount(ReadOnlySpan<byte> body, GrainKey key, TextSharing share)
    {
        var reader = new FormReader(body);
        ArrayBufferWriter<byte>? rest = null;
        var (exists, provisional, slaBreached) = (false, false, false);
        var (forwardedTo, stage, stageBy) = ("", "", "");
        var (stageSince, openedAt, lastSignal, signalCount) = (0L, 0L, 0L, 0L);
        var attributes = AttributeSet.None;
        var (contacts, identifiers) = (SmallSortedDictionary<ContactLink>.Empty, SmallSortedDictionary<string>.Empty);
        var (scores, tallies, slots) = (Array.Empty<Score>(), Array.Empty<Tally>(), Array.Empty<Slot>());
        var (ended, rests, actions) = (Array.Empty<EndedAction>(), Array.Empty<PlayRest>(), Array.Empty<OpenAction>());
        var seen = SeenSignals.None;
        var before = reader;
        for (; reader.Tag() is var tag and not 0; before = reader)
        {
            switch (tag)
            {
                case StoredAccount.ProvisionalFieldNumber << 3:
                    provisional = reader.Flag();
                    break;
                case StoredAccount.ForwardedToFieldNumber << 3 | Length:
                    forwardedTo = reader.Text();
                    break;
                case StoredAccount.StageFieldNumber << 3 | Length:
                    stage = reader.Text(share);
                    break;
                case StoredAccount.StageSinceFieldNumber << 3:
                    stageSince = reader.Whole();
                    break;
                case StoredAccount.StageByFieldNumber << 3 | Length:
                    stageBy = reader.Text(share);
                    break;
                case StoredAccount.AttributesFieldNumber << 3 | Length:
                    attributes = PartReader.Attributes(ref reader, tag, attributes, share);
                    break;
                case StoredAccount.ContactsFieldNumber << 3 | Length:
                    contacts = PartReader.Links(ref reader, tag, contacts, share);
                    break;
                case StoredAccount.IdentifiersFieldNumber << 3 | Length:
                    identifiers = PartReader.Identifiers(ref reader, tag, identifiers, contacts);
                    break;
                case StoredAccount.ScoresFieldNumber << 3 | Length:
                    scores = PartReader.Each(ref reader, tag, scores, share, PartReader.Score);
                    break;
                case StoredAccount.TalliesFieldNumber << 3 | Length:
                    tallies = PartReader.Each(ref reader, tag, tallies, share, PartReader.Tally);
                    break;
                case StoredAccount.LastSignalFieldNumber << 3:
                    lastSignal = reader.Whole();
                    break;
                case StoredAccount.SignalCountFieldNumber << 3:
                    signalCount = reader.Whole();
                    break;
                case StoredAccount.OpenActionsFieldNumber << 3 | Length:
                    actions = PartReader.Each(ref reader, tag, actions, share, PartReader.Action);
                    break;
                case StoredAccount.SlotsFieldNumber << 3 | Length:
                    slots = PartReader.Each(ref reader, tag, slots, share, PartReader.Slot);
                    break;
                case StoredAccount.SeenFieldNumber << 3 | Length:
                    seen = seen.Count == 0 ? PartReader.Seen(reader.Bytes()) : throw FormReader.Unusual();
                    break;
                case StoredAccount.EndedFieldNumber << 3 | Length:
                    ended = PartReader.Each(ref reader, tag, ended, share, PartReader.Ended);
                    break;
                case StoredAccount.SlaBreachedFieldNumber << 3:
                    slaBreached = reader.Flag();
                    break;
                case StoredAccount.OpenedAtFieldNumber << 3:
                    openedAt = reader.Whole();
                    break;
                case StoredAccount.ExistsFieldNumber << 3:
                    exists = reader.Flag();
                    break;
                case StoredAccount.RestsFieldNumber << 3 | Length:
                    rests = PartReader.Each(ref reader, tag, rests, share, PartReader.Rest);
                    break;
                default:
                    (rest ??= new()).Write(reader.Skip(tag, before));
                    break;
            }
        }

        return (rest is null ? NoAccount : StateForm.Read(StoredAccount.Parser.ParseFrom(rest.WrittenSpan), key)) with
        {
            Key = key,
            Exists = exists,
            Provisional = provisional,
            ForwardedTo = forwardedTo,
            Stage = stage,
            StageSince = Ticks.Instant(stageSince),
            StageBy = stageBy,
            SlaBreached = slaBreached,
            OpenedAt = Ticks.Instant(openedAt),
            Attributes = attributes,
            Contacts = contacts,
            Identifiers = identifiers,
            Scores = Own(scores),
            Tallies = Own(tallies),
            LastSignalAt = Ticks.Instant(lastSignal),
            SignalCount = signalCount,
            OpenActions = Own(actions),
            Slots = Own(slots),
            Ended = Own(ended),
            Seen = seen,
            Rests = Own(rests),
        };
    }

    private static Contact ReadContact(ReadOnlySpan<byte> body, GrainKey key, TextSharing share)
    {
        var reader = new FormReader(body);
        ArrayBufferWriter<byte>? rest = null;
        var exists = false;
        var (lastSignal, signalCount, restUntil, openedAt) = (0L, 0L, 0L, 0L);
        var attributes = AttributeSet.None;
        var (identifiers, roles, scores) = (Array.Empty<PersonName>(), Array.Empty<string>(), Array.Empty<Score>());
        var (slots, rests, consents) = (Array.Empty<Slot>(), Array.Empty<PlayRest>(), Array.Empty<ConsentGiven>());
        var before = reader;
        for (; reader.Tag() is var tag and not 0; before = reader)
        {
            switch (tag)
            {
                case StoredContact.IdentifiersFieldNumber << 3 | Length:
                    identifiers = PartReader.Each(ref reader, tag, identifiers, share, PartReader.Name);
                    break;
                case StoredContact.RolesFieldNumber << 3 | Length:
                    roles = PartReader.Texts(ref reader, tag, roles, share);
                    break;
                case StoredContact.AttributesFieldNumber << 3 | Length:
                    attributes = PartReader.Attributes(ref reader, tag, attributes, share);
                    break;
                case StoredContact.ScoresFieldNumber << 3 | Length:
                    scores = PartReader.Each(ref reader, tag, scores, share, PartReader.Score);
                    break;
                case StoredContact.ConsentsFieldNumber << 3 | Length:
                    consents = PartReader.Each(ref reader, tag, consents, share, PartReader.Consent);
                    break;
                case StoredContact.SlotsFieldNumber << 3 | Length:
                    slots = PartReader.Each(ref reader, tag, slots, share, PartReader.Slot);
                    break;
                case StoredContact.RestsFieldNumber << 3 | Length:
                    rests = PartReader.Each(ref reader, tag, rests, share, PartReader.Rest);
                    break;
                case StoredContact.LastSignalFieldNumber << 3:
                    lastSignal = reader.Whole();
                    break;
                case StoredContact.SignalCountFieldNumber << 3:
                    signalCount = reader.Whole();
                    break;
                case StoredContact.RestUntilFieldNumber << 3:
                    restUntil = reader.Whole();
                    break;
                case StoredContact.OpenedAtFieldNumber << 3:
                    openedAt = reader.Whole();
                    break;
                case StoredContact.ExistsFieldNumber << 3:
                    exists = reader.Flag();
                    break;
                default:
                    (rest ??= new()).Write(reader.Skip(tag, before));
                    break;
            }
        }

        return (rest is null ? NoContact : StateForm.Read(StoredContact.Parser.ParseFrom(rest.WrittenSpan), key)) with
        {
            Key = key,
            Exists = exists,
            Identifiers = Own(identifiers),
            Roles = Own(roles),
            Attributes = attributes,
            Scores = Own(scores),
            Consents = Own(consents),
            Slots = Own(slots),
            Rests = Own(rests),
            RestUntil = Ticks.Instant(restUntil),
            LastSignalAt = Ticks.Instant(lastSignal),
            SignalCount = signalCount,
            OpenedAt = Ticks.Instant(openedAt),
        };
    }

    private static ImmutableArray<T> Own<T>(T[] items) => items.Length == 0 ? [] : ImmutableCollectionsMarshal.AsImmutableArray(items);
}
