using System.CommandLine;
using Orchestrator.V1;

namespace Orchestrator.Cli.Playbooks;

/// <summary><c>orc playbook what-if</c>: a draft replayed over the whole recorded history.</summary>
static class WhatIfCommand
{
    public static Command Build(Terminal terminal)
    {
        var file = new Argument<string?>("file") { Description = "The playbook's text (YAML); with `--lever` the latest version may stay unnamed", Arity = ArgumentArity.ZeroOrOne };
        var against = new Option<string>("--against")
        {
            Description = "What to compare with: `latest`, the same history under the latest version; `recorded`, what did happen; a version's number; or a file",
            DefaultValueFactory = _ => "latest",
        };
        var criteria = new Option<bool>("--criteria") { Description = "Counts what removed each candidate, too; takes longer" };
        var examples = new Option<int>("--examples") { Description = "How many examples of what differs, 1 to 10000", DefaultValueFactory = _ => 20 };
        var fail = new Option<bool>("--exit-code") { Description = "Exit with 4 if anything differs" };
        var (levers, by) = (SweepPage.LeverOption(), SweepPage.ByOption());
        var command = new Command("what-if", "Replays a draft over the recorded history of every account and shows what would have come out differently; changes nothing")
        {
            file, against, criteria, examples, fail, levers, by,
        };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var (text, name) = parsed.GetValue(file) is { } path ? await PlaybookCommands.ReadAsync(path, session)
                : parsed.GetValue(levers) is { Length: > 0 } ? ("", "latest.yaml")
                : throw new CommandFailure(Exit.Usage, "expected the file of a playbook, found none");
            if (parsed.GetValue(levers) is { Length: > 0 } asked)
            {
                return await SweepPage.RunAsync(session, new SweepRequest { Text = text, File = name, Levers = { asked }, By = { parsed.GetValue(by) ?? [] } });
            }

            var wanted = parsed.GetValue(examples);
            if (wanted is < 1 or > 10_000)
            {
                throw new CommandFailure(Exit.Usage, $"expected `--examples` of 1 to 10000, found `{wanted}`");
            }

            var request = new WhatIfRequest { Text = text, File = name, Criteria = parsed.GetValue(criteria), Examples = wanted };
            await CompareAsync(request, parsed.GetValue(against)!, session);
            var report = await WhatIfProgressBar.FollowAsync(session.Terminal, session.Client.Authoring.WhatIf(request, session.Lasting(session.Cancellation)));
            session.Answer(report, print => WhatIfPage.Print(print, report));
            return report.Differs && parsed.GetValue(fail) ? Exit.Refused : Exit.Ok;
        });
    }

    static async Task CompareAsync(WhatIfRequest request, string against, Session session)
    {
        if (against == "recorded")
        {
            request.Recorded = true;
        }
        else if (int.TryParse(against, out var version) && version > 0)
        {
            request.Version = version;
        }
        else if (against != "latest")
        {
            if (!File.Exists(against))
            {
                throw new CommandFailure(Exit.Usage, $"expected `latest`, `recorded`, a version's number or a file behind `--against`, found `{against}`");
            }

            request.OtherText = await File.ReadAllTextAsync(against, session.Cancellation);
        }
    }
}
