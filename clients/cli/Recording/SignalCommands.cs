using System.CommandLine;
using System.Globalization;

namespace Orchestrator.Cli.Recording;

/// <summary><c>orc signals rejected</c>: what came and was not taken, and why.</summary>
static class SignalCommands
{
    public static Command Build(Terminal terminal) => new("signals", "Shows what became of signals") { Rejected(terminal) };

    static Command Rejected(Terminal terminal)
    {
        var type = new Option<string?>("--type") { Description = "Only of this type" };
        var limit = new Option<int>("--limit") { Description = "The latest so many of each type, at most 50", DefaultValueFactory = _ => 5 };
        var command = new Command("rejected", "Counts the signals that were refused since the silo started, and shows the latest with the reason") { type, limit };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var wanted = parsed.GetValue(limit);
            if (wanted is < 1 or > 50)
            {
                throw new CommandFailure(Exit.Usage, $"expected `--limit` from 1 to 50, found `{wanted}`");
            }

            var response = await session.Client.Rejections.ListRejected(new() { Type = parsed.GetValue(type) ?? "", Limit = wanted }, session.Repeatable());
            return session.Answer(response, print =>
            {
                print.Table(
                    ["TYPE", "REFUSED", "LAST"],
                    response.Types_.Select(of => (string[])[of.Type, of.Count.ToString(CultureInfo.InvariantCulture), Printing.Show(of.LastAt)]),
                    $"no signal was refused since {Printing.Show(response.Since)}");
                foreach (var (of, one) in response.Types_.SelectMany(of => of.Latest.Select(one => (of, one))))
                {
                    print.Line($"{Printing.Show(one.At)}  {of.Type}  {one.Signal.Id}{(one.Signal.Account.Length > 0 ? $" of {one.Signal.Account}" : "")}: {one.Reason}");
                }
            });
        });
    }
}
