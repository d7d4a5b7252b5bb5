using System.CommandLine;

namespace Orchestrator.Cli.Serving;

/// <summary>Work on playbook files without a silo. The silo's program does it, as a child process: only it knows the language.</summary>
static class PlaybookFileCommands
{
    public static Command Lint(Terminal terminal) =>
        OnFiles(terminal, "lint", "Checks playbook files and shows stage by role what is expected, who delivers it, on which channels, with what content and criterion; exit code 4 if there are errors or gaps", "Playbook files");

    public static Command Test(Terminal terminal) =>
        OnFiles(terminal, "test", "Runs the tests that stand in files beside playbooks, on the real grains with a clock of their own; exit code 4 if one fails", "Files with tests");

    public static Command Schema(Terminal terminal)
    {
        var fixtures = new Option<bool>("--fixtures") { Description = "The schema of files with tests" };
        var command = new Command("schema", "Writes the JSON Schema of playbooks, for editors: begin a file with `# yaml-language-server: $schema=playbook.schema.json`") { fixtures };
        command.SetAction((parsed, _) => ServeCommand.RunAsync(terminal, parsed.GetValue(fixtures) ? ["playbook", "schema", "fixtures"] : ["playbook", "schema"]));
        return command;
    }

    /// <summary>Each side is a file, or the number of a published version.</summary>
    public static Command Diff(Terminal terminal)
    {
        var before = new Argument<string>("before") { Description = "A file, or the number of a version" };
        var after = new Argument<string>("after") { Description = "A file, or the number of a version; without it: the latest version against the file", DefaultValueFactory = _ => "" };
        var command = new Command("diff", "Shows what changes from one playbook to another, in the words of the model") { before, after };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var (from, to) = (parsed.GetValue(before)!, parsed.GetValue(after)!);
            (from, to) = to.Length == 0 ? ("0", from) : (from, to);
            var folder = Directory.CreateTempSubdirectory("orc-diff-");
            try
            {
                return await ServeCommand.RunAsync(terminal, ["playbook", "diff", await FileAsync(from, folder, session), await FileAsync(to, folder, session), .. Json(session.Json)]);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        });
    }

    static async Task<string> FileAsync(string given, DirectoryInfo folder, Session session)
    {
        if (!int.TryParse(given, out var version) || File.Exists(given))
        {
            Files.MustExist(given);
            return given;
        }

        var found = await session.Client.Playbooks.Get(new() { Version = version }, session.Repeatable());
        var file = Path.Combine(folder.FullName, $"version-{found.Version.Version}.yaml");
        await File.WriteAllTextAsync(file, found.Text, session.Cancellation);
        return file;
    }

    static Command OnFiles(Terminal terminal, string name, string description, string what)
    {
        var files = new Argument<string[]>("files") { Description = what, Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--output", "-o") { Description = "How answers are written: `table` for people, `json` for programs", DefaultValueFactory = _ => "table" };
        output.AcceptOnlyFromAmong("table", "json");
        var command = new Command(name, description) { files, output };
        command.SetAction((parsed, _) => ServeCommand.RunAsync(terminal, ["playbook", name, .. parsed.GetValue(files)!, .. Json(parsed.GetValue(output) == "json")]));
        return command;
    }

    static string[] Json(bool json) => json ? ["--json"] : [];
}
