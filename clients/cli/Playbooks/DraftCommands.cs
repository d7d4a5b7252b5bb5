using System.CommandLine;
using Orchestrator.V1;

namespace Orchestrator.Cli.Playbooks;

/// <summary><c>orc playbook draft</c>: texts on their way to the next version, kept on the server.</summary>
static class DraftCommands
{
    public static Command Build(Terminal terminal) => new("draft", "Saves, shows and publishes drafts that are kept on the server") { Save(terminal), List(terminal), Show(terminal), Delete(terminal), Publish(terminal) };

    static Command Save(Terminal terminal)
    {
        var name = NameArgument();
        var file = PlaybookCommands.FileArgument();
        var author = AuthorOption();
        var basis = new Option<int>("--base-version") { Description = "The version that it is begun from; 0 means that of the draft so far, or the latest" };
        var expected = new Option<int>("--expected-revision") { Description = "The revision that this one follows; 0 means that the draft is new" };
        var command = new Command("save", "Keeps a text as the next revision of a draft, with errors or without") { name, file, author, basis, expected };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var (text, path) = await PlaybookCommands.ReadAsync(parsed.GetValue(file)!, session);
            var request = new SaveDraftRequest
            {
                Name = parsed.GetValue(name),
                Text = text,
                File = path,
                Author = parsed.GetValue(author),
                BaseVersion = parsed.GetValue(basis),
                ExpectedRevision = parsed.GetValue(expected),
            };
            var response = await session.Client.Playbooks.SaveDraft(request, session.Once());
            Diagnostics.Print(line => session.Terminal.Error.WriteLine(Printing.OneLine(line)), path, response.Diagnostics);
            return session.Answer(response, print => print.Line($"saved {response.Draft.Name} revision {response.Draft.Revision}, from version {response.Draft.BaseVersion}: {Diagnostics.Count(response.Diagnostics)}"));
        });
    }

    static Command List(Terminal terminal) => Connection.Bind(new Command("list", "Lists the drafts"), terminal, async (_, session) =>
    {
        var response = await session.Client.Playbooks.ListDrafts(new(), session.Repeatable());
        return session.Answer(response, print => print.Table(
            ["DRAFT", "REVISION", "BY", "SAVED", "FROM VERSION", "PUBLISHED"],
            response.Drafts.Select(d => (string[])[d.Name, $"{d.Revision}", d.Author, Printing.Show(d.SavedAt), $"{d.BaseVersion}", Published(d)]),
            "there are no drafts; `orc playbook draft save` makes one"));
    });

    static Command Show(Terminal terminal)
    {
        var name = NameArgument();
        var revision = new Option<int>("--revision") { Description = "0 means the latest" };
        var history = new Option<bool>("--history") { Description = "Who saved it and when, instead of the text" };
        var command = new Command("show", "Writes the text of a draft as it was saved") { name, revision, history };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Playbooks.GetDraft(new() { Name = parsed.GetValue(name), Revision = parsed.GetValue(revision) }, session.Repeatable());
            if (!parsed.GetValue(history))
            {
                return session.Answer(response, _ => session.Terminal.Out.Write(response.Text));
            }

            return session.Answer(response, print =>
            {
                print.Facts(("draft", response.Draft.Name), ("from version", $"{response.Draft.BaseVersion}"), ("published", Published(response.Draft)));
                print.Table(
                    ["REVISION", "BY", "SAVED", "DIGEST", "TEXT"],
                    response.Draft.History.Select(r => (string[])[$"{r.Revision}", r.Author, Printing.Show(r.SavedAt), r.Digest[..Math.Min(12, r.Digest.Length)], r.Kept ? "kept" : ""]),
                    "");
            });
        });
    }

    static Command Delete(Terminal terminal)
    {
        var name = NameArgument();
        var author = AuthorOption();
        var expected = new Option<int>("--expected-revision") { Description = "Refuse unless it is at this revision; 0 means whichever it is at" };
        return Connection.Bind(new Command("delete", "Deletes a draft; what was published from it stays") { name, author, expected }, terminal, async (parsed, session) =>
        {
            var request = new DeleteDraftRequest { Name = parsed.GetValue(name), Author = parsed.GetValue(author), ExpectedRevision = parsed.GetValue(expected) };
            var response = await session.Client.Playbooks.DeleteDraft(request, session.Once());
            return session.Answer(response, print => print.Line($"deleted {request.Name}"));
        });
    }

    static Command Publish(Terminal terminal)
    {
        var name = NameArgument();
        var revision = new Option<int>("--revision") { Description = "Refuse unless this is the latest revision; 0 means whichever it is" };
        var expected = new Option<int>("--expected-version") { Description = "Refuse unless this version is the latest one; 0 means the one that the draft was begun from" };
        var departments = new Option<string[]>("--signed-off-by") { Description = "Departments that agree to this text, separated by commas", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
        var command = new Command("publish", "Makes the text of a draft the next version, which says from which revision it came") { name, revision, expected, departments };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var request = new PublishRequest { Draft = parsed.GetValue(name), DraftRevision = parsed.GetValue(revision), ExpectedVersion = parsed.GetValue(expected) };
            request.SignedOffBy.Add(parsed.GetValue(departments)!.SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
            var response = await session.Client.Playbooks.Publish(request, session.Once());
            Diagnostics.Print(line => session.Terminal.Error.WriteLine(Printing.OneLine(line)), response.Version.Draft, response.Diagnostics);
            var version = response.Version;
            return session.Answer(response, print => print.Line($"published {version.Name} version {version.Version} from {version.Draft} revision {version.DraftRevision} ({version.Digest})"));
        });
    }

    static Argument<string> NameArgument() => new("name") { Description = "The draft's name" };

    static Option<string> AuthorOption() => new("--author") { Description = "Who it is; kept with the draft", Required = true };

    static string Published(Draft draft) => draft.PublishedVersion == 0 ? "" : $"version {draft.PublishedVersion} from revision {draft.PublishedRevision}";
}
