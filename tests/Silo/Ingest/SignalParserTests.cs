using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Protos.Parsing;
using Orchestrator.V1;
using Xunit;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Silo.Tests.Ingest;

/// <summary>The parser written by hand gives what the generated one gives, or leaves it to that one.</summary>
public sealed class SignalParserTests
{
    private static Signal Full => new()
    {
        Id = "s-1",
        Type = "page.viewed",
        Account = "acc-1",
        Identifiers = { new Identifier { Kind = "email", Value = "jos\u00e9@x.example" }, new Identifier { Kind = "crm" }, new Identifier() },
        Time = new Timestamp { Seconds = -5, Nanos = 999_999_999 },
        Source = "web",
        AssertedBy = "rep-7",
        Action = "a-9",
        BackFill = true,
        Properties =
        {
            ["topic"] = new() { Text = "pricing" },
            ["\u6771"] = new() { Text = new string('x', 300) },
            ["empty"] = new() { Text = "" },
            ["seconds"] = new() { Integer = -1 },
            ["large"] = new() { Integer = long.MaxValue },
            ["none"] = new() { Integer = 0 },
            ["share"] = new() { Number = -0.0 },
            ["yes"] = new() { Flag = true },
            ["no"] = new() { Flag = false },
        },
    };

    [Fact]
    public void A_signal_with_all_that_is_usual_is_read_by_hand_as_the_generated_parser_reads_it()
    {
        foreach (var signal in new[] { Full, new Signal(), new Signal { Id = "x", Time = new Timestamp() } })
        {
            var request = new RecordRequest { Signal = signal };
            for (var again = 0; again < 3; again++)
            {
                // Shared texts come the third time at the latest.
                var read = SignalParser.TryParse(request.ToByteArray());
                Assert.Equal(request, read);
                Assert.Equal(request.ToByteArray(), read.ToByteArray());
            }
        }
    }

    [Fact]
    public void Names_that_come_again_are_one_object()
    {
        var bytes = new RecordRequest { Signal = Full }.ToByteArray();
        SignalParser.TryParse(bytes);
        SignalParser.TryParse(bytes);
        Assert.Same(SignalParser.TryParse(bytes)!.Signal.Type, SignalParser.TryParse(bytes)!.Signal.Type);
    }

    [Fact]
    public void What_is_unusual_is_left_to_the_generated_parser()
    {
        var instant = Full;
        instant.Properties["at"] = new Value { Instant = new Timestamp { Seconds = 1 } };
        var absent = Full;
        absent.Properties["absent"] = new Value();
        foreach (var signal in new[] { instant, absent })
        {
            Assert.Null(SignalParser.TryParse(new RecordRequest { Signal = signal }.ToByteArray()));
        }

        var plain = new RecordRequest { Signal = Full }.ToByteArray();
        Assert.Null(SignalParser.TryParse([.. plain, .. plain]));
        Assert.Null(SignalParser.TryParse([.. plain, 0x10, 1]));
        Assert.Null(SignalParser.TryParse([]));
        Assert.Null(SignalParser.TryParse(plain.AsSpan(0, plain.Length - 1)));
    }

    [Fact]
    public void Whatever_bytes_come_what_is_read_by_hand_is_what_the_generated_parser_reads()
    {
        // A hundred thousand broken or odd messages: bytes of a signal changed, taken out or put in, by a fixed seed.
        var random = new Random(20_261_122);
        var plain = new RecordRequest { Signal = Full }.ToByteArray();
        var byHand = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var bytes = plain.ToList();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(3))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes.RemoveAt(at);
                        break;
                    default:
                        bytes.Insert(at, (byte)random.Next(256));
                        break;
                }
            }

            if (SignalParser.TryParse(bytes.ToArray()) is { } read)
            {
                byHand++;
                Assert.Equal(RecordRequest.Parser.ParseFrom(bytes.ToArray()), read);
            }
        }

        Assert.InRange(byHand, 10_000, 99_999);
    }
}
