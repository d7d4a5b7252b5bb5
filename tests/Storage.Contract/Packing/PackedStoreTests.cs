using System.Security.Cryptography;
using System.Text;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.StoreCommands;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests.Packing;

public sealed class PackedStoreTests : IDisposable
{
    // Such as a frame has, three times over.
    private static readonly byte[] Wordy = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("the signal page.viewed of default acc-000001 at /pricing, ", 3)));

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Nothing_is_packed_below_the_level_that_reads_it_and_from_the_next_append_on_it_is()
    {
        var level = new WritableLevel();
        level.Learn(FeatureLevel.Packed - 1);
        await using (var store = PackedStore.Over(new SqliteStore(_folder.File, TimeProvider.System), level, aside: true))
        {
            await store.OpenAsync(new StoreCreation(2, "test", FeatureLevel.Packed - 1), Cancel);
            await store.TakeOverAsync(0, 0, "test", Cancel);
            await AppendAsync(store, 1);
            Assert.All(await StoredAsync(), stored => Assert.Equal(Wordy, stored));
        }

        await using var newer = PackedStore.Over(new SqliteStore(_folder.File, TimeProvider.System), level, aside: true);
        Assert.Equal(FeatureLevel.Packed - 1, (await newer.OpenAsync(new StoreCreation(2, "test"), Cancel)).Level);
        await AppendAsync(newer, 2);
        Assert.All(await StoredAsync(), stored => Assert.Equal(Wordy, stored));
        await newer.RaiseLevelAsync(FeatureLevel.Packed, Cancel);
        level.Learn(FeatureLevel.Packed);
        await AppendAsync(newer, 3);

        // The frames of before stay as they are; the snapshot and the checkpoint were written anew.
        var after = await StoredAsync();
        Assert.Equal([false, false, true, true, true], after.Select(stored => PackedBody.Is(stored)));
        Assert.All(after.Where(stored => PackedBody.Is(stored)), stored => Assert.InRange(stored.Length, 8, Wordy.Length / 2));
        await AssertReadsAsync(newer, 3);
    }

    [Fact]
    public async Task A_silo_that_does_not_pack_reads_what_others_packed()
    {
        await using (var packing = Packed.Newest(_folder))
        {
            await packing.OpenAsync(new StoreCreation(2, "test"), Cancel);
            await packing.TakeOverAsync(0, 0, "test", Cancel);
            await AppendAsync(packing, 1);
            Assert.All(await StoredAsync(), stored => Assert.True(PackedBody.Is(stored)));
        }

        await using var reading = PackedStore.Reading(new SqliteStore(_folder.File, TimeProvider.System));
        await reading.OpenAsync(new StoreCreation(2, "test"), Cancel);
        await AssertReadsAsync(reading, 1);
        await AppendAsync(reading, 2);
        Assert.Equal([true, false, false, false], (await StoredAsync()).Select(stored => PackedBody.Is(stored)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(47)]
    [InlineData(48)]
    [InlineData(200)]
    [InlineData(5_000)]
    [InlineData(3_000_000)]
    public void Whatever_a_body_is_made_of_it_comes_back_and_takes_at_most_two_bytes_more(int length)
    {
        using var packer = new BodyPacker(3);
        var random = new Random(length);
        foreach (var first in new byte[] { 0, 8, 255 })
        {
            foreach (var alphabet in new[] { 1, 4, 256 })
            {
                var body = new byte[length];
                for (var i = 0; i < length; i++)
                {
                    body[i] = i == 0 ? first : (byte)random.Next(alphabet);
                }

                var room = new byte[BodyPacker.Room(length)];
                var packed = packer.Pack(body, room);
                Assert.True(packed > 0 || !PackedBody.Is(body), "a body that looks packed was left as it is");
                Assert.Equal(body, PackedBody.Expand(packed == 0 ? body : room[..packed]));
            }
        }
    }

    [Fact]
    public void The_same_body_is_packed_to_the_same_bytes_whatever_was_packed_before_it()
    {
        using var one = new BodyPacker(3);
        using var other = new BodyPacker(3);
        var (first, second) = (new byte[BodyPacker.Room(Wordy.Length)], new byte[BodyPacker.Room(Wordy.Length)]);
        for (var n = 0; n < 50; n++)
        {
            one.Pack(RandomNumberGenerator.GetBytes(40 * (n + 1)), new byte[4_096]);
            Assert.Equal(first.AsSpan(0, one.Pack(Wordy, first)), second.AsSpan(0, other.Pack(Wordy, second)));
        }
    }

    [Fact]
    public void The_first_dictionary_stays_what_it_was_when_it_was_shipped() =>
        // What was packed with it can be read with nothing else. A better one gets the next number.
        Assert.Equal("baba3014d945138bf19d0157a8649e2e27f00f2d623018e30fc53e7eacc4a6df", Convert.ToHexStringLower(SHA256.HashData(PackingDictionary.Of(1))));

    [Fact]
    public void What_an_earlier_build_packed_is_read_by_every_later_one() =>
        Assert.Equal(Wordy, PackedBody.Expand(Convert.FromHexString("0001ae0100003d01008074686520206f66202031206174202c2006fcb12bd917880e773c3628debf5bb071f164e5320b")));

    [Theory]
    [InlineData("00", "a packed body ends before the number of its dictionary")]
    [InlineData("00ff", "a packed body ends inside its length")]
    [InlineData("00ff05", "a body is packed with dictionary 255, this version has those up to 1; start a newer one")]
    [InlineData("0001ffffffffff", "a packed body ends inside its length")]
    [InlineData("0001ffffff7f", "a packed body is of 268435455 bytes, at most 16777216 were expected")]
    [InlineData("000105", "a packed body has 0 bytes where 5 were expected")]
    [InlineData("000105ffffffff", "a packed body cannot be expanded: ")]
    public void What_cannot_be_expanded_is_named(string stored, string reason) =>
        Assert.StartsWith(reason, Assert.Throws<InvalidDataException>(() => PackedBody.Expand(Convert.FromHexString(stored))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_packed_body_that_cannot_be_expanded_is_found_by_reads_and_by_verify_though_its_checksum_is_right()
    {
        await using (var store = new SqliteStore(_folder.File, TimeProvider.System))
        {
            await store.OpenAsync(new StoreCreation(2, "test"), Cancel);
            await store.TakeOverAsync(0, 0, "test", Cancel);
            await store.AppendAsync(new AppendBatch([new JournalAppend(0, 1, 1, 5, new byte[] { 0, 200, 1, 1 })], [], []), Cancel);
            await using var reading = PackedStore.Reading(store);
            var corrupt = await Assert.ThrowsAsync<StoreCorruptException>(() => reading.ReadFramesAsync(0, [1], Cancel));
            Assert.Equal("frame 1 of partition 0 cannot be read: a body is packed with dictionary 200, this version has those up to 1; start a newer one", corrupt.Message);
        }

        await using var source = SqliteSource.Open(_folder.File, alone: true);
        var found = await Assert.ThrowsAsync<StoreCorruptException>(() => StoreWalk.RunAsync(source, null, new StoreProgress(TextWriter.Null, false), Cancel));
        Assert.Contains("frame 1 of partition 0 cannot be read", found.Message, StringComparison.Ordinal);
    }

    private static async Task AppendAsync(PackedStore store, long sequence) =>
        Assert.True(Assert.Single(await store.AppendAsync(
            new AppendBatch([new JournalAppend(0, 1, sequence, 5 + sequence, Wordy)], [new SnapshotWrite(0, 1, "g", sequence, 0, false, Wordy)], [new CheckpointWrite(0, 1, sequence, Wordy)]), Cancel)));

    private static async Task AssertReadsAsync(PackedStore store, int frames)
    {
        Assert.All(await store.ReadFramesAsync(0, [.. Enumerable.Range(1, frames).Select(i => (long)i)], Cancel), frame => Assert.Equal(Wordy, frame!.Body));
        var ranged = 0;
        await foreach (var frame in store.ReadFramesAsync(0, 1, long.MaxValue, Cancel))
        {
            ranged++;
            Assert.Equal(Wordy, frame.Body);
        }

        Assert.Equal(frames, ranged);
        Assert.Equal(Wordy, (await store.ReadSnapshotsAsync(0, ["g"], Cancel))[0]!.Body);
        Assert.Equal(Wordy, Assert.Single(await store.ReadAllSnapshotsAsync(0, "", 9, Cancel)).Body);
        Assert.Equal(Wordy, (await store.PartitionsAsync(Cancel))[0].Watermarks);
    }

    /// <summary>The bytes of all frames, then of the snapshot, then of the checkpoint, as they lie in the file.</summary>
    private async Task<List<byte[]>> StoredAsync()
    {
        await using var source = SqliteSource.Open(_folder.File, alone: false);
        List<byte[]> stored = [];
        await foreach (var frame in source.FramesAsync(Cancel))
        {
            stored.Add(frame.Body);
        }

        await foreach (var (_, row) in source.SnapshotsAsync(Cancel))
        {
            stored.Add(row.Body);
        }

        return [.. stored, source.Partitions[0].Watermarks];
    }
}
