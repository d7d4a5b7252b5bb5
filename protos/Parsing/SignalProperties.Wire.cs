using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;

namespace Orchestrator.V1;

// What the generated code of a signal and protobuf's JSON ask of a map.
public sealed partial class SignalProperties : IDictionary
{
    private const uint KeyTag = (1 << 3) | (uint)WireFormat.WireType.LengthDelimited;
    private const uint ValueTag = (2 << 3) | (uint)WireFormat.WireType.LengthDelimited;
    private const uint MapTag = (Signal.PropertiesFieldNumber << 3) | (uint)WireFormat.WireType.LengthDelimited;
    private const int TagSize = 1;

    [ThreadStatic]
    private static Entry? s_entry;

    bool IDictionary.IsFixedSize => false;

    bool IDictionary.IsReadOnly => false;

    ICollection IDictionary.Keys => Keys.ToArray();

    ICollection IDictionary.Values => Values.ToArray();

    bool ICollection.IsSynchronized => false;

    object ICollection.SyncRoot => this;

    object? IDictionary.this[object key]
    {
        get => key is string name && TryGetValue(name, out var value) ? value : null;
        set => this[(string)key] = (Value)value!;
    }

    /// <summary>For the generated code: adds the entry of the map that stands next; one of the same name is overwritten.</summary>
    public void AddEntriesFrom(ref ParseContext input, MapField<string, Value>.Codec codec)
    {
        var entry = s_entry ??= new Entry();
        entry.Clear();
        input.ReadMessage(entry);
        this[entry.Key] = entry.Value ?? new Value();
        entry.Clear();
    }

    /// <summary>For the generated code.</summary>
    public void WriteTo(ref WriteContext output, MapField<string, Value>.Codec codec)
    {
        for (var i = 0; i < Count; i++)
        {
            var (key, value) = entries[i];
            output.WriteTag(MapTag);
            output.WriteLength(SizeOf(key, value));
            if (key.Length > 0)
            {
                output.WriteTag(KeyTag);
                output.WriteString(key);
            }

            output.WriteTag(ValueTag);
            output.WriteMessage(value);
        }
    }

    /// <summary>For the generated code: bytes with all tags and lengths.</summary>
    public int CalculateSize(MapField<string, Value>.Codec codec)
    {
        var size = 0;
        for (var i = 0; i < Count; i++)
        {
            var entry = SizeOf(entries[i].Key, entries[i].Value);
            size += TagSize + CodedOutputStream.ComputeLengthSize(entry) + entry;
        }

        return size;
    }

    /// <summary>For the generated code: takes over the others' values; those of the same name are overwritten.</summary>
    public void MergeFrom(SignalProperties other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach (var (key, value) in other)
        {
            this[key] = value;
        }
    }

    void IDictionary.Add(object key, object? value) => Add((string)key, (Value)value!);

    bool IDictionary.Contains(object key) => key is string name && ContainsKey(name);

    void IDictionary.Remove(object key)
    {
        if (key is string name)
        {
            Remove(name);
        }
    }

    IDictionaryEnumerator IDictionary.GetEnumerator() => ((IDictionary)this.ToDictionary(StringComparer.Ordinal)).GetEnumerator();

    void ICollection.CopyTo(Array array, int index)
    {
        foreach (var entry in this)
        {
            array.SetValue(entry, index++);
        }
    }

    private static int SizeOf(string key, Value value) =>
        (key.Length == 0 ? 0 : TagSize + CodedOutputStream.ComputeStringSize(key)) + TagSize + CodedOutputStream.ComputeMessageSize(value);

    /// <summary>One entry of the map on the wire. Reads only.</summary>
    private sealed class Entry : IMessage, IBufferMessage
    {
        public string Key { get; private set; } = "";

        public Value? Value { get; private set; }

        MessageDescriptor IMessage.Descriptor => throw new NotSupportedException("an entry of a map has no descriptor of its own");

        public void Clear() => (Key, Value) = ("", null);

        public void InternalMergeFrom(ref ParseContext ctx)
        {
            while (ctx.ReadTag() is var tag and not 0)
            {
                switch (tag)
                {
                    case KeyTag:
                        Key = ctx.ReadString();
                        break;
                    case ValueTag:
                        var value = new Value();
                        ctx.ReadMessage(value);
                        Value = value;
                        break;
                    default:
                        // Read over and forgotten, as in every map.
                        UnknownFieldSet.MergeFieldFrom(null, ref ctx);
                        break;
                }
            }
        }

        void IBufferMessage.InternalWriteTo(ref WriteContext ctx) => throw new NotSupportedException("entries are written by their map");

        void IMessage.MergeFrom(CodedInputStream input) => throw new NotSupportedException("entries are read from a parse context");

        void IMessage.WriteTo(CodedOutputStream output) => throw new NotSupportedException("entries are written by their map");

        int IMessage.CalculateSize() => throw new NotSupportedException("entries are written by their map");
    }
}
