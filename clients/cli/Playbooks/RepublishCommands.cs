using System.CommandLine;
using System.Text.RegularExpressions;
using Orchestrator.V1;

namespace Orchestrator.Cli.Playbooks;

/// <summary>Publishes of a text that was there before: <c>rollback</c>, <c>pause</c> and <c>resume</c>. Versions stay immutable, so each is a new version.</summary>
static partial class RepublishCommands
{
    public static Command Rollback(Terminal terminal)
    {
        var version = new Argument<int>("version") { Description = "The version whose text decides again; 0 means the one before the latest", DefaultValueFactory = _ => 0 };
        var departments = SignOffs();
        var command = new Command("rollback", "Publishes the text of an earlier version again, as a new version, with the sign-offs that it had") { version, departments };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var latest = await LatestAsync(session);
            var wanted = parsed.GetValue(version);
            wanted = wanted == 0 ? latest.Version.Version - 1 : wanted;
            if (wanted < 1)
            {
                throw new CommandFailure(Exit.Refused, "there is no version before the first");
            }

            var earlier = await session.Client.Playbooks.Get(new() { Version = wanted }, session.Repeatable());
            return await PublishAsync(session, earlier.Text, $"version-{wanted}.yaml", latest.Version.Version, [.. earlier.Version.SignedOffBy, .. Given(parsed, departments)]);
        });
    }

    public static Command Pause(Terminal terminal)
    {
        var then = new Option<string>("--then")
        {
            Description = "What happens meanwhile: `hold` keeps everybody in place, `skip` lets accounts move on without actions, `exit` ends the journey for all who are under way",
            DefaultValueFactory = _ => "hold",
        };
        then.AcceptOnlyFromAmong("hold", "skip", "exit");
        var departments = SignOffs();
        var command = new Command("pause", "Publishes the latest text, paused: nothing but mandatory actions goes out, and what is open is taken back") { then, departments };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var latest = await LatestAsync(session);
            var text = PausedLine().Replace(latest.Text, "");
            text = $"{text.TrimEnd('\n', '\r')}\npaused: {parsed.GetValue(then)}\n";
            return await PublishAsync(session, text, "paused.yaml", latest.Version.Version, [.. latest.Version.SignedOffBy, .. Given(parsed, departments)]);
        });
    }

    public static Command Resume(Terminal terminal)
    {
        var departments = SignOffs();
        var command = new Command("resume", "Publishes the latest text, no longer paused; what is best then is decided anew") { departments };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var latest = await LatestAsync(session);
            var text = PausedLine().Replace(latest.Text, "");
            return text == latest.Text
                ? throw new CommandFailure(Exit.Refused, $"version {latest.Version.Version} is not paused")
                : await PublishAsync(session, text, "resumed.yaml", latest.Version.Version, [.. latest.Version.SignedOffBy, .. Given(parsed, departments)]);
        });
    }

    public static Command Rollout(Terminal terminal) =>
        Connection.Bind(new Command("rollout", "Shows how far the latest publish has come with the accounts in flight"), terminal, async (parsed, session) =>
        {
            var status = await session.Client.Authoring.GetRollout(new(), session.Repeatable());
            return session.Answer(status, print => print.Line(
                status.Version == 0 ? "no playbook is published" : $"version {status.Version}: {status.PartitionsDone} of {status.Partitions} partitions are done, {status.AccountsVisited} accounts were visited"));
        });

    static async Task<GetResponse> LatestAsync(Session session) => await session.Client.Playbooks.Get(new(), session.Repeatable());

    static async Task<int> PublishAsync(Session session, string text, string file, int expected, IEnumerable<string> signedOffBy)
    {
        var request = new PublishRequest { Text = text, File = file, ExpectedVersion = expected };
        request.SignedOffBy.AddRange(signedOffBy.Distinct());
        var response = await session.Client.Playbooks.Publish(request, session.Once());
        Diagnostics.Print(line => session.Terminal.Error.WriteLine(Printing.OneLine(line)), file, response.Diagnostics);
        return session.Answer(response, print => print.Line($"published {response.Version.Name} version {response.Version.Version} ({response.Version.Digest})"));
    }

    static Option<string[]> SignOffs() => new("--signed-off-by")
    {
        Description = "Departments that agree, separated by commas, besides those that agreed to the text before",
        DefaultValueFactory = _ => [],
        AllowMultipleArgumentsPerToken = true,
    };

    static IEnumerable<string> Given(ParseResult parsed, Option<string[]> departments) =>
        parsed.GetValue(departments)!.SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    [GeneratedRegex(@"^paused:.*(\r?\n|\z)", RegexOptions.Multiline)]
    private static partial Regex PausedLine();
}
