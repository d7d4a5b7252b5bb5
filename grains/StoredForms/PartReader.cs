using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.V1;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Parts of states straight from their bytes, for <see cref="StateReader"/>: what <see cref="PartForm"/> and <see cref="StateForm"/> make of their messages.</summary>
/// <remarks>Lists lie in one piece in what we write; one in two pieces is not as usual.</remarks>
internal static partial class PartReader
{
    private const uint Fixed64 = 1;
    private const uint Length = 2;
    private const int FewSeen = 16;

    public delegate T Reading<T>(ReadOnlySpan<byte> bytes, TextSharing share);

    public static SeenSignals Seen(ReadOnlySpan<byte> bytes)
    {
        var reader = new FormReader(bytes);
        FormReader ids = default;
        FormReader contents = default;
        FormReader sequences = default;
        FormReader times = default;
        var count = 0;
        while (reader.Tag() is var tag and not 0)
        {
            var list = reader.Bytes();
            switch (tag)
            {
                case StoredSeen.IdsFieldNumber << 3 | Length:
                    ids = new FormReader(list);
                    count = list.Length / sizeof(ulong);
                    break;
                case StoredSeen.ContentsFieldNumber << 3 | Length:
                    contents = new FormReader(list);
                    break;
                case StoredSeen.SequencesFieldNumber << 3 | Length:
                    sequences = new FormReader(list);
                    break;
                case StoredSeen.TimesFieldNumber << 3 | Length:
                    times = new FormReader(list);
                    break;
                default:
                    throw FormReader.Unusual();
            }
        }

        if (count == 0)
        {
            return SeenSignals.None;
        }

        var all = count <= FewSeen ? stackalloc SeenSignal[FewSeen] : new SeenSignal[count];
        all = all[..count];
        foreach (ref var one in all)
        {
            one = new SeenSignal(ids.Fixed64(), contents.Fixed32(), sequences.Whole(), times.Whole());
        }

        return ids.IsAtEnd && contents.IsAtEnd && sequences.IsAtEnd && times.IsAtEnd ? SeenSignals.Of(all) : throw FormReader.Unusual();
    }

    public static OpenAction Action(ReadOnlySpan<byte> bytes, TextSharing share)
    {
        var stored = StoredAction.Parser.ParseFrom(bytes);
        (stored.Play, stored.Treatment, stored.Channel) = (Shared(stored.Play, share), Shared(stored.Treatment, share), Shared(stored.Channel, share));
        return PartForm.Read(stored);
    }

    public static Slot Slot(ReadOnlySpan<byte> bytes, TextSharing share)
    {
        var reader = new FormReader(bytes);
        var (id, contact, channel) = ("", "", "");
        var (transactional, at) = (false, 0L);
        while (reader.Tag() is var tag and not 0)
        {
            switch (tag)
            {
                case StoredSlot.IdFieldNumber << 3 | Length:
                    id = reader.Text();
                    break;
                case StoredSlot.ChannelFieldNumber << 3 | Length:
                    channel = reader.Text(share);
                    break;
                case StoredSlot.TransactionalFieldNumber << 3:
                    transactional = reader.Flag();
                    break;
                case StoredSlot.AtFieldNumber << 3:
                    at = reader.Whole();
                    break;
                case StoredSlot.ContactFieldNumber << 3 | Length:
                    contact = reader.Text();
                    break;
                default:
                    throw FormReader.Unusual();
            }
        }

        return new Slot(id, contact, channel, transactional, Ticks.Instant(at));
    }

    public static EndedAction Ended(ReadOnlySpan<byte> bytes, TextSharing share)
    {
        var reader = new FormReader(bytes);
        var (id, how) = ("", 0);
        while (reader.Tag() is var tag and not 0)
        {
            switch (tag)
            {
                case StoredEnded.IdFieldNumber << 3 | Length:
                    id = reader.Text();
                    break;
                case StoredEnded.HowFieldNumber << 3:
                    how = unchecked((int)reader.Varint());
                    break;
                default:
                    throw FormReader.Unusual();
            }
        }

        return new EndedAction(id, (EndedHow)how);
    }

    public static PlayRest Rest(ReadOnlySpan<byte> bytes, TextSharing share)
    {
        var reader = new FormReader(bytes);
        var (play, until) = ("", 0L);
        while (reader.Tag() is var tag and not 0)
        {
            switch (tag)
            {
                case StoredPlayRest.PlayFieldNumber << 3 | Length:
                    play = reader.Text(share);
                    break;
                case StoredPlayRest.UntilFieldNumber << 3:
                    until = reader.Whole();
                    break;
                default:
                    throw FormReader.Unusual();
            }
        }

        return new PlayRest(play, Ticks.Instant(until));
    }

    public static PersonName Name(ReadOnlySpan<byte> bytes, TextSharing share)
    {
        var reader = new FormReader(bytes);
        var (kind, value) = ("", "");
        while (reader.Tag() is var tag and not 0)
        {
            switch (tag)
            {
                case Identifier.KindFieldNumber << 3 | Length:
                    kind = reader.Text(share);
                    break;
                case Identifier.ValueFieldNumber << 3 | Length:
                    value = reader.Text();
                    break;
                default:
                    throw FormReader.Unusual();
            }
        }

        return new PersonName(kind, value);
    }

    public static ConsentGiven Consent(ReadOnlySpan<byte> bytes, TextSharing share)
    {
        var reader = new FormReader(bytes);
        var (purpose, channel, source) = ("", "", "");
        var (given, unconfirmed, at) = (false, false, 0L);
        while (reader.Tag() is var tag and not 0)
        {
            switch (tag)
            {
                case StoredConsent.PurposeFieldNumber << 3 | Length:
                    purpose = reader.Text(share);
                    break;
                case StoredConsent.ChannelFieldNumber << 3 | Length:
                    channel = reader.Text(share);
                    break;
                case StoredConsent.GivenFieldNumber << 3:
                    given = reader.Flag();
                    break;
                case StoredConsent.AtFieldNumber << 3:
                    at = reader.Whole();
                    break;
                case StoredConsent.SourceFieldNumber << 3 | Length:
                    source = reader.Text();
                    break;
                case StoredConsent.UnconfirmedFieldNumber << 3:
                    unconfirmed = reader.Flag();
                    break;
                default:
                    throw FormReader.Unusual();
            }
        }

        return new ConsentGiven(purpose, channel, given, Ticks.Instant(at), source) { Unconfirmed = unconfirmed };
    }

    private static string Shared(string text, TextSharing share) => text.Length == 0 ? text : share(text);
}
