using System.Globalization;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Recycling;

/// <summary>What the recycle pool does with an account: cool down, wake, count, give up.</summary>
internal static class RecycleTurn
{
    /// <summary>The name under which the pool itself moves an account on.</summary>
    public const string Transition = "recycle";

    /// <summary>An account entered a stage: the pool, or one that counts as yield.</summary>
    public static void Entered(TurnBuilder turn, Playbook playbook, CompiledRecycle recycle, string from, string to, DateTimeOffset at, string reason)
    {
        var record = turn.Account.Journey?.Recycle ?? RecycleRecord.None;
        if (to == recycle.Stage && recycle.Definition.Attempts is { } most && record.Attempts >= most && recycle.Then.Length > 0)
        {
            var clause = new Clause($"recycled at most {Number(most)} times", Held: false, $"recycled {Number(record.Attempts)} times before");
            turn.Add(new AccountEvent.StageEntered(to, recycle.Then, Transition, at, [clause], playbook.Version, reason));
        }
        else if (to == recycle.Stage)
        {
            turn.Add(new AccountEvent.OfJourney(new JourneyEvent.Recycled(from, reason, at, at.Forth(recycle.CoolDownOf(reason)), record.Attempts + 1)));
        }
        else if (recycle.Yield.Contains(to) && record.Last is { ReturnedAt: null })
        {
            turn.Add(new AccountEvent.OfJourney(new JourneyEvent.Returned(to, at, recycle.Definition.AcquisitionCost)));
        }
    }

    /// <summary>
    /// Whether transitions that name the pool are closed for the account. Once it has cooled down, what wakes it opens them, for good; it moves nothing by itself.
    /// </summary>
    public static bool IsClosed(TurnBuilder turn, CompiledRecycle recycle, Facts facts)
    {
        if (recycle.ClosedFor(turn.Account) is not { } stay)
        {
            return false;
        }

        if (stay.Until > facts.Now)
        {
            return true;
        }

        if (recycle.WakeOn.Length == 0)
        {
            Awake(turn, facts, "", "");
            return false;
        }

        foreach (var condition in recycle.WakeOn)
        {
            if (condition.Holds(facts))
            {
                Awake(turn, facts, condition.Text, string.Join(", ", condition.Evidence(facts).Select(c => c.Values).Where(v => v.Length > 0)));
                return false;
            }
        }

        return true;
    }

    /// <summary>When time alone may open the pool for an account for which it is closed.</summary>
    public static DateTimeOffset? NextChange(CompiledRecycle recycle, RecycleStay stay, Facts facts)
    {
        if (stay.Until > facts.Now)
        {
            return stay.Until;
        }

        DateTimeOffset? next = null;
        foreach (var condition in recycle.WakeOn)
        {
            if (condition.IsTemporal && condition.NextChange(facts) is { } change && (next is null || change < next))
            {
                next = change;
            }
        }

        return next;
    }

    private static void Awake(TurnBuilder turn, Facts facts, string condition, string values)
    {
        turn.Add(new AccountEvent.OfJourney(new JourneyEvent.Awoken(facts.Now, condition, values)));
        facts.Account = turn.Account;
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
