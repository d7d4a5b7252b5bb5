using Google.Protobuf;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Partitions;

public sealed class FrameDraftTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_draft_becomes_the_bytes_of_its_message_batch_after_batch()
    {
        var random = new Random(5);
        var draft = new FrameDraft();
        for (var batch = 0; batch < 50; batch++)
        {
            draft.Clear();
            var expected = new StoredFrame { Format = FrameForm.Format, At = Start.AddSeconds(batch).UtcTicks };
            var entries = Enumerable.Range(0, random.Next(6)).Select(i => Open(draft, expected, KeyOf(i))).ToList();
            for (uint turn = 0; turn < 40 && entries.Count > 0; turn++)
            {
                var (entry, stored) = entries[random.Next(entries.Count)];
                var fact = FactOf(entry.Grain, random);
                var written = draft.Write(fact, turn);
                if (random.Next(5) > 0)
                {
                    // What a failed turn wrote stays out.
                    draft.Add(entry, written);
                    stored.Events.Add(EventForm.Write(fact, turn));
                }
            }

            foreach (var (entry, stored) in entries)
            {
                entry.Previous = stored.Previous = random.Next(3) * 1_000L;
                entry.Wake = stored.Wake = random.Next(2) * Start.UtcTicks;
                entry.Flagged = stored.Flagged = random.Next(2) == 0;
            }

            var rest = new StoredFrame { Received = { new StoredWatermark { Partition = 3, Number = batch } } };
            expected.Received.Add(rest.Received);
            Assert.Equal(expected.ToByteArray(), draft.Finish(expected.At, rest).ToArray());
        }
    }

    private static (FrameEntry Entry, StoredEntry Stored) Open(FrameDraft draft, StoredFrame expected, GrainKey key)
    {
        var stored = new StoredEntry { Grain = KeyForm.Write(key) };
        expected.Entries.Add(stored);
        return (draft.Open(key), stored);
    }

    private static GrainKey KeyOf(int i) => i % 2 == 0 ? GrainKey.Account("acme", $"a-{i}") : GrainKey.Contact("acme", $"a-{i}", "c-1");

    private static GrainEvent FactOf(GrainKey grain, Random random) => grain.Kind == GrainKind.Account
        ? random.Next(2) == 0
            ? new AccountEvent.NoneDecided(NoneReason.NoCandidates)
            : new AccountEvent.SlaBreached(new string('s', random.Next(300)), Start)
        : new ContactEvent.PlayRested("play", Start, Start);
}
