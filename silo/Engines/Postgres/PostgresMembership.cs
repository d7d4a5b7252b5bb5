using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Postgres;

namespace Orchestrator.Silo.Engines.Postgres;

/// <summary>The silos of a cluster as rows beside the store's own. Leases are set and compared by the server's clock; no instant of a silo is ever sent there.</summary>
/// <remarks>
/// Each call is one round trip and commits by itself. Sessions are its own, so that a lease does not run out because the store is busy. The store must have been
/// opened before, for it makes the tables.
/// </remarks>
public sealed class PostgresMembership : IMembership, IAsyncDisposable
{
    private const int Sessions = 2;

    // A lease is a few seconds: a renewal that takes longer is better given up.
    private static readonly TimeSpan CallTime = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan LockTime = TimeSpan.FromSeconds(2);

    // Any number of our own, another one than those of the tables'.
    private const long EnteringLock = 0x4F52_4345;

    // Two silos of different engines must not enter at the same moment without seeing each other. Whoever is in needs no lock: nobody of another kind enters meanwhile.
    private static readonly string Enter = string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({EnteringLock}) WHERE NOT EXISTS (SELECT FROM silo WHERE name = $1 AND lease_until > clock_timestamp())");

    // The engine stands in the marks from their ninth bit on: a column of its own would be a new version of the tables, on which no silo of an older version could start again.
    private const string Renew =
        """
        WITH before AS (SELECT lease_until <= clock_timestamp() AS lapsed FROM silo WHERE name = $1),
             dead AS (SELECT name FROM silo WHERE name <> $1 AND lease_until < clock_timestamp() - $7 FOR UPDATE SKIP LOCKED),
             swept AS (DELETE FROM silo USING dead WHERE silo.name = dead.name)
        INSERT INTO silo(name, address, zone, level, leaving, lease_until, marks) SELECT $1, $2, $3, $4, $5, clock_timestamp() + $6, $8 << 8
        WHERE NOT EXISTS (SELECT FROM silo WHERE name <> $1 AND lease_until > clock_timestamp() AND marks >> 8 <> $8)
        ON CONFLICT (name) DO UPDATE
        SET address = excluded.address, zone = excluded.zone, level = excluded.level, leaving = excluded.leaving, lease_until = clock_timestamp() + $6, marks = (silo.marks & 255) | excluded.marks
        RETURNING (SELECT lapsed FROM before)
        """;

    private const string Silos = "SELECT name, address, zone, level, lease_until > clock_timestamp(), leaving, marks, lease_until FROM silo ORDER BY name";
    private const string Owners = "SELECT partition, epoch, owner FROM fence ORDER BY partition";
    private const string Store = "SELECT level, incarnation, clock_timestamp() FROM store";

    private readonly NpgsqlDataSource _source;
    private readonly ConcurrentDictionary<string, bool> _entered = new(StringComparer.Ordinal);

    /// <param name="connection">The store's; see <see cref="PostgresSettings"/>.</param>
    /// <exception cref="StoreRefusedException">It cannot be understood.</exception>
    public PostgresMembership(string connection) =>
        _source = NpgsqlDataSource.Create(new PostgresSettings(connection).For("membership", Sessions, CallTime, LockTime));

    /// <remarks>A row that somebody took away while this process held it counts as lapsed too.</remarks>
    public Task<ClusterView> RenewAsync(SiloAnnouncement me, CancellationToken cancel)
    {
        var renewing = new NpgsqlBatchCommand(Renew);
        foreach (var value in new object[] { me.Silo, me.Address, me.Zone, me.Level, me.Leaving, me.Lease, IMembership.DeadKept, (int)me.Engine })
        {
            renewing.Parameters.Add(new NpgsqlParameter { Value = value });
        }
        return LookAsync(me, renewing, cancel);
    }

    public Task<ClusterView> ViewAsync(CancellationToken cancel) => LookAsync(null, null, cancel);

