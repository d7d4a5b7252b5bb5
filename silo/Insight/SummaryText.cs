using System.Globalization;
using Orchestrator.Grains.Accounts;
using Orchestrator.V1;

namespace Orchestrator.Silo.Insight;

/// <summary>An explanation in plain sentences: what was decided and why, what would have been next, what held the others back.</summary>
internal static class SummaryText
{
    /// <summary>Most other plays that are told one by one; the rest is counted.</summary>
    private const int MostTold = 3;

    public static string Of(Recomputation made, ExplainResponse answer, string play)
    {
        var sentences = new List<string> { Occasion(made.Decision, answer) };
        sentences.AddRange(answer.Transitions.Select(Moved));
        sentences.AddRange(Choice(made.Decision, answer));
        if (NextOf(answer) is { } next)
        {
            sentences.Add($"Next would have been treatment `{next.Treatment}` of play `{next.Play}` with a priority of {Explanation.Number(next.Factors.Priority)}.");
        }

        var fallen = answer.Candidates.Where(c => c.RemovedAt.Length > 0 && c.Rank == 0).ToList();
        if (play.Length > 0)
        {
            sentences.AddRange(answer.Candidates.Where(c => c.Play == play && c.RemovedAt.Length > 0).DistinctBy(c => c.RemovedBy).Take(MostTold).Select(Fell));
            fallen.RemoveAll(c => c.Play == play);
        }

        sentences.AddRange(Others(fallen));
        if (!made.Reproduced)
        {
            sentences.Add("Recomputing it now does not give the same facts as the journal has: the rules of this version of the server differ from those that decided.");
        }

        return string.Join(" ", sentences);
    }

    private static string Occasion(PastDecision decision, ExplainResponse answer)
    {
        var cause = decision.Cause switch
        {
            AccountEvent.SignalRecorded e => $"signal `{e.Signal.Type}` ({e.Signal.Id}){(e.Contact.Length > 0 ? $" of contact `{e.Contact}`" : "")} arrived",
            AccountEvent.Woken e => $"time alone could change something ({InstantForm.Show(e.Due)})",
            AccountEvent.Asked e => $"somebody asked for the best action on channel `{e.Channel}`",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        return $"At {InstantForm.Show(decision.At)} {cause}, and account `{decision.Account.Affinity}` was judged by version {answer.PlaybookVersion.ToString(CultureInfo.InvariantCulture)} of playbook `{answer.Playbook}`.";
    }

    private static string Moved(TransitionEvidence moved) =>
        $"It moved from stage `{moved.From}` to `{moved.To}` by `{moved.Transition}`, because {string.Join(" and ", moved.Clauses.Select(c => $"`{c.Text}` was {(c.Held ? "true" : "false")}{(c.Values.Length > 0 ? $" ({c.Values})" : "")}{(c.AssertedOnly ? ", which only people say" : "")}"))}.";

    private static IEnumerable<string> Choice(PastDecision decision, ExplainResponse answer)
    {
        foreach (var action in decision.Offered)
        {
            yield return $"Treatment `{action.Treatment}` of play `{action.Play}` was offered on channel `{action.Channel}`{(action.Contact.Length > 0 ? $" for contact `{action.Contact}`" : "")}: {action.Reason}.";
        }

        if (answer.NoneReason.Length > 0)
        {
            yield return $"Nothing was done at stage `{answer.Stage}`: {answer.NoneReason}.";
        }
    }

    private static Candidate? NextOf(ExplainResponse answer) =>
        answer.Candidates.Where(c => c.Rank > 0 && c.RemovedAt.Length > 0).MinBy(c => c.Rank);

    private static string Fell(Candidate candidate) =>
        $"Treatment `{candidate.Treatment}` of play `{candidate.Play}` fell at `{candidate.RemovedAt}`: {candidate.RemovedBy}{(candidate.NotBefore is { } again ? $" (time alone may let it through at {InstantForm.Show(again.ToDateTimeOffset())})" : "")}.";

    /// <summary>Those that belong to the stage are nearest to what was chosen, so they are told; the rest is counted by step.</summary>
    private static IEnumerable<string> Others(List<Candidate> fallen)
    {
        var told = fallen.Where(c => c.RemovedAt != "stage").DistinctBy(c => (c.Play, c.RemovedAt, c.RemovedBy)).Take(MostTold).ToList();
        foreach (var candidate in told)
        {
            yield return Fell(candidate);
        }

        var rest = fallen.Except(told).CountBy(c => c.RemovedAt).Select(c => $"{c.Value.ToString(CultureInfo.InvariantCulture)} at `{c.Key}`").ToList();
        if (rest.Count > 0)
        {
            yield return $"Of the other candidates fell {string.Join(", ", rest)}.";
        }
    }
}
