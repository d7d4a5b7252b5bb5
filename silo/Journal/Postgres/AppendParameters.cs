using Npgsql;
using NpgsqlTypes;

namespace Orchestrator.Silo.Journal.Postgres;

/// <summary>A batch as the arrays that <see cref="AppendStatement"/> unnests, in the order of its numbers.</summary>
internal static class AppendParameters
{
    private static readonly NpgsqlDbType[] OfFrames =
    [
        NpgsqlDbType.Integer, NpgsqlDbType.TimestampTz,
        Many(NpgsqlDbType.Integer), Many(NpgsqlDbType.Bigint), Many(NpgsqlDbType.Bigint), Many(NpgsqlDbType.Integer), Many(NpgsqlDbType.Bigint), Many(NpgsqlDbType.Integer), Many(NpgsqlDbType.Bytea),
    ];

    private static readonly NpgsqlDbType[] OfSaves =
    [
        Many(NpgsqlDbType.Integer), Many(NpgsqlDbType.Bigint),
        Many(NpgsqlDbType.Integer), Many(NpgsqlDbType.Bigint), Many(NpgsqlDbType.Text), Many(NpgsqlDbType.Bigint), Many(NpgsqlDbType.Bigint), Many(NpgsqlDbType.Boolean),
        Many(NpgsqlDbType.Integer), Many(NpgsqlDbType.Bytea),
        Many(NpgsqlDbType.Integer), Many(NpgsqlDbType.Bigint), Many(NpgsqlDbType.Bigint), Many(NpgsqlDbType.Integer), Many(NpgsqlDbType.Bytea),
    ];

    public static NpgsqlCommand Declare(NpgsqlCommand command, bool withSaves)
    {
        foreach (var type in withSaves ? OfFrames.Concat(OfSaves) : OfFrames)
        {
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type });
        }
        return command;
    }

    public static void Fill(NpgsqlParameterCollection to, AppendBatch batch, PostgresSession session, bool withSaves)
    {
        var frames = batch.Frames.OrderBy(frame => frame.Partition).ToArray();
        to[0].Value = session.Backend;
        to[1].Value = session.BackendStart;
        to[2].Value = Each(frames, frame => frame.Partition);
        to[3].Value = Each(frames, frame => frame.Epoch);
        to[4].Value = Each(frames, frame => frame.Sequence);
        to[5].Value = Each(frames, frame => Segments.Of(frame.At));
        to[6].Value = Each(frames, frame => frame.At);
        to[7].Value = Each(frames, frame => Signed(Checksum.OfFrame(frame.Partition, frame.Sequence, frame.Epoch, frame.At, frame.Body.Span)));
        to[8].Value = Each(frames, frame => frame.Body);
        if (withSaves)
        {
            FillSaves(to, batch);
        }
    }

    /// <summary>CRC32C as PostgreSQL keeps it: the same 32 bits in a signed column.</summary>
    public static int Signed(uint crc) => unchecked((int)crc);

    private static void FillSaves(NpgsqlParameterCollection to, AppendBatch batch)
    {
        var (snapshots, checkpoints) = (batch.Snapshots, batch.Checkpoints);
        var saved = snapshots.Select(snapshot => (snapshot.Partition, snapshot.Epoch)).Union(checkpoints.Select(checkpoint => (checkpoint.Partition, checkpoint.Epoch))).ToArray();
        to[9].Value = Each(saved, one => one.Partition);
        to[10].Value = Each(saved, one => one.Epoch);
        to[11].Value = Each(snapshots, snapshot => snapshot.Partition);
        to[12].Value = Each(snapshots, snapshot => snapshot.Epoch);
        to[13].Value = Each(snapshots, snapshot => snapshot.Grain);
        to[14].Value = Each(snapshots, snapshot => snapshot.Sequence);
        to[15].Value = Each(snapshots, snapshot => snapshot.Wake);
        to[16].Value = Each(snapshots, snapshot => snapshot.Flagged);
        to[17].Value = Each(snapshots, snapshot => Signed(Checksum.OfSnapshot(
            snapshot.Partition, SqliteStore.Utf8.GetBytes(snapshot.Grain), snapshot.Sequence, snapshot.Wake, snapshot.Flagged, snapshot.Body.Span)));
        to[18].Value = Each(snapshots, snapshot => snapshot.Body);
        to[19].Value = Each(checkpoints, checkpoint => checkpoint.Partition);
        to[20].Value = Each(checkpoints, checkpoint => checkpoint.Epoch);
        to[21].Value = Each(checkpoints, checkpoint => checkpoint.Checkpoint);
        to[22].Value = Each(checkpoints, checkpoint => Signed(Checksum.OfCheckpoint(checkpoint.Partition, checkpoint.Checkpoint, checkpoint.Watermarks.Span)));
        to[23].Value = Each(checkpoints, checkpoint => checkpoint.Watermarks);
    }

    private static TOut[] Each<TIn, TOut>(IReadOnlyList<TIn> list, Func<TIn, TOut> select)
    {
        var array = new TOut[list.Count];
        for (var i = 0; i < array.Length; i++)
        {
            array[i] = select(list[i]);
        }
        return array;
    }

    private static NpgsqlDbType Many(NpgsqlDbType one) => NpgsqlDbType.Array | one;
}
