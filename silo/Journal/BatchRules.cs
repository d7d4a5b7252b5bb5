using System.Text;

namespace Orchestrator.Silo.Journal;

/// <summary>What a caller must keep to whichever store it writes to; broken rules are bugs of the caller and nothing is written.</summary>
public static class BatchRules
{
    /// <exception cref="ArgumentException">A rule of <see cref="IStore"/> is broken; the message names the entry.</exception>
    public static void Check(AppendBatch batch, int partitions)
    {
        Span<bool> seen = stackalloc bool[partitions];
        seen.Clear();
        for (var i = 0; i < batch.Frames.Count; i++)
        {
            var frame = batch.Frames[i];
            CheckPartition(frame.Partition, partitions);
            CheckSize("frame", frame.Body.Length, frame.Partition);
            if (seen[frame.Partition])
            {
                throw new ArgumentException($"partition {frame.Partition} has more than one frame in a batch, expected at most one");
            }
            seen[frame.Partition] = true;
        }
        foreach (var snapshot in batch.Snapshots)
        {
            CheckPartition(snapshot.Partition, partitions);
            CheckSize("snapshot", snapshot.Body.Length, snapshot.Partition);
            CheckName("grain", snapshot.Grain);
        }
        foreach (var checkpoint in batch.Checkpoints)
        {
            CheckPartition(checkpoint.Partition, partitions);
            CheckSize("checkpoint", checkpoint.Watermarks.Length, checkpoint.Partition);
        }
    }

    public static void CheckPartition(int partition, int partitions)
    {
        if (partition < 0 || partition >= partitions)
        {
            throw new ArgumentOutOfRangeException(nameof(partition), partition, $"expected a partition from 0 to {partitions - 1}, got {partition}");
        }
    }

    public static void CheckSetting(string name, byte[] value)
    {
        CheckName("setting", name);
        if (value.Length > SqliteStore.BodyLimitBytes)
        {
            throw new ArgumentException($"the setting `{name}` has {value.Length} bytes, expected at most {SqliteStore.BodyLimitBytes}");
        }
    }

    /// <param name="mine">The highest feature level that this process reads.</param>
    public static void CheckLevel(int level, int mine)
    {
        if (level < 1 || level > mine)
        {
            throw new ArgumentOutOfRangeException(nameof(level), level, $"expected a feature level from 1 to {mine}, which this process reads, got {level}");
        }
    }

    private static void CheckSize(string what, int bytes, int partition)
    {
        if (bytes > SqliteStore.BodyLimitBytes)
        {
            throw new ArgumentException($"a {what} of partition {partition} has {bytes} bytes, expected at most {SqliteStore.BodyLimitBytes}");
        }
    }

    private static void CheckName(string what, string name)
    {
        if (name.Length is 0 or > SqliteStore.GrainLimit)
        {
            throw new ArgumentException($"a {what} name has {name.Length} characters, expected 1 to {SqliteStore.GrainLimit}");
        }
        if (name.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"the {what} name `{name.Replace("\0", "\\0", StringComparison.Ordinal)}` has a null character");
        }
        try
        {
            _ = SqliteStore.Utf8.GetByteCount(name);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException($"a {what} name is not valid Unicode: half a surrogate pair at {e.Index}", e);
        }
    }
}
