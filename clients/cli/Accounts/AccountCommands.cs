using System.CommandLine;
using Orchestrator.Cli.Identities;
using Orchestrator.V1;

namespace Orchestrator.Cli.Accounts;

/// <summary><c>orc account</c>: what is known of an account, what happened to it, and why.</summary>
static class AccountCommands
{
    public static Command Build(Terminal terminal) => new("account", "Shows accounts, what happened to them, and why")
    {
        Show(terminal),
        Timeline(terminal),
        Explain(terminal),
        Release(terminal),
        TeamCommand.Build(terminal),
        EnterCommand.Build(terminal),
        LatenessPage.Build(terminal),
        ForwardCommand.Build(terminal),
        MergeCommands.MergeAccounts(terminal),
        MergeCommands.Unmerge(terminal),
        MergeCommands.Duplicates(terminal),
        MergeCommands.Dismiss(terminal),
    };

    static Command Show(Terminal terminal)
    {
        var id = IdArgument();
        return Connection.Bind(new Command("show", "Shows where an account stands") { id }, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Accounts.GetAccount(new() { Account = parsed.GetValue(id) }, session.Repeatable());
            return session.Answer(response, print => AccountPage.Print(print, response));
        });
    }

    static Command Timeline(Terminal terminal)
    {
        var id = IdArgument();
        var contact = new Option<string?>("--contact") { Description = "Only what concerns this person" };
        var limit = new Option<int>("--limit") { Description = "How many entries at most", DefaultValueFactory = _ => 50 };
        var command = new Command("timeline", "Shows what happened, newest first") { id, contact, limit };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var wanted = parsed.GetValue(limit);
            if (wanted < 1)
            {
                throw new CommandFailure(Exit.Usage, $"expected `--limit` of at least 1, found `{wanted}`");
            }

            var all = await ReadAsync(session, new() { Account = parsed.GetValue(id), Contact = parsed.GetValue(contact) ?? "" }, wanted);
            return session.Answer(all, print =>
            {
                print.Table(
                    ["AT", "KIND", "CONTACT", "WHAT"],
                    all.Entries.Select(entry => (string[])[Printing.Show(entry.At), entry.Kind, entry.Contact, Sentence(entry)]),
                    "nothing has happened yet");
                if (all.NextPageToken.Length > 0)
                {
                    print.Line($"older entries exist; `--limit` above {wanted} shows them");
                }
            });
        });
    }

    // The page after the last is asked for only while entries are wanted; its token stays in the answer to say that there is more.
    static async Task<TimelineResponse> ReadAsync(Session session, TimelineRequest request, int wanted)
    {
        var all = new TimelineResponse();
        do
        {
            request.PageSize = Math.Min(1000, wanted - all.Entries.Count);
            request.PageToken = all.NextPageToken;
            var page = await session.Client.Accounts.Timeline(request, session.Repeatable());
            all.Entries.Add(page.Entries);
            all.NextPageToken = page.NextPageToken;
        }
        while (all.NextPageToken.Length > 0 && all.Entries.Count < wanted);

        return all;
    }

    static Command Explain(Terminal terminal)
    {
        var id = IdArgument();
        var action = new Option<string?>("--action") { Description = "The decision that chose this action" };
        var signal = new Option<string?>("--signal") { Description = "The decision that this signal led to" };
        var play = new Option<string?>("--play") { Description = "Why not this play? Its candidates come first" };
        var command = new Command("explain", "Recomputes a decision: the choice, the evidence, the runners-up and what removed each; without options, the latest")
        {
            id, action, signal, play,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(action) is not null && result.GetValue(signal) is not null)
            {
                result.AddError("expected one of `--action` and `--signal`, found both");
            }
        });
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Accounts.Explain(
                new()
                {
                    Account = parsed.GetValue(id),
                    ActionId = parsed.GetValue(action) ?? "",
                    SignalId = parsed.GetValue(signal) ?? "",
                    Play = parsed.GetValue(play) ?? "",
                },
                session.Repeatable());
            return session.Answer(response, print => Explanation.Print(print, response));
        });
    }

    static Command Release(Terminal terminal)
    {
        var id = IdArgument();
        return Connection.Bind(new Command("release", "Lets an account out of quarantine; what was parked for it is decided then") { id }, terminal, async (parsed, session) =>
        {
            var response = await session.Client.Accounts.ReleaseAccount(new() { Account = parsed.GetValue(id) }, session.Once());
            return session.Answer(response, print => print.Line("released; should silos die over it again, it goes back"));
        });
    }

    static Argument<string> IdArgument() => new("account") { Description = "The account's id" };

    static string Sentence(TimelineEntry entry) => entry.Text.Length > 0 ? entry.Text : entry.Signal?.Type ?? entry.ActionId;
}
