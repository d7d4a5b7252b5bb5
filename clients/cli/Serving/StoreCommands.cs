using System.CommandLine;

namespace Orchestrator.Cli.Serving;

/// <summary>Work on a store without a silo. The silo's program does it, as a child process: only it knows how stores are made.</summary>
static class StoreCommands
{
    public const string MigrateName = "migrate";
    public const string BackupName = "backup";
    public const string RestoreName = "restore";
    public const string VerifyName = "verify";

    const string Place = "a file, a data folder, `postgres` (the one that ORCHESTRATOR_POSTGRES names) or a connection string `Host=...`";

    public static Command Store(Terminal terminal) => new("store", "Moves a store")
    {
        Migrate(terminal),
    };

    static Command Migrate(Terminal terminal)
    {
        var from = new Argument<string?>("from") { Description = $"The store: {Place}", Arity = ArgumentArity.ZeroOrOne };
        var to = new Argument<string?>("to") { Description = "Where to; must not exist", Arity = ArgumentArity.ZeroOrOne };
        var orleans = new Option<string?>("--orleans") { Description = "Instead: make or upgrade the tables that the Orleans engine needs beside this store (`postgres` or a connection string)" };
        var command = new Command(MigrateName, "Moves the store of a stopped silo from its file to PostgreSQL, counted and read back") { from, to, orleans };
        command.Validators.Add(given =>
        {
            var places = new[] { from, to }.Count(place => given.GetResult(place) is { Tokens.Count: > 0 });
            if (given.GetValue(orleans) is null ? places != 2 : places != 0)
            {
                given.AddError("two places are expected, FROM and TO, or `--orleans` alone");
            }
        });
        command.SetAction((parsed, _) => ServeCommand.RunAsync(
            terminal,
            parsed.GetValue(orleans) is { } server ? ["store", MigrateName, "--orleans", server] : ["store", MigrateName, parsed.GetRequiredValue(from)!, parsed.GetRequiredValue(to)!]));
        return command;
    }

    public static Command Backup(Terminal terminal) =>
        Command(terminal, BackupName, "Copies a store, in use or not, as it is at one moment, into a file", ("from", $"The store: {Place}"), ("file", "The backup; must not exist"));

    public static Command Restore(Terminal terminal) =>
        Command(terminal, RestoreName, "Makes a new store from a backup, with a higher incarnation", ("file", "The backup"), ("to", $"Where to; must not exist: {Place}"));

    public static Command Verify(Terminal terminal) =>
        Command(terminal, VerifyName, "Reads every frame, snapshot and checkpoint of a store or a backup and checks sums and sequences", ("place", $"The store: {Place}"));

    static Command Command(Terminal terminal, string name, string description, params (string Name, string Description)[] arguments)
    {
        var command = new Command(name, description);
        var declared = arguments.Select(argument => new Argument<string>(argument.Name) { Description = argument.Description }).ToList();
        declared.ForEach(command.Arguments.Add);
        command.SetAction((parsed, _) => ServeCommand.RunAsync(terminal, ["store", name, .. declared.Select(argument => parsed.GetRequiredValue(argument))]));
        return command;
    }
}
