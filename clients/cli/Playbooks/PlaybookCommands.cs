using System.CommandLine;
using Orchestrator.Cli.Serving;
using Orchestrator.V1;

namespace Orchestrator.Cli.Playbooks;

/// <summary><c>orc playbook</c>: checks, publishes and shows playbooks.</summary>
static class PlaybookCommands
{
    public static Command Build(Terminal terminal) => new("playbook", "Checks, publishes and shows playbooks")
    {
        Validate(terminal),
        Publish(terminal),
        List(terminal),
        Get(terminal),
        WhatIfCommand.Build(terminal),
        PlaybookFileCommands.Lint(terminal),
        PlaybookFileCommands.Test(terminal),
        PlaybookFileCommands.Diff(terminal),
        PlaybookFileCommands.Schema(terminal),
        PlanCommand.Build(terminal),
        DraftCommands.Build(terminal),
        RepublishCommands.Rollback(terminal),
        RepublishCommands.Pause(terminal),
        RepublishCommands.Resume(terminal),
        RepublishCommands.Rollout(terminal),
        ShadowCommands.Build(terminal),
    };

    static Command Validate(Terminal terminal)
    {
        var file = FileArgument();
        var command = new Command("validate", "Checks a text as `publish` would, and changes nothing; exit code 4 if it has errors") { file };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var (text, name) = await ReadAsync(parsed.GetValue(file)!, session);
            var response = await session.Client.Playbooks.Validate(new() { Text = text, File = name }, session.Repeatable());
            session.Answer(response, print =>
            {
                Diagnostics.Print(print.Line, name, response.Diagnostics);
                print.Line($"{name}: {Diagnostics.Count(response.Diagnostics)}");
            });
            return Diagnostics.HaveErrors(response.Diagnostics) ? Exit.Refused : Exit.Ok;
        });
    }

    static Command Publish(Terminal terminal)
    {
        var file = FileArgument();
        var departments = new Option<string[]>("--signed-off-by")
        {
            Description = "Departments that agree to this text, separated by commas",
            DefaultValueFactory = _ => [],
            AllowMultipleArgumentsPerToken = true,
        };
        var expected = new Option<int>("--expected-version") { Description = "Refuse unless this version is the latest one; 0 means whichever it is" };
        var command = new Command("publish", "Makes a text the next version, which decides from the next signal on") { file, departments, expected };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var (text, name) = await ReadAsync(parsed.GetValue(file)!, session);
            var request = new PublishRequest { Text = text, File = name, ExpectedVersion = parsed.GetValue(expected) };
            request.SignedOffBy.Add(parsed.GetValue(departments)!.SelectMany(
                list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
            var response = await session.Client.Playbooks.Publish(request, session.Once());

            // Warnings stay out of the way of a script that reads the version.
            Diagnostics.Print(line => session.Terminal.Error.WriteLine(Printing.OneLine(line)), name, response.Diagnostics);
            return session.Answer(response, print => print.Line($"published {response.Version.Name} version {response.Version.Version} ({response.Version.Digest})"));
        });
    }

    static Command List(Terminal terminal) =>
        Connection.Bind(new Command("list", "Lists all versions, newest first"), terminal, async (parsed, session) =>
        {
            var response = await session.Client.Playbooks.List(new(), session.Repeatable());
            return session.Answer(response, print => print.Table(
                ["NAME", "VERSION", "PUBLISHED", "SIGNED OFF BY", "DIGEST", "FROM DRAFT"],
                response.Versions.Select(version => (string[])
                [
                    version.Name, $"{version.Version}", Printing.Show(version.PublishedAt), string.Join(", ", version.SignedOffBy),
                    version.Digest[..Math.Min(12, version.Digest.Length)], version.Draft.Length > 0 ? $"{version.Draft} revision {version.DraftRevision}" : "",
                ]),
                "no playbook is published; `orc playbook publish` does it"));
        });

    static Command Get(Terminal terminal)
    {
        var name = new Argument<string>("name") { Description = "The playbook's id" };
        var version = new Option<int>("--version") { Description = "0 means the latest" };
        var command = new Command("get", "Writes the text of a version as it was published") { name, version };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Playbooks.Get(
                new() { Name = parsed.GetValue(name), Version = parsed.GetValue(version) }, session.Repeatable());

            // Byte for byte, so that it can be redirected to a file and published again.
            return session.Answer(response, _ => session.Terminal.Out.Write(response.Text));
        });
    }

    internal static Argument<string> FileArgument() => new("file") { Description = "The playbook's text (YAML)" };

    internal static async Task<(string Text, string Name)> ReadAsync(string file, Session session)
    {
        Files.MustExist(file);
        return (await File.ReadAllTextAsync(file, session.Cancellation), file);
    }
}
