using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Playbooks;
using Orchestrator.V1;

namespace Orchestrator.Grains.Contrasts;

/// <summary>
/// What the journal tells of one account for a contrast: what it did and when, and what became of it. Things done are types of signals, such as `product.used`, with
/// the texts they carry, such as `product.used{feature=report}`, and texts known of the account, such as `account.industry=software`.
/// </summary>
/// <remarks>Belongs to whoever reads the journal; not for several threads.</remarks>
public sealed class AccountTrace(string account)
{
    /// <summary>How many things done are remembered; the earliest are forgotten first.</summary>
    public const int MostDone = 20_000;

    /// <summary>A longer text is no kind of thing but somebody's own words.</summary>
    private const int LongestText = 40;

    private readonly Queue<(string What, DateTimeOffset At)> done = new();
    private readonly SortedDictionary<string, string> known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> started = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Set, string Milestone), DateTimeOffset> reached = [];
    private readonly List<(string Transition, DateTimeOffset At)> moves = [];
    private (double Score, DateTimeOffset At)? opinion;
    private bool gone;

    /// <summary>Takes the next fact of the account.</summary>
    public void Take(AccountEvent fact)
    {
        switch (fact)
        {
            case AccountEvent.SignalRecorded e:
                Done(e.Signal, SignalTime.Of(e.Signal, e.At));
                break;
            case AccountEvent.AttributesSet e:
                foreach (var (name, value) in e.Values)
                {
                    known[name] = value.KindCase == Value.KindOneofCase.Text ? value.Text : "";
                }

                break;
            case AccountEvent.StageEntered e:
                moves.Add((e.Transition, e.At));
                break;
            case AccountEvent.OfCustomer { Event: CustomerEvent.MilestonesStarted e }:
                started[e.Set] = e.At;
                break;
            case AccountEvent.OfCustomer { Event: CustomerEvent.MilestoneReached e }:
                // What retention dropped of the start is still said here.
                started[e.Set] = e.StartedAt;
                reached[(e.Set, e.Milestone)] = e.At;
                break;
            case AccountEvent.OfCustomer { Event: CustomerEvent.Answered { Answer: { Kind: "nps" } e } } when opinion is null || e.At >= opinion.Value.At:
                opinion = (e.Score, e.At);
                break;
            case AccountEvent.Forwarded e:
                gone = e.Account.Length > 0;
                break;
            default:
                // Nothing that tells what it did.
                break;
        }
    }

    /// <summary>The account as a case, or null if it belongs to neither group.</summary>
    /// <param name="window">For milestones what was done in so long after the clock started, and before they were reached, counts; else what was done in so long before the outcome.</param>
    /// <param name="now">Whose time for milestones is not over then is in neither group.</param>
    public ContrastCase? CaseOf(ContrastOutcome outcome, TimeSpan window, DateTimeOffset now) => gone ? null : outcome switch
    {
        ContrastOutcome.Reached o => OfReached(o, window, now),
        ContrastOutcome.Moved o => OfMoved(o, window),
        ContrastOutcome.Promoted => opinion is { } said && said.Score is >= 9 or <= 6 ? Case(said.Score >= 9, said.At - window, said.At) : null,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private ContrastCase? OfReached(ContrastOutcome.Reached outcome, TimeSpan window, DateTimeOffset now)
    {
        if (!started.TryGetValue(outcome.Set, out var start))
        {
            return null;
        }

        var end = start + outcome.Within;
        DateTimeOffset? last = start;
        foreach (var milestone in outcome.Milestones)
        {
            last = last is { } so && reached.TryGetValue((outcome.Set, milestone), out var at) ? (at > so ? at : so) : null;
        }

        var succeeded = last <= end;
        if (!succeeded && end >= now)
        {
            return null;
        }

        var until = start + window;
        return Case(succeeded, start.AddTicks(-1), succeeded && last < until ? last.Value : until);
    }

    private ContrastCase? OfMoved(ContrastOutcome.Moved outcome, TimeSpan window)
    {
        for (var i = moves.Count - 1; i >= 0; i--)
        {
            var (transition, at) = moves[i];
            if (outcome.Succeeded.Contains(transition) || outcome.Failed.Contains(transition))
            {
                // The signal that moved it is the outcome, not what led to it.
                return Case(outcome.Succeeded.Contains(transition), at - window, at.AddTicks(-1));
            }
        }

        return null;
    }

    private ContrastCase Case(bool succeeded, DateTimeOffset after, DateTimeOffset until) => new(
        account,
        succeeded,
        [.. done.Where(d => d.At > after && d.At <= until).Select(d => d.What).Concat(known.Where(k => k.Value.Length > 0).Select(k => $"account.{k.Key}={k.Value}")).Distinct(StringComparer.Ordinal)]);

    private void Done(Signal signal, DateTimeOffset at)
    {
        Add(signal.Type, at);
        if (BuiltInSignals.CarriesAttributes(signal.Type))
        {
            return;
        }

        foreach (var (name, value) in signal.Properties)
        {
            if (value.KindCase == Value.KindOneofCase.Text && value.Text.Length is > 0 and <= LongestText)
            {
                Add($"{signal.Type}{{{name}={value.Text}}}", at);
            }
        }
    }

    private void Add(string what, DateTimeOffset at)
    {
        if (done.Count == MostDone)
        {
            done.Dequeue();
        }

        done.Enqueue((what, at));
    }
}
