using System.Collections.Frozen;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Orchestrator.Grains.StoredForms.Levels;

/// <summary>One message as the check sees it: for each field its level, and what stands within. Filled once, then read from any thread.</summary>
internal sealed class Form(string name)
{
    private readonly Dictionary<uint, Part> parts = [];

    public void Fill(MessageDescriptor message, IReadOnlyDictionary<string, Form> forms)
    {
        foreach (var field in message.Fields.InFieldNumberOrder())
        {
            var content = FormLevels.ContentOf(field);
            parts.Add(
                (uint)field.FieldNumber,
                new Part(
                    field.Name,
                    FormLevels.LevelOf(name, field.FieldNumber),
                    content.FieldType == FieldType.Message ? forms.GetValueOrDefault(content.MessageType.FullName) : null,
                    field.IsMap,
                    content.FieldType == FieldType.Enum && content.EnumType.File.Package == message.File.Package ? ValuesOf(content.EnumType) : null));
        }
    }

    /// <summary>The first part, in the order of the bytes, that belongs to a higher level.</summary>
    /// <remarks>What the descriptor does not know came from a client that is newer than we are; whoever is older ignores it as we do.</remarks>
    public AboveLevel? Find(ReadOnlySpan<byte> bytes, int level)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            var tag = (uint)Varint(bytes, ref at);
            var part = parts.GetValueOrDefault(tag >> 3);
            if (part is not null && part.Level > level)
            {
                return new AboveLevel($"{name}.{part.Field}", part.Level);
            }

            switch ((WireFormat.WireType)(tag & 7))
            {
                case WireFormat.WireType.Varint:
                    var value = Varint(bytes, ref at);
                    if (part?.Values is { } values && values.TryGetValue((int)value, out var ofValue) && ofValue > level)
                    {
                        return new AboveLevel(string.Create(CultureInfo.InvariantCulture, $"{name}.{part.Field} = {value}"), ofValue);
                    }

                    break;
                case WireFormat.WireType.Fixed64:
                    at += sizeof(ulong);
                    break;
                case WireFormat.WireType.Fixed32:
                    at += sizeof(uint);
                    break;
                case WireFormat.WireType.LengthDelimited:
                    var length = checked((int)Varint(bytes, ref at));
                    if (part?.Content?.Within(bytes.Slice(at, length), part.IsMap, level) is { } above)
                    {
                        return above;
                    }

                    at += length;
                    break;
                default:
                    throw new InvalidDataException($"the bytes are no {name}");
            }
        }

        return null;
    }

    /// <summary>Of a map's entry the value counts, which is its field 2.</summary>
    private AboveLevel? Within(ReadOnlySpan<byte> bytes, bool isMap, int level)
    {
        if (!isMap)
        {
            return Find(bytes, level);
        }

        var entry = new CodedInputStream(bytes.ToArray());
        while (entry.ReadTag() is var tag && tag != 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == 2)
            {
                return Find(entry.ReadBytes().Span, level);
            }

            entry.SkipLastField();
        }

        return null;
    }

    private static FrozenDictionary<int, int> ValuesOf(EnumDescriptor values) =>
        values.Values.ToFrozenDictionary(v => v.Number, v => FormLevels.LevelOf(FormLevels.NameOf(values), v.Number));

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("the bytes are no stored form");
    }

    private sealed record Part(string Field, int Level, Form? Content, bool IsMap, FrozenDictionary<int, int>? Values);
}
