using System.CommandLine;
using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Cli.Playbooks;

/// <summary><c>orc playbook plan</c>: what a publish would do to the accounts in flight.</summary>
static class PlanCommand
{
    public static Command Build(Terminal terminal)
    {
        var file = PlaybookCommands.FileArgument();
        var examples = new Option<int>("--examples") { Description = "How many accounts that move are named, 1 to 10000", DefaultValueFactory = _ => 20 };
        var command = new Command("plan", "Shows what publishing a text would do to the accounts in flight: who stays, who moves where and why, who leaves; changes nothing") { file, examples };
        return Connection.Bind(command, terminal, async (parsed, session) =>
        {
            var (text, name) = await PlaybookCommands.ReadAsync(parsed.GetValue(file)!, session);
            var wanted = parsed.GetValue(examples);
            if (wanted is < 1 or > 10_000)
            {
                throw new CommandFailure(Exit.Usage, $"expected `--examples` of 1 to 10000, found `{wanted}`");
            }

            PublishPlan? plan = null;
            await foreach (var response in session.Client.Authoring.Plan(new() { Text = text, File = name, Examples = wanted }, session.Lasting(session.Cancellation)))
            {
                plan = response.Plan ?? plan;
                if (response.Progress is { } progress && session.Terminal.ErrorIsScreen)
                {
                    session.Terminal.Error.Write($"\r{progress.Accounts} accounts, {progress.Partitions} of {progress.PartitionsInAll} partitions ");
                }
            }

            return plan is null ? throw new CommandFailure(Exit.Failed, "there is no plan") : session.Answer(plan, print => Print(print, plan, name));
        });
    }

    static void Print(Printing print, PublishPlan plan, string name)
    {
        Diagnostics.Print(print.Line, name, plan.Diagnostics);
        print.Facts(
            ("would be", $"version {plan.Version}"),
            ("accounts", Number(plan.Accounts)),
            ("move", $"{Number(plan.Moved)}, of which {Number(plan.Exited)} leave the journey"),
            ("keep their version", Number(plan.Pinned)),
            ("actions taken back", Number(plan.Revoked)),
            ("timers changed", Number(plan.Rescheduled)),
            ("sign-offs needed", string.Join(", ", plan.SignOffs)));
        print.Line();
        print.Table(
            ["STAGE", "NOW", "AFTER", "STAY", "PINNED", "MOVE", "LEAVE", ""],
            plan.Stages.Select(s => (string[])[s.Stage, Number(s.Before), Number(s.After), Number(s.Stay), Number(s.Pinned), Number(s.Moved), Number(s.Exited), s.Gone ? "is gone" : ""]),
            "no stages");
        if (plan.Examples.Count > 0)
        {
            print.Line();
            print.Table(["ACCOUNT", "FROM", "TO", "WHY"], plan.Examples.Select(e => (string[])[e.Account, e.From, e.To, e.Why]), "");
        }
    }

    static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
