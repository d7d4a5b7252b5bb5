using System.Globalization;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;

namespace Orchestrator.Silo.StoreCommands;

/// <summary>Reads a whole store, checks what must hold in it, and hands what it read on.</summary>
internal static class StoreWalk
{
    private const int BatchRows = 512;
    private const int BatchBytes = 4 * 1024 * 1024;

    /// <param name="to">Gets everything; null = only look.</param>
    /// <exception cref="StoreCorruptException">A CRC does not match, a frame is missing, or numbers contradict each other.</exception>
    public static async Task<StoreTotals> RunAsync(IStoreSource from, IStoreTarget? to, StoreProgress progress, CancellationToken cancel)
    {
        var count = new Counter();
        CheckPartitions(from, count);
        progress.Begin("frames", from.Partitions.Sum(partition => partition.Next - partition.Oldest));
        var places = from.Partitions.Select(partition => (Next: partition.Oldest, Epoch: 0L)).ToArray();
        await BatchAsync(
            from.FramesAsync(cancel),
            frame =>
            {
                Check(frame, from.Partitions[frame.Partition], ref places[frame.Partition]);
                PackedStore.Expand(frame);
                count.Add(frame);
                return frame.Body.Length;
            },
            to is null ? null : frames => to.WriteFramesAsync(frames, cancel),
            progress).ConfigureAwait(false);
        foreach (var partition in from.Partitions)
        {
            if (places[partition.Partition].Next != partition.Next)
            {
                throw new StoreCorruptException($"partition {partition.Partition} ends with sequence {places[partition.Partition].Next - 1}, expected {partition.Next - 1}");
            }
        }
        progress.Begin("snapshots", from.Snapshots);
        await BatchAsync(
            from.SnapshotsAsync(cancel),
            one =>
            {
                var (partition, row) = one;
                if (row.Sequence >= from.Partitions[partition].Next)
                {
                    throw new StoreCorruptException($"the snapshot of grain `{row.Grain}` of partition {partition} includes sequence {row.Sequence}, but the last frame is {from.Partitions[partition].Next - 1}");
                }
                PackedStore.Expand(row, partition);
                count.Add(partition, row);
                return row.Body.Length;
            },
            to is null ? null : rows => to.WriteSnapshotsAsync(rows, cancel),
            progress).ConfigureAwait(false);
        await foreach (var (name, value) in from.SettingsAsync(cancel).ConfigureAwait(false))
        {
            count.Add(name, value);
            await (to?.WriteSettingAsync(name, value, cancel) ?? Task.CompletedTask).ConfigureAwait(false);
        }
        progress.End();
        return count.Totals;
    }

    /// <summary>Copies a store into a new one and reads the copy back before it becomes visible.</summary>
    /// <param name="incarnation">Of the copy.</param>
    /// <exception cref="StoreCorruptException">The source is damaged, or what was read back is not what was written.</exception>
    public static async Task<StoreTotals> CopyAsync(IStoreSource from, IStoreTarget to, long incarnation, StoreProgress progress, CancellationToken cancel)
    {
        if (from.Head.Level > FeatureLevel.Current)
        {
            throw new StoreRefusedException($"the store has feature level {from.Head.Level}, this program reads up to {FeatureLevel.Current}: use the newer one");
        }
        await to.BeginAsync(from.Head with { Incarnation = incarnation }, from.Partitions, cancel).ConfigureAwait(false);
        var written = await RunAsync(from, to, progress, cancel).ConfigureAwait(false);
        progress.Say("reading the copy back");
        StoreTotals read;
        await using (var back = await to.ReadBackAsync(cancel).ConfigureAwait(false))
        {
            read = await RunAsync(back, null, progress, cancel).ConfigureAwait(false);
        }
        if (read != written)
        {
            throw new StoreCorruptException(string.Create(CultureInfo.InvariantCulture, $"the copy is not what was read: expected {written}, got {read}"));
        }
        await to.CompleteAsync(cancel).ConfigureAwait(false);
        return written;
    }

