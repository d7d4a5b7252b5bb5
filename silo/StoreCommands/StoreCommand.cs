using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Postgres;

namespace Orchestrator.Silo.StoreCommands;

/// <summary><c>store migrate|backup|restore|verify</c>: what can be done to a store without a silo. <c>orc</c> starts this program for them.</summary>
internal static partial class StoreCommand
{
    public const string Name = "store";

    private const string Usage =
        """
        usage: Orchestrator.Silo store migrate FROM TO   moves the store of a stopped silo; TO must not exist
               Orchestrator.Silo store backup  FROM FILE copies a store, in use or not, as it is at one moment
               Orchestrator.Silo store restore FILE TO   makes a new store from a backup, with a higher incarnation
               Orchestrator.Silo store verify  PLACE     reads every frame, snapshot and checkpoint
               Orchestrator.Silo store migrate --orleans SERVER  makes or upgrades the tables that the Orleans engine needs, beside the store's
        A place is a file, a data folder, `postgres` (the one that ORCHESTRATOR_POSTGRES or ORCHESTRATOR_POSTGRES_FILE names) or a connection string `Host=...`.
        """;

    /// <returns>0 done, 1 failed, 2 not understood, 4 refused.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Func<string, string?> environment, TextWriter output, TextWriter error, bool terminal, CancellationToken cancel)
    {
        if (args is ["--help"] or ["-h"])
        {
            await output.WriteLineAsync(Usage).ConfigureAwait(false);
            return 0;
        }
        try
        {
            var progress = new StoreProgress(error, terminal);
            var done = args switch
            {
                ["migrate", "--orleans", var server] => await OrleansAsync(Place(server, environment), cancel).ConfigureAwait(false),
                ["migrate", var from, var to] => await MigrateAsync(Place(from, environment), Place(to, environment), progress, cancel).ConfigureAwait(false),
                ["backup", var from, var to] => await BackupAsync(Place(from, environment), to, progress, cancel).ConfigureAwait(false),
                ["restore", var from, var to] => await RestoreAsync(from, Place(to, environment), progress, cancel).ConfigureAwait(false),
                ["verify", var place] => await VerifyAsync(Place(place, environment), progress, cancel).ConfigureAwait(false),
                _ => null,
            };
            if (done is null)
            {
                await error.WriteLineAsync($"error: `store {string.Join(' ', args)}` is not understood\n\n{Usage}").ConfigureAwait(false);
                return 2;
            }
            await output.WriteLineAsync(done).ConfigureAwait(false);
            return 0;
        }
        catch (StoreRefusedException e)
        {
            return await FailedAsync(error, e.Message, 4).ConfigureAwait(false);
        }
        catch (SqliteFailure e)
        {
            return await FailedAsync(error, e.IsFull ? "no space is left for the copy" : $"the file cannot be read or written: {e.Message}", 1).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StoreCorruptException or NpgsqlException or TimeoutException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            return await FailedAsync(error, e is OperationCanceledException ? "stopped; nothing was changed" : e.Message, 1).ConfigureAwait(false);
        }
    }

    private static async Task<string> MigrateAsync(string from, string to, StoreProgress progress, CancellationToken cancel)
    {
        if (IsServer(from))
        {
            throw new StoreRefusedException("only the store of an embedded silo (a file) can be migrated; use `backup` and `restore` for one in PostgreSQL");
        }
        await using var source = SqliteSource.Open(from, alone: true);
        await using var target = Target(to);
        // The same store in another place: messages under way keep their numbers, so the incarnation stays.
        var totals = await StoreWalk.CopyAsync(source, target, source.Head.Incarnation, progress, cancel).ConfigureAwait(false);
        return $"migrated {Told(totals)} to {Shown(to)}; the old store at {from} must not be used any more";
    }

