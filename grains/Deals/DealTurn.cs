using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Playbooks;
using Signal = Orchestrator.V1.Signal;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Deals;

/// <summary>What signals and time do to an account's deals.</summary>
internal static class DealTurn
{
    /// <summary>The deal that a signal names, or null if it is not about one.</summary>
    public static string? KeyOf(Signal signal, SignalMeaning meaning, CompiledDeals deals)
    {
        var property = meaning switch
        {
            SignalMeaning.DealUpdated or SignalMeaning.DealWon or SignalMeaning.DealLost => deals.Definition.Key,
            SignalMeaning.DealAnswered => "opportunity",
            _ => null,
        };
        return property is not null && signal.Properties.TryGetValue(property, out var value) && value.KindCase == Value.KindOneofCase.Text ? value.Text.Trim() : null;
    }

    /// <summary>Null if the signal may be taken, otherwise what was found and what was expected.</summary>
    /// <param name="account">Null: as far as that can be told without the account.</param>
    public static string? Fault(Signal signal, SignalMeaning meaning, Playbook playbook, Account? account)
    {
        if (playbook.Deals is not { } deals)
        {
            return meaning == SignalMeaning.DealAnswered ? $"`{signal.Type}` answers a question of a deal, but the playbook has no `deal`" : null;
        }

        if (KeyOf(signal, meaning, deals) is not { Length: > 0 } id)
        {
            return $"`{signal.Type}` must name the deal: its property `{(meaning == SignalMeaning.DealAnswered ? "opportunity" : deals.Definition.Key)}` is empty";
        }

        var known = account?.Dealings?.FindDeal(id);
        if (meaning == SignalMeaning.DealAnswered)
        {
            var question = signal.Properties.TryGetValue("question", out var asked) ? asked.Text : "";
            if (deals.Question(question) is null)
            {
                var ids = deals.Definition.Questions.Select(q => q.Id).ToList();
                return $"unknown question `{question}`{(Words.Nearest(question, ids) is { } near ? $"; did you mean `{near}`?" : $"; the deal's questions are {string.Join(", ", ids.Select(q => $"`{q}`"))}")}";
            }

            return account is not null && known is null ? $"the account has no deal `{id}`; {string.Join(" or ", deals.Definition.OpenedBy.Select(s => $"`{s.Id}`"))} opens one" : null;
        }

        return known is null && account?.Dealings is { } dealings && dealings.OpenDeals >= AccountDealings.MostOpenDeals
            ? $"the account has {AccountDealings.MostOpenDeals} open deals, the most there may be: `{id}` would be one more"
            : null;
    }

    /// <summary>Takes in what a signal says of a deal.</summary>
    public static void Take(TurnBuilder turn, CompiledDeals deals, CompiledSignal type, Signal signal, DateTimeOffset time)
    {
        var id = KeyOf(signal, type.Meaning, deals)!;
        var deal = turn.Account.Dealings?.FindDeal(id);

        // News of a lost deal open it again, unless they are older than its end.
        if (deal is null || (deal.Standing == DealStanding.Lost && type.Meaning == SignalMeaning.DealUpdated && time > deal.ClosedAt))
        {
            turn.Add(new DealingsEvent.DealOpened(id, time));
        }

        if (signal.Properties.TryGetValue(deals.Definition.Amount, out var amount) && amount.KindCase == Value.KindOneofCase.Money && !(deal?.AmountAt > time))
        {
            turn.Add(new DealingsEvent.DealValued(id, amount.Money.MinorUnits, amount.Money.Currency, time));
        }

        DealAnswers.Take(turn, deals, type, signal, id, time);
        if (type.Meaning is SignalMeaning.DealWon or SignalMeaning.DealLost && !(deal?.ClosedAt > time))
        {
            var reason = signal.Properties.TryGetValue("reason", out var why) ? SignalValues.Text(why) : "";
            turn.Add(new DealingsEvent.DealClosed(id, type.Meaning == SignalMeaning.DealWon, reason, time));
        }
    }

    /// <summary>Flags the open deals for which one of the playbook's conditions holds, and takes the flag from the others.</summary>
    public static void Judge(TurnBuilder turn, Playbook playbook, DateTimeOffset at)
    {
        if (playbook.Deals is not { FlagWhen.Length: > 0 } deals || turn.Account.Dealings is not { Deals.Length: > 0 } dealings)
        {
            return;
        }

        var facts = turn.Context.Workspace.Facts;
        facts.Account = turn.Account;
        List<DealingsEvent>? changes = null;
        foreach (var deal in dealings.Deals)
        {
            if (!deal.IsOpen)
            {
                continue;
            }

            facts.Deal = deal;
            var holds = FirstThatHolds(deals, facts);
            if (holds is not null && !deal.IsFlagged)
            {
                (changes ??= []).Add(new DealingsEvent.DealFlagged(deal.Id, Decisions.DecisionTrace.Describe(holds.Evidence(facts)), at));
            }
            else if (holds is null && deal.IsFlagged)
            {
                (changes ??= []).Add(new DealingsEvent.DealUnflagged(deal.Id, at));
            }
        }

        facts.Deal = null;
        foreach (var change in changes ?? [])
        {
            turn.Add(change);
        }

        facts.Account = turn.Account;
    }

    /// <summary>When time alone may flag an open deal, or take its flag.</summary>
    public static DateTimeOffset? NextChange(Decisions.Facts facts)
    {
        if (facts.Playbook.Deals is not { FlagWhen.Length: > 0 } deals || facts.Account.Dealings is not { Deals.Length: > 0 } dealings)
        {
            return null;
        }

        DateTimeOffset? next = null;
        foreach (var deal in dealings.Deals)
        {
            facts.Deal = deal.IsOpen ? deal : null;
            foreach (var condition in deals.FlagWhen)
            {
                next = deal.IsOpen && condition is { IsTemporal: true, IsPersonal: false } && condition.NextChange(facts) is { } change && (next is null || change < next) ? change : next;
            }
        }

        facts.Deal = null;
        return next;
    }

    private static Condition? FirstThatHolds(CompiledDeals deals, Decisions.Facts facts)
    {
        foreach (var condition in deals.FlagWhen)
        {
            if (condition.Holds(facts))
            {
                return condition;
            }
        }

        return null;
    }
}
