using System.Globalization;
using Npgsql;

namespace Orchestrator.Silo.Journal.Postgres;

/// <summary>The days of the journal: which there are, making the next one, and giving up old ones. decisions/0002-postgres-journal.md says why days, and of which clock.</summary>
/// <remarks>
/// Attaching and detaching take a lock that lets appends and reads go on (SHARE UPDATE EXCLUSIVE); CREATE TABLE ... PARTITION OF and a plain DETACH would stop them.
/// </remarks>
internal sealed class Segments(NpgsqlDataSource source)
{
    private const string Prefix = "journal_";
    private readonly HashSet<int> _known = [];
    private readonly Lock _gate = new();

    /// <summary>The day of an instant in UTC ticks, counted from the year 1. One before that is taken for the first.</summary>
    public static int Of(long at) => (int)(Math.Max(0, at) / TimeSpan.TicksPerDay);

    /// <summary>Makes sure that these frames have tables to go to; asks the server only about days that it has not asked about before.</summary>
    public async ValueTask EnsureAsync(IReadOnlyList<JournalAppend> frames, CancellationToken cancel)
    {
        var last = -1;
        for (var i = 0; i < frames.Count; i++)
        {
            var segment = Of(frames[i].At);
            if (segment != last && !Knows(last = segment))
            {
                await MakeAsync([segment], cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>After a table turned out to be missing: makes those that frames go to as the fences stand.</summary>
    public async Task EnsureOfFencesAsync(IReadOnlyList<JournalAppend> frames, CancellationToken cancel)
    {
        var wanted = frames.Select(frame => Of(frame.At)).ToHashSet();
        using (var asking = source.CreateCommand("SELECT DISTINCT segment FROM fence WHERE segment >= 0"))
        await using (var rows = await asking.ExecuteReaderAsync(cancel).ConfigureAwait(false))
        {
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            {
                wanted.Add(rows.GetInt32(0));
            }
        }
        await MakeAsync(wanted, cancel).ConfigureAwait(false);
    }

    /// <summary>Gives up every day before this one that no partition needs any more.</summary>
    /// <returns>Frames dropped.</returns>
    public async Task<long> DropAsync(int before, CancellationToken cancel)
    {
        long dropped = 0;
        await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await DropDetachedAsync(connection, cancel).ConfigureAwait(false);
        foreach (var segment in await ListAsync(connection, cancel).ConfigureAwait(false))
        {
            if (segment >= before)
            {
                break;
            }
            using var giving = new NpgsqlCommand("SELECT give_up_segment($1)", connection) { Parameters = { new() { Value = segment } } };
            if (await giving.ExecuteScalarAsync(cancel).ConfigureAwait(false) is long frames)
            {
                dropped += frames;
                // From here on no fence leads to the table: what a crash leaves undone the next call does.
                lock (_gate)
                {
                    _known.Remove(segment);
                }
                await DropTableAsync(connection, segment, cancel).ConfigureAwait(false);
            }
        }
        return dropped;
    }

    private bool Knows(int segment)
    {
        lock (_gate)
        {
            return _known.Contains(segment);
        }
    }

    private async Task MakeAsync(IReadOnlyCollection<int> segments, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        foreach (var segment in segments)
        {
            try
            {
                await MakeAsync(connection, segment, cancel).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.ObjectNotInPrerequisiteState or PostgresErrorCodes.WrongObjectType)
            {
                // Another silo is making it at this moment. If it is not there after all, the append says so and comes here again.
                continue;
            }
            lock (_gate)
            {
                _known.Add(segment);
            }
        }
    }

    /// <summary>Makes the table of a day if there is none.</summary>
    public static async Task MakeAsync(NpgsqlConnection connection, int segment, CancellationToken cancel)
    {
        if ((await ListAsync(connection, cancel).ConfigureAwait(false)).Contains(segment))
        {
            return;
        }
        // One transaction, so that a crash leaves no table that is not attached. Larger bodies stay in the row while they fit on a page: fewer pages than a table of chunks.
        using var making = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new($"CREATE TABLE {Name(segment)} (LIKE journal INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE) WITH (toast_tuple_target = 8160)"),
                new(string.Create(CultureInfo.InvariantCulture, $"ALTER TABLE journal ATTACH PARTITION {Name(segment)} FOR VALUES FROM ({segment}) TO ({segment + 1})")),
            },
        };
        await making.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private static async Task DropTableAsync(NpgsqlConnection connection, int segment, CancellationToken cancel)
    {
        // A detach that was broken off is finished by FINALIZE; it cannot be started again.
        var pending = await PendingAsync(connection, segment, cancel).ConfigureAwait(false);
        foreach (var sql in new[] { $"ALTER TABLE journal DETACH PARTITION {Name(segment)} {(pending ? "FINALIZE" : "CONCURRENTLY")}", $"DROP TABLE {Name(segment)}" })
        {
            using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Drops what a crash between detaching and dropping left behind.</summary>
    private static async Task DropDetachedAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        using var command = new NpgsqlCommand(
            """
            SELECT string_agg(format('DROP TABLE %I', relname), '; ') FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND NOT relispartition AND relname ~ '^journal_[0-9]+$'
            """,
            connection);
        if (await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is string drops)
        {
            command.CommandText = drops;
            await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
    }

    private static async Task<bool> PendingAsync(NpgsqlConnection connection, int segment, CancellationToken cancel)
    {
        using var asking = new NpgsqlCommand("SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = to_regclass($1)", connection) { Parameters = { new() { Value = Name(segment) } } };
        return await asking.ExecuteScalarAsync(cancel).ConfigureAwait(false) is true;
    }

    /// <summary>The days that have a table, oldest first.</summary>
    private static async Task<List<int>> ListAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var segments = new List<int>();
        using var asking = new NpgsqlCommand(
            "SELECT substr(c.relname, $1)::int FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass('journal') ORDER BY 1", connection)
        {
            Parameters = { new() { Value = Prefix.Length + 1 } },
        };
        await using var rows = await asking.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            segments.Add(rows.GetInt32(0));
        }
        return segments;
    }

    private static string Name(int segment) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{segment}");
}
