using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Cli.Playbooks;

/// <summary>A replay's report for people: what changed first, then where, then examples.</summary>
static class WhatIfPage
{
    public static void Print(Printing print, WhatIfReport report)
    {
        print.Facts(
            ("compared with", report.Against),
            ("history", report.From is null ? "none" : $"{Printing.Show(report.From)} to {Printing.Show(report.To)}"),
            ("replayed", $"{Number(report.Signals)} signals of {Number(report.Accounts)} accounts in {report.Seconds.ToString("0.0", CultureInfo.InvariantCulture)} s ({Number((long)report.SignalsPerSecond)} signals a second and thread)"),
            ("decisions", $"{Number(report.DecisionsBefore)} -> {Number(report.DecisionsAfter)}"),
            ("decided otherwise", Number(report.DecisionsChanged)),
            ("nothing done for another reason", Number(report.ReasonsChanged)),
            ("other stage changes", Number(report.StagesChanged)),
            ("refused by one side only", Number(report.RefusalsChanged)),
            ("accounts concerned", $"{Number(report.AccountsChanged)}, of which {Number(report.AccountsElsewhere)} stand at another stage at the end"));
        foreach (var remark in report.Remarks)
        {
            print.Line($"note: {remark}");
        }

        print.Line();
        PrintDifferences(print, report);
    }

    /// <summary>What came out otherwise, kind by kind.</summary>
    public static void PrintDifferences(Printing print, WhatIfReport report)
    {
        if (!report.Differs)
        {
            print.Line("nothing comes out differently");
            return;
        }

        Table(print, "actions", ["PLAY", "TREATMENT", "CHANNEL", "DEPARTMENT"], report.Treatments, t => [t.Play, t.Treatment, t.Channel, t.Department], t => (t.Before, t.After));
        Table(print, "stage changes", ["TRANSITION", "FROM", "TO"], report.Transitions, t => [t.Transition, t.From, t.To], t => (t.Before, t.After));
        Table(print, "accounts at each stage at the end", ["STAGE"], report.Stages, s => [s.Name], s => (s.Before, s.After));
        Table(print, "limits that left nothing to do", ["LIMIT"], report.Limits, l => [l.Name], l => (l.Before, l.After));
        Table(print, "load of departments", ["DEPARTMENT", "BUSIEST DAY"], report.Departments, d => [d.Department, $"{Number(d.BusiestBefore)} -> {Number(d.BusiestAfter)}"], d => (d.Before, d.After), all: true);
        Table(print, "what removed candidates", ["PLAY", "STEP"], report.Criteria, c => [c.Play, c.Step.Length > 0 ? c.Step : "(reached arbitration)"], c => (c.Before, c.After));
        Table(print, "refusals", ["WHY"], report.Refusals, r => [r.Name], r => (r.Before, r.After));
        if (report.Elsewhere.Count > 0)
        {
            print.Line("accounts that stand elsewhere at the end");
            print.Table(["ACCOUNT", "BEFORE", "AFTER"], report.Elsewhere.Select(e => (string[])[e.Account, e.Before, e.After]), "");
            print.Line();
        }

        if (report.Examples.Count > 0)
        {
            print.Line("examples");
            print.Table(["AT", "ACCOUNT", "ON", "BEFORE", "AFTER"], report.Examples.Select(e => (string[])[Printing.Show(e.At), e.Account, e.Cause, e.Before, e.After]), "");
        }
    }

    /// <summary>Only rows that differ, unless all are wanted; nothing at all if there are none.</summary>
    static void Table<T>(Printing print, string title, string[] headings, IEnumerable<T> rows, Func<T, string[]> cells, Func<T, (long Before, long After)> counts, bool all = false)
    {
        var shown = rows.Where(row => all || counts(row).Before != counts(row).After).Select(row =>
        {
            var (before, after) = counts(row);
            return (string[])[.. cells(row), Number(before), Number(after), (after - before).ToString("+#,0;-#,0;0", CultureInfo.InvariantCulture)];
        }).ToList();
        if (shown.Count > 0)
        {
            print.Line(title);
            print.Table([.. headings, "BEFORE", "AFTER", "CHANGE"], shown, "");
            print.Line();
        }
    }

    static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
