using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.V1;

namespace Orchestrator.Grains.StoredForms;

/// <remarks>Lists and tables.</remarks>
internal static partial class PartReader
{
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

    private static ReadOnlySpan<byte> Next(ref FormReader reader)
    {
        reader.Tag();
        return reader.Bytes();
    }

    private static T[] Room<T>(in FormReader reader, uint tag, T[] before) => before.Length == 0 ? new T[reader.InARow(tag)] : throw FormReader.Unusual();
}
