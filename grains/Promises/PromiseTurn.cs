using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Signal = Orchestrator.V1.Signal;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Promises;

/// <summary>The ledger of promises: made before the sale, told or measured after it.</summary>
internal static class PromiseTurn
{
    public static string? Fault(Signal signal, SignalMeaning meaning, Playbook playbook, Account? account)
    {
        var id = DealingsTurn.Text(signal, "promise");
        if (id.Length == 0)
        {
            return $"`{signal.Type}` must name the promise: its property `promise` is empty";
        }

        var known = account?.Dealings?.FindPromise(id);
        if (meaning != SignalMeaning.PromiseMade)
        {
            var ids = account?.Dealings?.Promises.Select(p => p.Id).ToList() ?? [];
            return account is null || known is not null ? null : $"nobody promised `{id}` to this account{(Words.Nearest(id, ids) is { } near ? $"; did you mean `{near}`?" : "")}";
        }

        var kinds = playbook.Definition.Promises.Select(p => p.Id).ToList();
        var kind = DealingsTurn.Text(signal, "kind");
        if (kind.Length > 0 && !kinds.Contains(kind))
        {
            return $"unknown kind of promise `{kind}`{(Words.Nearest(kind, kinds) is { } near ? $"; did you mean `{near}`?" : kinds.Count > 0 ? $"; the playbook measures {string.Join(", ", kinds.Select(k => $"`{k}`"))}" : "; the playbook measures none, leave `kind` out")}";
        }

        return known is null && account?.Dealings is { } dealings && dealings.Promises.Count(p => p.Standing == PromiseStanding.Open) >= AccountDealings.MostOpenPromises
            ? $"the account has {AccountDealings.MostOpenPromises} open promises, the most there may be: `{id}` would be one more"
            : null;
    }

    public static void Take(TurnBuilder turn, SignalMeaning meaning, Signal signal, DateTimeOffset time)
    {
        var id = DealingsTurn.Text(signal, "promise");
        if (meaning == SignalMeaning.PromiseMade)
        {
            turn.Add(new DealingsEvent.PromiseMade(new Promise(
                id, DealingsTurn.Text(signal, "text"), DealingsTurn.Text(signal, "kind"), DealingsTurn.Text(signal, "opportunity"), DealingsTurn.By(signal), turn.Account.Stage, time)
            {
                DueAt = signal.Properties.TryGetValue("due", out var due) && due.KindCase == Value.KindOneofCase.Instant ? SignalValues.Instant(due) : null,
            }));
            return;
        }

        var note = DealingsTurn.Text(signal, "note");
        var because = $"{(DealingsTurn.By(signal) is { Length: > 0 } by ? $"{by} says so" : "somebody says so")}{(note.Length > 0 ? $": {note}" : "")}";
        turn.Add(new DealingsEvent.PromiseSettled(id, meaning == SignalMeaning.PromiseKept, because, time));
    }

    /// <summary>Settles open promises whose condition holds or whose time is over, and gives those their deadline whose deal has been won.</summary>
    public static void Judge(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        if (turn.Account.Dealings is not { Promises.Length: > 0 } dealings)
        {
            return;
        }

        var facts = turn.Context.Workspace.Facts;
        facts.Account = turn.Account;
        foreach (var promise in dealings.Promises)
        {
            if (promise.Standing != PromiseStanding.Open)
            {
                continue;
            }

            playbook.Promises.TryGetValue(promise.Kind, out var measure);
            var due = promise.DueAt;
            if (due is null && Begins(promise, dealings) is { } begins && measure?.Within is { } within)
            {
                due = begins.Forth(within);
                turn.Add(new DealingsEvent.PromiseDue(promise.Id, due.Value));
                facts.Account = turn.Account;
            }

            // What was promised before the sale is looked for after it.
            if (Begins(promise, dealings) is not null && measure?.KeptWhen is { } kept && kept.Holds(facts))
            {
                turn.Add(new DealingsEvent.PromiseSettled(promise.Id, Kept: true, DecisionTrace.Describe(kept.Evidence(facts)), at));
                facts.Account = turn.Account;
            }
            else if (due <= at)
            {
                turn.Add(new DealingsEvent.PromiseSettled(promise.Id, Kept: false, "its time is over", at));
                facts.Account = turn.Account;
            }
        }
    }

    /// <summary>When time alone may settle a promise.</summary>
    public static DateTimeOffset? NextChange(Facts facts)
    {
        DateTimeOffset? next = null;
        foreach (var promise in facts.Account.Dealings?.Promises ?? [])
        {
            if (promise.Standing == PromiseStanding.Open)
            {
                next = promise.DueAt is { } due && (next is null || due < next) ? due : next;
                if (Begins(promise, facts.Account.Dealings!) is not null && facts.Playbook.Promises.TryGetValue(promise.Kind, out var measure)
                    && measure.KeptWhen is { IsTemporal: true } kept && kept.NextChange(facts) is { } change && (next is null || change < next))
                {
                    next = change;
                }
            }
        }

        return next;
    }

    /// <summary>From when on it is to be delivered; null: its deal is not won.</summary>
    private static DateTimeOffset? Begins(Promise promise, AccountDealings dealings) =>
        promise.Deal.Length == 0 ? promise.MadeAt : dealings.FindDeal(promise.Deal) is { Standing: DealStanding.Won } deal ? deal.ClosedAt : null;
}

/// <summary>A kind of promise, compiled.</summary>
public sealed record CompiledPromise(PromiseDefinition Definition, Condition? KeptWhen)
{
    public TimeSpan? Within => Definition.Within;
}
