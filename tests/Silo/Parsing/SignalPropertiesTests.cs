using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.V1;
using Xunit;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Silo.Tests.Parsing;

/// <summary>A signal's properties are to whoever uses them, and on the wire, what a map is.</summary>
public sealed class SignalPropertiesTests
{
    // A map of the contract that is still one, with the same number of tag bytes.
    private static readonly MapField<string, Value>.Codec MapCodec = new(FieldCodec.ForString(10, ""), FieldCodec.ForMessage(18, Value.Parser), 50);

    public static TheoryData<int> Sizes => [0, 1, 3, 4, 5, 12, 13, 14, 200];

    [Fact]
    public void A1_the_generated_signal_has_an_array_of_properties_where_other_messages_have_a_map() =>
        Assert.Equal(typeof(SignalProperties), typeof(Signal).GetProperty(nameof(Signal.Properties))!.PropertyType);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A1_properties_are_written_and_read_as_a_map_byte_for_byte(int count)
    {
        var (signal, map) = Made(count);
        var bytes = signal.ToByteArray();
        Assert.Equal(Bytes(map), bytes);
        var read = Signal.Parser.ParseFrom(bytes);
        Assert.Equal(signal, read);
        Assert.Equal(signal.GetHashCode(), read.GetHashCode());
        Assert.Equal(map.Keys, read.Properties.Keys);
        Assert.Equal(bytes, read.ToByteArray());
        Assert.Equal(bytes, Signal.Parser.ParseFrom(new CodedInputStream(new MemoryStream(bytes))).ToByteArray());
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A1_what_is_set_again_keeps_its_place_and_what_is_removed_is_gone(int count)
    {
        var (signal, map) = Made(count);
        for (var i = 0; i < count; i += 3)
        {
            signal.Properties[$"name-{i}"] = map[$"name-{i}"] = new Value { Flag = true };
            Assert.Equal(map.Remove($"name-{i + 1}"), signal.Properties.Remove($"name-{i + 1}"));
            Assert.Equal(map.ContainsKey($"name-{i + 1}"), signal.Properties.ContainsKey($"name-{i + 1}"));
        }

        // A place that became free is not one that a map fills either.
        signal.Properties.Add("new", new Value { Text = "x" });
        map.Add("new", new Value { Text = "x" });
        Assert.Equal(map.ToList(), [.. signal.Properties]);
        Assert.Equal(Bytes(map), signal.ToByteArray());
        Assert.Throws<ArgumentException>(() => signal.Properties.Add("new", new Value()));
        Assert.Throws<KeyNotFoundException>(() => signal.Properties["nobody"]);
        Assert.Throws<ArgumentNullException>(() => signal.Properties["null"] = null!);
        signal.Properties.Clear();
        Assert.Equal(new Signal(), signal);
    }

    [Fact]
    public void A1_unusual_entries_are_read_as_a_map_reads_them()
    {
        byte[][] entries =
        [
            [], // Neither name nor value.
            [10, 1, (byte)'a'], // No value: an empty one.
            [18, 2, 16, 5], // No name.
            [18, 2, 16, 5, 10, 1, (byte)'a'], // The value first.
            [10, 1, (byte)'a', 18, 2, 16, 5, 18, 2, 32, 1], // Two values: the last one, not both merged.
            [10, 1, (byte)'a', 10, 1, (byte)'b', 18, 2, 16, 5], // Two names.
            [10, 1, (byte)'a', 18, 2, 16, 5, 24, 9], // A field that nobody knows.
            [10, 1, (byte)'a', 18, 5, 16, 5, 0xC8, 1, 9], // One within the value, which is kept.
        ];
        foreach (var entry in entries)
        {
            // Twice the same, and another one behind it.
            byte[] field = [50, (byte)entry.Length, .. entry];
            byte[] bytes = [.. field, 10, 1, (byte)'i', .. field, 50, 5, 10, 1, (byte)'z', 18, 0];
            Assert.Equal(Bytes(MapOf(bytes)), new Signal { Properties = { Signal.Parser.ParseFrom(bytes).Properties } }.ToByteArray());
        }

        Assert.Throws<InvalidProtocolBufferException>(() => Signal.Parser.ParseFrom([50, 3, 10, 9, 1]));
        Assert.Throws<InvalidProtocolBufferException>(() => Signal.Parser.ParseFrom([50, 2, 10]));
        Assert.Throws<InvalidProtocolBufferException>(() => Signal.Parser.ParseFrom([50, 1, 12]));
        Assert.Equal("after", Signal.Parser.ParseFrom([50, 3, 10, 1, (byte)'a', 10, 5, .. "after"u8]).Id);
    }

    [Fact]
    public void A1_a_copy_has_values_of_its_own_and_merging_overwrites_by_name()
    {
        var (signal, _) = Made(5);
        var copy = signal.Clone();
        copy.Properties["name-0"].Text = "changed";
        Assert.NotEqual(signal, copy);
        signal.MergeFrom(copy);
        Assert.Equal(copy, signal);
        Assert.Equal(5, signal.Properties.Count);
        signal.MergeFrom(new Signal { Properties = { ["other"] = new Value { Integer = 1 } } });
        Assert.Equal(6, signal.Properties.Count);
        Assert.NotEqual(copy, signal);
    }

    [Fact]
    public void A1_the_order_of_properties_makes_no_difference_to_equality()
    {
        var one = new Signal { Properties = { ["a"] = new() { Integer = 1 }, ["b"] = new() { Text = "x" } } };
        var other = new Signal { Properties = { ["b"] = new() { Text = "x" }, ["a"] = new() { Integer = 1 } } };
        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        other.Properties["b"] = new() { Text = "y" };
        Assert.NotEqual(one, other);
    }

    [Fact]
    public void A1_properties_are_formatted_and_read_as_json_like_a_map()
    {
        var (signal, _) = Made(3);
        signal.Properties["at"] = new Value { Instant = new Timestamp { Seconds = 1 } };
        var json = JsonFormatter.Default.Format(signal);
        Assert.Equal("""{ "properties": { "name-0": { "text": "t0" }, "name-1": { "integer": "1" }, "name-2": { "number": 2.5 }, "at": { "instant": "1970-01-01T00:00:01Z" } } }""", json);
        Assert.Equal(signal, JsonParser.Default.Parse<Signal>(json));
        Assert.Equal("{ }", JsonFormatter.Default.Format(new Signal()));
        var untyped = (IDictionary)signal.Properties;
        Assert.Equal(4, untyped.Cast<DictionaryEntry>().Count());
        Assert.Same(signal.Properties["at"], untyped["at"]);
    }

    [Fact]
    public void A1_ten_thousand_properties_are_read_in_a_blink()
    {
        // Compared one by one these were a hundred million comparisons for a message of 300 kB that anybody may send.
        var (signal, map) = Made(10_000);
        var read = Signal.Parser.ParseFrom(signal.ToByteArray());
        Assert.Equal(Bytes(map), read.ToByteArray());
        Assert.Equal("t9000", read.Properties["name-9000"].Text);
    }

    private static (Signal Signal, MapField<string, Value> Map) Made(int count)
    {
        var (signal, map) = (new Signal(), new MapField<string, Value>());
        for (var i = 0; i < count; i++)
        {
            var value = (i % 3) switch
            {
                0 => new Value { Text = $"t{i}" },
                1 => new Value { Integer = i },
                _ => new Value { Number = i + 0.5 },
            };
            signal.Properties.Add($"name-{i}", value);
            map.Add($"name-{i}", value.Clone());
        }

        return (signal, map);
    }

    private static byte[] Bytes(MapField<string, Value> map)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream))
        {
            map.WriteTo(output, MapCodec);
        }

        return stream.ToArray();
    }

    private static MapField<string, Value> MapOf(byte[] signal)
    {
        var map = new MapField<string, Value>();
        var input = new CodedInputStream(signal);
        while (input.ReadTag() is var tag and not 0)
        {
            if (tag == 50)
            {
                map.AddEntriesFrom(input, MapCodec);
            }
            else
            {
                input.SkipLastField();
            }
        }

        return map;
    }
}
