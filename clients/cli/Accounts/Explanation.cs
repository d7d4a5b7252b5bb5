using System.Globalization;
using Orchestrator.V1;

namespace Orchestrator.Cli.Accounts;

/// <summary>A decision laid open: what was chosen, on what evidence, against which runners-up, and what removed the others.</summary>
static class Explanation
{
    public static void Print(Printing print, ExplainResponse decision)
    {
        var chosen = decision.Candidates.FirstOrDefault(candidate => candidate.Rank == 1);
        print.Facts(
            ("decided at", Printing.Show(decision.DecidedAt)),
            ("choice", decision.ActionId.Length > 0
                ? (chosen is null ? "" : $"{chosen.Play} / {chosen.Treatment} by {chosen.Channel}, ") + $"action {decision.ActionId}"
                : $"none: {decision.NoneReason}"),
            ("contact", decision.Contact),
            ("stage", decision.Stage),
            ("playbook", $"{decision.Playbook} version {decision.PlaybookVersion}"),
            ("journal", decision.Position is null ? "" : $"partition {decision.Position.Partition}, sequence {decision.Position.Sequence}"),
            ("reproduced", decision.Reproduced ? "yes, the same choice, arm and probability" : "NO: recomputing gave something else than the journal has"));
        if (decision.Summary.Length > 0)
        {
            print.Line();
            foreach (var sentence in decision.Summary.Split('\n'))
            {
                print.Line(sentence);
            }
        }

        PrintTransitions(print, decision);
        PrintRanked(print, [.. decision.Candidates.Where(candidate => candidate.Rank > 0).OrderBy(candidate => candidate.Rank)]);
        PrintRemoved(print, [.. decision.Candidates.Where(candidate => candidate.Rank == 0)]);
    }

    static void PrintTransitions(Printing print, ExplainResponse decision)
    {
        foreach (var transition in decision.Transitions)
        {
            print.Line();
            print.Line($"transition {transition.Transition}: {transition.From} -> {transition.To}");
            foreach (var clause in transition.Clauses)
            {
                print.Line($"  {(clause.Held ? "held " : "did not hold")}  {clause.Text}{(clause.Values.Length > 0 ? $"   ({clause.Values})" : "")}{(clause.AssertedOnly ? "   only asserted" : "")}");
            }
        }
    }

    static void PrintRanked(Printing print, IReadOnlyList<Candidate> ranked)
    {
        if (ranked.Count == 0)
        {
            return;
        }

        print.Line();
        print.Table(
            ["RANK", "PLAY", "TREATMENT", "CHANNEL", "PRIORITY", "=", "PROPENSITY", "x CONTEXT", "x VALUE", "x LEVER", "CHOSEN WITH", "FELL AT", "NOT BEFORE"],
            ranked.Select(candidate =>
            {
                var factors = candidate.Factors ?? new();
                return (string[])
                [
                    candidate.Rank.ToString(CultureInfo.InvariantCulture), candidate.Play, candidate.Treatment, candidate.Channel,
                    Printing.Show(factors.Priority), "", Printing.Show(factors.Propensity), Printing.Show(factors.Context), Printing.Show(factors.Value),
                    Printing.Show(factors.Lever), factors.Probability > 0 ? $"p={Printing.Show(factors.Probability)}" : "",
                    Fell(candidate), Printing.Show(candidate.NotBefore),
                ];
            }),
            "");
    }

    static void PrintRemoved(Printing print, IReadOnlyList<Candidate> removed)
    {
        if (removed.Count == 0)
        {
            return;
        }

        print.Line();
        print.Table(
            ["REMOVED", "TREATMENT", "CHANNEL", "AT", "BY", "NOT BEFORE"],
            removed.Select(candidate => (string[])
                [candidate.Play, candidate.Treatment, candidate.Channel, candidate.RemovedAt, candidate.RemovedBy, Printing.Show(candidate.NotBefore)]),
            "");
    }

    static string Fell(Candidate candidate) =>
        candidate.RemovedAt.Length == 0 ? "" : candidate.RemovedBy.Length == 0 ? candidate.RemovedAt : $"{candidate.RemovedAt}: {candidate.RemovedBy}";
}