    private static async Task<string> OrleansAsync(string server, CancellationToken cancel)
    {
        if (!IsServer(server))
        {
            throw new StoreRefusedException($"the Orleans engine keeps its tables in PostgreSQL, `{server}` is none: give `postgres` or a connection string `Host=...`");
        }

        var (applied, schema) = await OrleansTables.ApplyAsync(OrleansTables.Beside(server), cancel).ConfigureAwait(false);
        return applied == 0 ? $"the tables of Orleans in the schema `{schema}` are as they should be" : string.Create(CultureInfo.InvariantCulture, $"made the tables of Orleans in the schema `{schema}`");
    }

    private static async Task<string> BackupAsync(string from, string to, StoreProgress progress, CancellationToken cancel)
    {
        await using var source = await SourceAsync(from, cancel).ConfigureAwait(false);
        await using var target = new SqliteTarget(Path.GetFullPath(to));
        var totals = await StoreWalk.CopyAsync(source, target, source.Head.Incarnation, progress, cancel).ConfigureAwait(false);
        return $"backed up {Told(totals)} to {to}";
    }

    private static async Task<string> RestoreAsync(string from, string to, StoreProgress progress, CancellationToken cancel)
    {
        await using var source = SqliteSource.Open(Path.GetFullPath(from), alone: false);
        // Above what was last used in this place, too: what was sent after the backup was made must not be taken for a duplicate.
        using var held = IsServer(to) ? null : StoreLock.Take(to, "store command");
        var incarnation = Math.Max(source.Head.Incarnation, held?.LastIncarnation ?? 0) + 1;
        await using var target = Target(to);
        var totals = await StoreWalk.CopyAsync(source, target, incarnation, progress, cancel).ConfigureAwait(false);
        return string.Create(CultureInfo.InvariantCulture, $"restored {Told(totals)} to {Shown(to)}, incarnation {incarnation}");
    }

    private static async Task<string> VerifyAsync(string place, StoreProgress progress, CancellationToken cancel)
    {
        await using var source = await SourceAsync(place, cancel).ConfigureAwait(false);
        var totals = await StoreWalk.RunAsync(source, null, progress, cancel).ConfigureAwait(false);
        return string.Create(CultureInfo.InvariantCulture, $"verified {Told(totals)} in {source.Head.Partitions} partitions, incarnation {source.Head.Incarnation}, feature level {source.Head.Level}");
    }

    private static async Task<IStoreSource> SourceAsync(string place, CancellationToken cancel) =>
        IsServer(place) ? await PostgresSource.OpenAsync(new PostgresSettings(place), cancel).ConfigureAwait(false) : SqliteSource.Open(place, alone: false);

    private static IStoreTarget Target(string place) => IsServer(place) ? new PostgresTarget(new PostgresSettings(place)) : new SqliteTarget(place);

    private static string Place(string given, Func<string, string?> environment)
    {
        if (given == "postgres")
        {
            return environment("ORCHESTRATOR_POSTGRES") is { Length: > 0 } connection ? connection
                : environment("ORCHESTRATOR_POSTGRES_FILE") is { Length: > 0 } file ? File.ReadAllText(file).Trim()
                : throw new StoreRefusedException("`postgres` needs ORCHESTRATOR_POSTGRES or ORCHESTRATOR_POSTGRES_FILE to be set, found neither");
        }
        return IsServer(given) ? given : Path.GetFullPath(Directory.Exists(given) ? Path.Combine(given, "orchestrator.db") : given);
    }

    private static bool IsServer(string place) => HostKey().IsMatch(place);

    // Without its password.
    private static string Shown(string place) => IsServer(place) ? new PostgresSettings(place).Place : place;

    private static string Told(StoreTotals totals) => string.Create(
        CultureInfo.InvariantCulture, $"{totals.Frames:N0} frames, {totals.Snapshots:N0} snapshots and {totals.Settings:N0} settings ({totals.Bytes / 1_048_576.0:N1} MiB, sum {totals.Sum:x16})");

    private static async Task<int> FailedAsync(TextWriter error, string message, int exit)
    {
        await error.WriteLineAsync($"error: {message}").ConfigureAwait(false);
        return exit;
    }

    [GeneratedRegex(@"(^|;)\s*(host|server)\s*=", RegexOptions.IgnoreCase)]
    private static partial Regex HostKey();
}
