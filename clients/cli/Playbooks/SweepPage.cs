using System.CommandLine;
using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Cli.Playbooks;

/// <summary><c>orc playbook what-if --lever</c>: what values of levers gain and cost, side by side.</summary>
static class SweepPage
{
    public static Option<string[]> LeverOption() => new("--lever")
    {
        Description = "Replays the history once for each value of a place in the text, all combinations of several: `arbitration.levers.call=0.5,1,2`, `contact-policy.caps[0].at-most=2,4`, `transitions.qualify.when~35=25,45`",
    };

    public static Option<string[]> ByOption() => new("--by")
    {
        Description = "With `--lever`, what is traded off: `value`, `reach`, `accounts`, `moves` (more is better), `actions`, `caps`, `peak` (less is better); by default `value` and `actions`",
        AllowMultipleArgumentsPerToken = true,
    };

    public static async Task<int> RunAsync(Session session, SweepRequest request)
    {
        List<string> by = [.. request.By.SelectMany(b => b.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        request.By.Clear();
        request.By.AddRange(by);
        SweepReport? report = null;
        var tenth = 0;
        await foreach (var response in session.Client.Authoring.Sweep(request, session.Lasting(session.Cancellation)))
        {
            report = response.Report ?? report;
            if (response.Progress is { FramesInAll: > 0 } progress && (int)(10.0 * progress.Frames / progress.FramesInAll) > tenth)
            {
                tenth = (int)(10.0 * progress.Frames / progress.FramesInAll);
                session.Terminal.Error.WriteLine($"{tenth * 10}% replayed");
            }
        }

        var found = report ?? throw new CommandFailure(Exit.Failed, "the replay ended without a report");
        return session.Answer(found, print => Print(print, found));
    }

    static void Print(Printing print, SweepReport report)
    {
        print.Facts(
            ("history", report.From is null ? "none" : $"{Printing.Show(report.From)} to {Printing.Show(report.To)}"),
            ("replayed", $"{Number(report.Signals)} signals of {Number(report.Accounts)} accounts for each of {report.Points.Count} points in {report.Seconds.ToString("0.0", CultureInfo.InvariantCulture)} s"),
            ("traded off", string.Join(" against ", report.By)));
        foreach (var remark in report.Remarks)
        {
            print.Line($"note: {remark}");
        }

        print.Line();
        print.Table(
            [.. report.Levers.Select(l => l.ToUpperInvariant()), $"EXPECTED {report.Currency}", "ACTIONS", "PEOPLE", "ACCOUNTS", "CAPS HIT", "STAGE CHANGES", "BEST"],
            report.Points.Select((p, i) => (string[])
            [
                .. p.Values.Select(v => i == 0 ? $"{v} (now)" : v), (p.ExpectedValue / 100).ToString("#,0.00", CultureInfo.InvariantCulture), Number(p.Actions), Number(p.PeopleReached), Number(p.AccountsReached),
                Number(p.CapsHit), Number(p.StageChanges), p.Best ? "*" : "",
            ]),
            "");
        print.Line("* no other point is at least as good in everything that is traded off and better in something");
        print.Line();
        print.Line("load of departments");
        print.Table(
            [.. report.Levers.Select(l => l.ToUpperInvariant()), "DEPARTMENT", "ACTIONS", "BUSIEST DAY", "MOST IN HAND", "CAPACITY"],
            report.Points.SelectMany((p, i) => p.Departments.Select(d => (string[])
            [
                .. p.Values.Select(v => i == 0 ? $"{v} (now)" : v), d.Department.Length > 0 ? d.Department : "(to people directly)", Number(d.Actions), Number(d.BusiestDay), Number(d.MostOpen),
                d.Capacity > 0 ? $"{Number(d.Capacity)} ({(100.0 * d.MostOpen / d.Capacity).ToString("0", CultureInfo.InvariantCulture)} %)" : "not limited",
            ])),
            "nothing was offered");
        print.Line();
        print.Line("stage changes");
        List<string> transitions = [.. report.Points.SelectMany(p => p.Transitions).Select(t => t.Transition).Distinct().Order(StringComparer.Ordinal)];
        print.Table(
            [.. report.Levers.Select(l => l.ToUpperInvariant()), .. transitions.Select(t => t.ToUpperInvariant())],
            report.Points.Select((p, i) => (string[])[.. p.Values.Select(v => i == 0 ? $"{v} (now)" : v), .. transitions.Select(t => Number(p.Transitions.FirstOrDefault(x => x.Transition == t)?.Count ?? 0))]),
            "");
    }

    static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