    private static void CheckPartitions(IStoreSource from, Counter count)
    {
        if (from.Partitions.Count != from.Head.Partitions)
        {
            throw new StoreCorruptException($"the store has {from.Partitions.Count} partitions, expected {from.Head.Partitions}");
        }
        foreach (var partition in from.Partitions)
        {
            if (partition.Checkpoint >= partition.Next || partition.Oldest > partition.Checkpoint + 1)
            {
                throw new StoreCorruptException($"the checkpoint of partition {partition.Partition} is at sequence {partition.Checkpoint}, expected {partition.Oldest - 1} to {partition.Next - 1}, where its frames are");
            }
            count.Add(partition);
        }
    }

    private static void Check(JournalFrame frame, StoredPartition partition, ref (long Next, long Epoch) place)
    {
        if (frame.Sequence != place.Next)
        {
            throw new StoreCorruptException($"partition {frame.Partition} has a frame with sequence {frame.Sequence}, expected {place.Next}");
        }
        if (frame.Epoch < place.Epoch || frame.Epoch > partition.Epoch)
        {
            throw new StoreCorruptException($"frame {frame.Sequence} of partition {frame.Partition} has epoch {frame.Epoch}, expected {place.Epoch} to {partition.Epoch}");
        }
        place = (frame.Sequence + 1, frame.Epoch);
    }

    private static async Task BatchAsync<T>(IAsyncEnumerable<T> rows, Func<T, int> look, Func<IReadOnlyList<T>, Task>? write, StoreProgress progress)
    {
        var batch = new List<T>(BatchRows);
        var bytes = 0;
        await foreach (var row in rows.ConfigureAwait(false))
        {
            bytes += look(row);
            batch.Add(row);
            if (batch.Count == BatchRows || bytes >= BatchBytes)
            {
                await FlushAsync().ConfigureAwait(false);
            }
        }
        await FlushAsync().ConfigureAwait(false);

        async Task FlushAsync()
        {
            if (write is not null && batch.Count > 0)
            {
                await write(batch).ConfigureAwait(false);
            }
            progress.Advance(batch.Count);
            batch.Clear();
            bytes = 0;
        }
    }

    /// <summary>Adds checksums up, so that the order of reading does not matter; each covers the keys of its row.</summary>
    private sealed class Counter
    {
        private long _frames, _snapshots, _settings, _checkpoints, _bytes;
        private ulong _sum;

        public StoreTotals Totals => new(_frames, _snapshots, _settings, _checkpoints, _bytes, _sum);

        public void Add(JournalFrame frame) =>
            Add(ref _frames, 1, Checksum.OfFrame(frame.Partition, frame.Sequence, frame.Epoch, frame.At, frame.Body), frame.Body.Length);

        public void Add(int partition, SnapshotRow row) =>
            Add(ref _snapshots, 2, Checksum.OfSnapshot(partition, SqliteStore.Utf8.GetBytes(row.Grain), row.Sequence, row.Wake, row.Flagged, row.Body), row.Body.Length);

        public void Add(StoredPartition row) => Add(
            ref _checkpoints,
            3,
            Checksum.Start.Add(row.Partition).Add(row.Epoch).Add(row.Next).Add(row.Checkpoint).Add(SqliteStore.Utf8.GetBytes(row.Owner)).Add(row.Watermarks).Value,
            row.Watermarks.Length);

        public void Add(string name, byte[] value) => Add(ref _settings, 4, Checksum.Start.Add(SqliteStore.Utf8.GetBytes(name)).Add(value).Value, value.Length);

        private void Add(ref long counter, ulong kind, uint crc, int bytes)
        {
            counter++;
            _bytes += bytes;
            // Spread before adding, or two errors could cancel each other out too easily.
            unchecked
            {
                var mixed = (crc + (kind << 32)) * 0x9E37_79B9_7F4A_7C15UL;
                _sum += (mixed ^ (mixed >> 29)) * 0xBF58_476D_1CE4_E5B9UL;
            }
        }
    }
}