    public async Task LeaveAsync(string silo, CancellationToken cancel)
    {
        using var command = Command("DELETE FROM silo WHERE name = $1", silo);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        _entered.TryRemove(silo, out _);
    }

    public async Task<bool> MarkAsync(string silo, SiloMarks marks, CancellationToken cancel)
    {
        using var command = Command("UPDATE silo SET marks = (marks & ~255) | $2 WHERE name = $1", silo, (int)marks);
        return await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false) == 1;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    // A batch is one round trip and one transaction; its statements each see what is committed when they begin, so the view is at least as new as the renewal.
    private async Task<ClusterView> LookAsync(SiloAnnouncement? me, NpgsqlBatchCommand? renewing, CancellationToken cancel)
    {
        await using var connection = await _source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var batch = new NpgsqlBatch(connection);
        if (renewing is not null)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Enter) { Parameters = { new NpgsqlParameter { Value = me!.Silo } } });
            batch.BatchCommands.Add(renewing);
        }
        // Owners before silos: whoever owns something has entered before, so a living owner is never missing among the silos.
        foreach (var sql in new[] { Owners, Silos, Store })
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
        }
        await using var rows = await batch.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var lapsed = false;
        var refused = false;
        if (me is not null)
        {
            await rows.NextResultAsync(cancel).ConfigureAwait(false);
            refused = !await rows.ReadAsync(cancel).ConfigureAwait(false);
            lapsed = !refused && (rows.IsDBNull(0) ? _entered.ContainsKey(me.Silo) : rows.GetBoolean(0));
            await rows.NextResultAsync(cancel).ConfigureAwait(false);
        }
        var partitions = await ListAsync(rows, row => new Ownership(row.GetInt32(0), row.GetInt64(1), row.GetString(2)), cancel).ConfigureAwait(false);
        var silos = await ListAsync(
            rows,
            row => new SiloRow(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetBoolean(4), row.GetBoolean(5), (SiloMarks)(row.GetInt32(6) & 255), (SiloEngine)(row.GetInt32(6) >> 8), row.GetFieldValue<DateTimeOffset>(7)),
            cancel).ConfigureAwait(false);
        var store = await ListAsync(rows, row => (Level: row.GetInt32(0), Incarnation: row.GetInt64(1), At: row.GetFieldValue<DateTimeOffset>(2)), cancel).ConfigureAwait(false);
        if (refused)
        {
            throw Refused(me!, silos.Where(s => s.Alive && s.Engine != me!.Engine).ToList());
        }
        if (me is not null)
        {
            _entered[me.Silo] = true;
        }
        return store is [var it]
            ? new ClusterView(silos, partitions, it.Level, it.Incarnation, it.At, lapsed)
            : throw new StoreCorruptException("the store has lost its description; restore it from a backup");
    }

    private static StoreRefusedException Refused(SiloAnnouncement me, List<SiloRow> others) => new(
        $"this silo has the engine `{NameOf(me.Engine)}`, but {(others.Count == 0 ? "one of another engine was" : $"{string.Join(", ", others.Select(s => $"`{s.Silo}`"))} of the engine `{NameOf(others[0].Engine)}` {(others.Count == 1 ? "is" : "are")}")} alive on this store: "
        + "stop those first, or start this one with their engine");

    private static string NameOf(SiloEngine engine) => Enum.IsDefined(engine) ? engine.ToString().ToLowerInvariant() : string.Create(CultureInfo.InvariantCulture, $"number {(int)engine}");

    private static async Task<List<T>> ListAsync<T>(NpgsqlDataReader rows, Func<NpgsqlDataReader, T> read, CancellationToken cancel)
    {
        var list = new List<T>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            list.Add(read(rows));
        }
        await rows.NextResultAsync(cancel).ConfigureAwait(false);
        return list;
    }

    private NpgsqlCommand Command(string sql, params object[] parameters)
    {
        var command = _source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }
        return command;
    }
}
