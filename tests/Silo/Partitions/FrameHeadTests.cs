using Google.Protobuf;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Partitions;

public sealed class FrameHeadTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_frames_head_says_what_the_whole_frame_says(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 200; i++)
        {
            var frame = Frame(random);
            var heads = new List<EntryHead> { default };
            var rest = FrameHead.Read(frame.ToByteArray(), heads);
            Assert.Equal(frame.Entries.Select(e => new EntryHead(KeyForm.Read(e.Grain), e.Wake, e.Flagged, e.Events.Count)), heads);
            Assert.Equal(frame.Outbox, rest?.Outbox ?? []);
            Assert.Equal(frame.Received, rest?.Received ?? []);
            Assert.Equal(frame.Acknowledged, rest?.Acknowledged ?? []);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void A_grains_own_part_is_found_among_the_others(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 200; i++)
        {
            var frame = Frame(random);
            foreach (var entry in frame.Entries)
            {
                Assert.Equal(frame.Entries.First(e => e.Grain.Equals(entry.Grain)), FrameHead.EntryOf(frame.ToByteArray(), entry.Grain.ToByteArray()));
            }

            Assert.Null(FrameHead.EntryOf(frame.ToByteArray(), new StoredGrainKey { Kind = 1, Tenant = "default", Affinity = "nobody" }.ToByteArray()));
        }
    }

    [Fact]
    public void Fields_of_a_later_version_are_passed_over()
    {
        var entry = new StoredEntry { Grain = KeyForm.Write(GrainKey.Account("default", "acme")), Wake = 7 }.ToByteArray();
        // Fields 90 to 93 in all four ways that a value can be written, before the entry and within it.
        byte[] later = [0xD0, 0x05, 0x96, 0x01, 0xD9, 0x05, 1, 2, 3, 4, 5, 6, 7, 8, 0xE2, 0x05, 2, 9, 9, 0xED, 0x05, 1, 2, 3, 4];
        byte[] body = [.. later, 0x1A, (byte)(later.Length + entry.Length), .. later, .. entry];
        var heads = new List<EntryHead>();
        FrameHead.Read(body, heads);
        Assert.Equal([new EntryHead(GrainKey.Account("default", "acme"), 7, false, 0)], heads);
    }

    [Fact]
    public void A_frame_of_a_newer_form_is_refused()
    {
        var body = new StoredFrame { Format = FrameForm.Format + 1 }.ToByteArray();
        Assert.Contains("start a newer one", Assert.Throws<InvalidDataException>(() => FrameHead.Read(body, [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frame_that_ends_inside_a_part_is_refused()
    {
        var body = new StoredFrame { Entries = { new StoredEntry { Grain = KeyForm.Write(GrainKey.Account("default", "acme")) } } }.ToByteArray();
        for (var length = 1; length < body.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => FrameHead.Read(body[..length], []));
        }
    }

    private static StoredFrame Frame(Random random)
    {
        var frame = new StoredFrame { Format = FrameForm.Format, At = random.NextInt64() };
        for (var i = random.Next(4); i > 0; i--)
        {
            var entry = new StoredEntry
            {
                Grain = KeyForm.Write(new GrainKey((GrainKind)random.Next(1, 6), "default", $"äffinity-{random.Next(1000)}", random.Next(2) == 0 ? "" : $"id-{random.Next()}")),
                Previous = random.NextInt64(),
                Wake = random.Next(2) == 0 ? 0 : random.NextInt64(),
                Flagged = random.Next(2) == 0,
            };
            for (var e = random.Next(3); e > 0; e--)
            {
                entry.Events.Add(new StoredEvent { Turn = (uint)random.Next(300), Account = new StoredAccountEvent { None = new StoredNone { Reason = (uint)random.Next(9) } } });
            }

            frame.Entries.Add(entry);
        }

        for (var i = random.Next(3); i > 0; i--)
        {
            frame.Outbox.Add(new StoredMessage { Destination = random.Next(256), Number = random.NextInt64(), Command = new StoredCommand { Described = "x" } });
            frame.Received.Add(new StoredWatermark { Partition = random.Next(256), Number = random.NextInt64() });
            frame.Acknowledged.Add(new StoredWatermark { Partition = random.Next(256), Number = random.NextInt64() });
            frame.DeadLetters.Add(new StoredDeadLetter { Turn = 1, Error = "bad" });
        }

        return frame;
    }
}
