using System.CommandLine;
using System.CommandLine.Invocation;
using Orchestrator.Cli.Accounts;
using Orchestrator.Cli.Actions;
using Orchestrator.Cli.Cluster;
using Orchestrator.Cli.Insight;
using Orchestrator.Cli.ContactPolicy;
using Orchestrator.Cli.Diagnosis;
using Orchestrator.Cli.Playbooks;
using Orchestrator.Cli.Recording;
using Orchestrator.Cli.Serving;

namespace Orchestrator.Cli;

/// <summary>The command line as a whole.</summary>
static class OrcCommand
{
    // Long enough to close a stream and write a summary after ctrl-C, short enough not to be killed for it.
    static readonly TimeSpan TimeToStop = TimeSpan.FromSeconds(10);

    public static RootCommand Build(Terminal terminal) => new("Runs, feeds and asks an Orchestrator. Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 refused, 5 unavailable.")
    {
        ServeCommand.Build(terminal),
        StoreCommands.Store(terminal),
        StoreCommands.Backup(terminal),
        StoreCommands.Restore(terminal),
        StoreCommands.Verify(terminal),
        PlaybookCommands.Build(terminal),
        RecordCommand.Build(terminal),
        SignalCommands.Build(terminal),
        ActionCommands.Build(terminal),
        AccountCommands.Build(terminal),
        ContactCommands.Build(terminal),
        DecideCommand.Build(terminal),
        PolicyCommands.Build(terminal),
        InsightCommands.Build(terminal),
        ClusterCommands.Build(terminal),
        DoctorCommand.Build(terminal),
    };

    /// <summary>Runs one command line to its exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, CancellationToken cancellation = default)
    {
        // `@` begins identifiers and texts here; it does not name a file of arguments.
        var parsed = Build(terminal).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            return Misused(parsed, terminal);
        }

        return await parsed.InvokeAsync(
            new()
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,

                // A silo takes the time it needs to hand over its partitions; `serve` waits for it, as work on a store is waited for.
                ProcessTerminationTimeout = parsed.CommandResult.Command.Name is ServeCommand.Name or StoreCommands.MigrateName or StoreCommands.BackupName or StoreCommands.RestoreName or StoreCommands.VerifyName ? null : TimeToStop,
            },
            cancellation);
    }

    static int Misused(ParseResult parsed, Terminal terminal)
    {
        var path = string.Join(' ', Path(parsed.CommandResult).Reverse());
        var said = parsed.Errors.Select(error => InOurWords(error.Message)).Distinct();
        terminal.Error.WriteLine($"error: {string.Join("; ", said)}; see `{path} --help`");
        return Exit.Usage;
    }

    static IEnumerable<string> Path(System.CommandLine.Parsing.CommandResult command)
    {
        for (var at = command; at is not null; at = at.Parent as System.CommandLine.Parsing.CommandResult)
        {
            yield return at.Parent is null ? "orc" : at.Command.Name;
        }
    }

    // The library's messages are sentences; ours are not.
    static string InOurWords(string message)
    {
        var line = message.ReplaceLineEndings(" ").Trim().TrimEnd('.').Replace('\'', '`');
        return line.Length == 0 ? "the command line cannot be understood" : char.ToLowerInvariant(line[0]) + line[1..];
    }
}
