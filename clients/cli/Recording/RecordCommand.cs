using System.CommandLine;
using System.Text;
using Orchestrator.Cli.Mapping;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Cli.Recording;

/// <summary><c>orc record</c>: signals from a file.</summary>
static class RecordCommand
{
    const int DefaultInFlight = 1000;

    public static Command Build(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "CSV or NDJSON, also packed with gzip" };
        var mapping = new Option<string?>("--mapping") { Description = "How rows of a CSV become signals (YAML or JSON)" };
        var account = new Option<string?>("--account-column") { Description = "The column with the account's id, in place of the mapping's `account`" };
        var inFlight = new Option<int>("--in-flight") { Description = "Signals sent and not yet acknowledged, at most", DefaultValueFactory = _ => DefaultInFlight };
        var backFill = new Option<bool>("--back-fill") { Description = "The file is history: it changes what is known and the stages, at its own times, and nothing is sent because of it" };
        var command = new Command("record", "Records signals from a file; run again, it resumes: what is recorded already is a duplicate") { file, mapping, account, inFlight, backFill };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var window = parsed.GetValue(inFlight);
            if (window is < 1 or > 100_000)
            {
                throw new CommandFailure(Exit.Usage, $"expected `--in-flight` from 1 to 100000, found `{window}`");
            }

            using var source = SourceFile.Open(parsed.GetValue(file)!);
            return await RunAsync(session, source, parsed.GetValue(file)!, parsed.GetValue(mapping), parsed.GetValue(account), window, parsed.GetValue(backFill));
        });
    }

    static async Task<int> RunAsync(Session session, SourceFile file, string name, string? mappingFile, string? accountColumn, int inFlight, bool backFill)
    {
        try
        {
            using var rows = await RowsAsync(session, file, mappingFile, accountColumn);
            using var rejects = rows.NewRejects($"{name}.rejects.{(file.IsTable ? "csv" : "ndjson")}");
            var ledger = new Ledger(rejects);
            using var signals = Marked(ledger.Follow(rows.Rows()), backFill).GetEnumerator();
            var window = new SendWindow(signals, inFlight, session.Terminal.Clock);
            var recorder = new Recorder(session.Client.Signals, window, ledger, session.Patience, session.Terminal.Clock);
            var since = session.Terminal.Clock.GetTimestamp();
            try
            {
                await RecordProgress.FollowAsync(session.Terminal, file, ledger, recorder.RunAsync(session.Cancellation));
            }
            catch (Exception end) when (end is RpcException or OperationCanceledException && ledger.Settled > 0)
            {
                await session.Terminal.Error.WriteLineAsync(
                    $"stopped with {ledger.Recorded} signals recorded and {ledger.Duplicates} duplicates; the same command resumes");
                throw;
            }

            RecordSummary.Write(session, ledger, rejects, session.Terminal.Clock.GetElapsedTime(since));
            return ledger.Rejected > 0 ? Exit.Refused : Exit.Ok;
        }
        catch (DecoderFallbackException broken)
        {
            throw new CommandFailure(Exit.Refused, $"expected UTF-8 in `{name}`, found other bytes; `iconv -f WINDOWS-1252 -t UTF-8` converts a file from an older spreadsheet", broken);
        }
        catch (InvalidDataException broken)
        {
            throw new CommandFailure(Exit.Refused, $"`{name}` is damaged: {broken.Message.TrimEnd('.')}", broken);
        }
    }

    static IEnumerable<(SourceRow Row, Signal Signal)> Marked(IEnumerable<(SourceRow Row, Signal Signal)> rows, bool backFill)
    {
        foreach (var row in rows)
        {
            // A file may also say it itself, signal by signal.
            row.Signal.BackFill |= backFill;
            yield return row;
        }
    }

    static async Task<IRowSource> RowsAsync(Session session, SourceFile file, string? mappingFile, string? accountColumn)
    {
        if (!file.IsTable)
        {
            return mappingFile is null && accountColumn is null
                ? new NdjsonSource(file, await file.DigestAsync(session.Cancellation))
                : throw new CommandFailure(Exit.Usage, "`--mapping` and `--account-column` are for CSV; rows of NDJSON are signals already");
        }

        if (mappingFile is null)
        {
            throw new CommandFailure(Exit.Usage, "a CSV needs `--mapping`, which says how its rows become signals");
        }

        Files.MustExist(mappingFile);
        var mapping = MappingReader.Read(mappingFile, await File.ReadAllTextAsync(mappingFile, session.Cancellation), accountColumn);
        return new CsvSource(file, mapping, await file.DigestAsync(session.Cancellation));
    }
}
