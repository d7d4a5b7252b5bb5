using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Scores;
using Orchestrator.V1;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Parts of states straight from their bytes, for <see cref="StateReader"/>: what <see cref="PartForm"/> and <see cref="StateForm"/> make of their messages.</summary>
/// <remarks>Lists lie in one piece in what we write; one in two pieces is not as usual.</remarks>
internal static class PartReader
{
    private const uint Fixed64 = 1;
    private const uint Length = 2;
    private const int FewSeen = 16;

    public delegate T Reading<T>(ReadOnlySpan<byte> bytes, TextSharing share);

    /// <summary>All of a list.</summary>
    /// <param name="tag">Of the first one; just taken.</param>
    /// <param name="before">What there is of the list: nothing.</param>
    public static T[] Each<T>(ref FormReader reader, uint tag, T[] before, TextSharing share, Reading<T> read)
    {
        var all = Room(reader, tag, before);
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = read(i == 0 ? reader.Bytes() : Next(ref reader), share);
        }

        return all;
    }

    public static string[] Texts(ref FormReader reader, uint tag, string[] before, TextSharing share)
    {
        var all = Room(reader, tag, before);
        for (var i = 0; i < all.Length; i++)
        {
            if (i > 0)
            {
                reader.Tag();
            }

            all[i] = reader.Text(share);
        }

        return all;
    }

    public static AttributeSet Attributes(ref FormReader reader, uint tag, AttributeSet before, TextSharing share)
    {
        var names = Room(reader, tag, before.Count == 0 ? Array.Empty<string>() : throw FormReader.Unusual());
        var values = new Held[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            (names[i], values[i]) = Attribute(i == 0 ? reader.Bytes() : Next(ref reader), share);
        }

        return AttributeSet.Of(names, values);
    }

    public static SmallSortedDictionary<ContactLink> Links(ref FormReader reader, uint tag, SmallSortedDictionary<ContactLink> before, TextSharing share)
    {
        var contacts = Room(reader, tag, before.IsEmpty ? Array.Empty<string>() : throw FormReader.Unusual());
        var links = new ContactLink[contacts.Length];
        for (var i = 0; i < contacts.Length; i++)
        {
            (contacts[i], links[i]) = Link(i == 0 ? reader.Bytes() : Next(ref reader), share);
        }

        return SmallSortedDictionary<ContactLink>.Of(contacts, links);
    }

    /// <param name="contacts">Whose ids need no text of their own.</param>
    public static SmallSortedDictionary<string> Identifiers(ref FormReader reader, uint tag, SmallSortedDictionary<string> before, SmallSortedDictionary<ContactLink> contacts)
    {
        var names = Room(reader, tag, before.IsEmpty ? Array.Empty<string>() : throw FormReader.Unusual());
        var ids = new string[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            var link = new FormReader(i == 0 ? reader.Bytes() : Next(ref reader));
            (names[i], ids[i]) = ("", "");
            while (link.Tag() is var field and not 0)
            {
                switch (field)
                {
                    case StoredIdentifierLink.IdentifierFieldNumber << 3 | Length:
                        names[i] = link.Text();
                        break;
                    case StoredIdentifierLink.ContactFieldNumber << 3 | Length:
                        ids[i] = IdOf(link.Bytes(), contacts);
                        break;
                    default:
                        throw FormReader.Unusual();
                }
            }
        }

        return SmallSortedDictionary<string>.Of(names, ids);
    }

    public static Score Score(ReadOnlySpan<byte> bytes, TextSharing share)
    {
        var reader = new FormReader(bytes);
        var name = "";
        var (sum, today) = (0.0, 0.0);
        var (at, halfLife) = (0L, 0L);
        var day = 0;
        ReadOnlySpan<byte> days = default;
        ReadOnlySpan<byte> points = default;
        while (reader.Tag() is var tag and not 0)
        {
            switch (tag)
            {
                case StoredScore.NameFieldNumber << 3 | Length:
                    name = reader.Text(share);
                    break;
                case StoredScore.SumFieldNumber << 3 | Fixed64:
                    sum = reader.Number();
                    break;
                case StoredScore.AtFieldNumber << 3:
                    at = reader.Whole();
                    break;
                case StoredScore.HalfLifeFieldNumber << 3:
                    halfLife = reader.Whole();
                    break;
                case StoredScore.DayFieldNumber << 3:
                    day = unchecked((int)reader.Varint());
                    break;
                case StoredScore.TodayFieldNumber << 3 | Fixed64:
                    today = reader.Number();
                    break;
                case StoredScore.EarlierDaysFieldNumber << 3 | Length:
                    days = reader.Bytes();
                    break;
                case StoredScore.EarlierPointsFieldNumber << 3 | Length:
                    points = reader.Bytes();
                    break;
                default:
                    throw FormReader.Unusual();
            }
        }

        return new Score(name, sum, Ticks.Instant(at), TimeSpan.FromTicks(halfLife), day, today) { Earlier = Days(days, points) };
    }

    public static Tally Tally(ReadOnlySpan<byte> bytes, TextSharing share)
    {
        var reader = new FormReader(bytes);
        var name = "";
        var sum = 0.0;
        var (count, last, keepFor) = (0L, 0L, 0L);
        ReadOnlySpan<byte> times = default;
        ReadOnlySpan<byte> amounts = default;
        ReadOnlySpan<byte> repeats = default;
        ReadOnlySpan<byte> lengths = default;
        while (reader.Tag() is var tag and not 0)
        {
            switch (tag)
            {
                case StoredTally.NameFieldNumber << 3 | Length:
                    name = reader.Text(share);
                    break;
                case StoredTally.CountFieldNumber << 3:
                    count = reader.Whole();
                    break;
                case StoredTally.SumFieldNumber << 3 | Fixed64:
                    sum = reader.Number();
                    break;
                case StoredTally.LastFieldNumber << 3:
                    last = reader.Whole();
                    break;
                case StoredTally.TimesFieldNumber << 3 | Length:
                    times = reader.Bytes();
                    break;
                case StoredTally.AmountsFieldNumber << 3 | Length:
                    amounts = reader.Bytes();
                    break;
                case StoredTally.KeepForFieldNumber << 3:
                    keepFor = reader.Whole();
                    break;
                case StoredTally.RepeatsFieldNumber << 3 | Length:
                    repeats = reader.Bytes();
                    break;
                case StoredTally.ChunkLengthsFieldNumber << 3 | Length:
                    lengths = reader.Bytes();
                    break;
                default:
                    throw FormReader.Unusual();
            }
        }

        return new Tally(name, count, sum, Ticks.Instant(last), Recent(times, amounts, repeats, lengths), TimeSpan.FromTicks(keepFor));
    }

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

    private static (string Name, Held Held) Attribute(ReadOnlySpan<byte> bytes, TextSharing share)
    {
        var reader = new FormReader(bytes);
        var (name, at) = ("", 0L);
        Value? value = null;
        StoredOrigin? origin = null;
        while (reader.Tag() is var tag and not 0)
        {
            switch (tag)
            {
                case StoredAttribute.NameFieldNumber << 3 | Length:
                    name = reader.Text(share);
                    break;
                case StoredAttribute.ValueFieldNumber << 3 | Length when value is null:
                    value = Value.Parser.ParseFrom(reader.Bytes());
                    break;
                case StoredAttribute.AtFieldNumber << 3:
                    at = reader.Whole();
                    break;
                case StoredAttribute.OriginFieldNumber << 3 | Length when origin is null:
                    origin = StoredOrigin.Parser.ParseFrom(reader.Bytes());
                    break;
                default:
                    throw FormReader.Unusual();
            }
        }

        return (name, new Held(value!, Ticks.Instant(at)) { Origin = PartForm.Read(origin) });
    }

    private static (string Contact, ContactLink Link) Link(ReadOnlySpan<byte> bytes, TextSharing share)
    {
        var reader = new FormReader(bytes);
        var (contact, lastSignal) = ("", 0L);
        var roles = Array.Empty<string>();
        while (reader.Tag() is var tag and not 0)
        {
            switch (tag)
            {
                case StoredContactLink.ContactFieldNumber << 3 | Length:
                    contact = reader.Text();
                    break;
                case StoredContactLink.LastSignalFieldNumber << 3:
                    lastSignal = reader.Whole();
                    break;
                case StoredContactLink.RolesFieldNumber << 3 | Length:
                    roles = Texts(ref reader, tag, roles, share);
                    break;
                default:
                    throw FormReader.Unusual();
            }
        }

        return (contact, new ContactLink(Ticks.Instant(lastSignal), roles.Length == 0 ? [] : ImmutableCollectionsMarshal.AsImmutableArray(roles)));
    }

    private static ImmutableArray<DayPoints> Days(ReadOnlySpan<byte> days, ReadOnlySpan<byte> points)
    {
        if (points.IsEmpty && days.IsEmpty)
        {
            return [];
        }

        var all = new DayPoints[points.Length / sizeof(double)];
        var day = new FormReader(days);
        var point = new FormReader(points);
        foreach (ref var one in all.AsSpan())
        {
            one = new DayPoints(unchecked((int)day.Varint()), point.Number());
        }

        return day.IsAtEnd && point.IsAtEnd ? ImmutableCollectionsMarshal.AsImmutableArray(all) : throw FormReader.Unusual();
    }

    private static Occurrences Recent(ReadOnlySpan<byte> times, ReadOnlySpan<byte> amounts, ReadOnlySpan<byte> repeats, ReadOnlySpan<byte> lengths)
    {
        if (times.IsEmpty && lengths.IsEmpty)
        {
            return Occurrences.None;
        }

        var all = new Occurrence[amounts.Length / sizeof(double)];
        var time = new FormReader(times);
        var amount = new FormReader(amounts);
        var repeat = new FormReader(repeats);
        var length = new FormReader(lengths);
        foreach (ref var one in all.AsSpan())
        {
            one = new Occurrence(time.Whole(), amount.Number(), repeat.Whole());
        }

        if (!time.IsAtEnd || !amount.IsAtEnd || !repeat.IsAtEnd)
        {
            throw FormReader.Unusual();
        }

        var first = unchecked((int)length.Varint());
        if (length.IsAtEnd && first == all.Length)
        {
            return Occurrences.Holding(all);
        }

        var chunks = new List<int> { first };
        while (!length.IsAtEnd)
        {
            chunks.Add(unchecked((int)length.Varint()));
        }

        return chunks.Sum(c => (long)c) == all.Length && chunks.TrueForAll(c => c > 0) ? Occurrences.Of(all, chunks) : throw FormReader.Unusual();
    }

    private static string IdOf(ReadOnlySpan<byte> utf8, SmallSortedDictionary<ContactLink> contacts)
    {
        if (contacts.Count <= FewSeen)
        {
            foreach (var (contact, _) in contacts)
            {
                if (Ascii.Equals(utf8, contact))
                {
                    return contact;
                }
            }
        }

        return Encoding.UTF8.GetString(utf8);
    }

    private static string Shared(string text, TextSharing share) => text.Length == 0 ? text : share(text);

    private static ReadOnlySpan<byte> Next(ref FormReader reader)
    {
        reader.Tag();
        return reader.Bytes();
    }

    private static T[] Room<T>(in FormReader reader, uint tag, T[] before) => before.Length == 0 ? new T[reader.InARow(tag)] : throw FormReader.Unusual();
}
