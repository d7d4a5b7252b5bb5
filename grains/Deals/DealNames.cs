using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Value = Orchestrator.V1.Value;

namespace Orchestrator.Grains.Deals;

/// <summary>What conditions may ask of deals. They ask it of the deal at hand: the one judged, else the one the signal names, else the open one that needs most.</summary>
internal static class DealNames
{
    private const string Tag = "deal";

    public static void Declare(CelEnvironment<Facts>.Builder builder, PlaybookDefinition definition)
    {
        if (definition.Deal is not { } deal)
        {
            return;
        }

        builder
            .Variable("has_open_opportunity", CelTerms.Bool((Facts f, ref CelFault _) => f.Account.Dealings?.Deals.Any(d => d.IsOpen) ?? false), Tag)
            .Variable("deal.flagged", CelTerms.Bool((Facts f, ref CelFault _) => f.Deal?.IsFlagged ?? f.Account.Dealings?.Deals.Any(d => d.IsFlagged) ?? false), Tag)
            .Variable("deal.open", CelTerms.Int((Facts f, ref CelFault _) => f.Account.Dealings?.OpenDeals ?? 0), Tag)
            .Variable("deal.id", CelTerms.String((Facts f, ref CelFault fault) => Known(f, "deal.id", ref fault)?.Id ?? ""), Tag, "signal")
            .Variable("deal.amount", CelTerms.Int((Facts f, ref CelFault fault) => Known(Known(f, "deal.amount", ref fault)?.Amount, "deal.amount", ref fault) ?? 0), Tag, "signal")
            .Function("answers.missing", [], c => c.Bind(CelTerms.Int((Facts f, ref CelFault _) => deal.Questions.Length - f.Playbook.Deals!.Answered(AtHand(f))), Tag, "signal"))
            .Function("answers.count", [], c => c.Bind(CelTerms.Int((Facts f, ref CelFault _) => f.Playbook.Deals!.Answered(AtHand(f))), Tag, "signal"))
            .Function("answers.age", [CelType.String], c => Bind(c, deal, q => CelTerms.Duration(
                (Facts f, ref CelFault fault) => Answer(f, q, ref fault) is { } a ? f.Now - a.GivenAt : TimeSpan.Zero, new CelTemporal<Facts>.Clock(1)), "time"))
            .Function("answer", [CelType.String], c => Bind(c, deal, q => CelTerms.String((Facts f, ref CelFault fault) => Answer(f, q, ref fault)?.Text ?? "")))
            .Function("answer().at", [CelType.String], c => Bind(c, deal, q => CelTerms.Timestamp((Facts f, ref CelFault fault) => Known(Answer(f, q, ref fault)?.At, "at", ref fault) ?? default)))
            .Function("answer().given", [CelType.String], c => Bind(c, deal, q => CelTerms.Timestamp((Facts f, ref CelFault fault) => Answer(f, q, ref fault)?.GivenAt ?? default)))
            .Function("answer().awaits", [CelType.String], c => Bind(c, deal, q => CelTerms.String((Facts f, ref CelFault fault) => Known(Answer(f, q, ref fault)?.Awaits is { Length: > 0 } w ? w : null, "awaits", ref fault) ?? "")))
            .Function("answer().by", [CelType.String], c => Bind(c, deal, q => CelTerms.String((Facts f, ref CelFault fault) => Answer(f, q, ref fault)?.By ?? "")))
            .Function("answer().observed", [CelType.String], c => Bind(c, deal, q => CelTerms.Bool((Facts f, ref CelFault fault) => Answer(f, q, ref fault)?.Observed ?? false)));
    }

    /// <summary>The deal that a condition is about; null: there is none.</summary>
    public static Deal? AtHand(Facts facts)
    {
        if (facts.Deal is { } judged)
        {
            return judged;
        }

        if (facts.Account.Dealings is not { Deals.Length: > 0 } dealings || facts.Playbook.Deals is not { } deals)
        {
            return null;
        }

        return Named(facts, deals, dealings) ?? Neediest(deals, dealings);
    }

    private static Deal? Named(Facts facts, CompiledDeals deals, AccountDealings dealings) =>
        facts.Signal is { } signal && facts.Playbook.Signals.TryGetValue(signal.Type, out var type) && DealTurn.KeyOf(signal, type.Meaning, deals) is { } id ? dealings.FindDeal(id) : null;

    /// <summary>Flagged ones first, then those with most questions open, then the oldest.</summary>
    private static Deal? Neediest(CompiledDeals deals, AccountDealings dealings)
    {
        Deal? neediest = null;
        foreach (var deal in dealings.Deals)
        {
            if (deal.IsOpen && (neediest is null || Need(deal).CompareTo(Need(neediest)) > 0))
            {
                neediest = deal;
            }
        }

        return neediest;

        (bool, int, long) Need(Deal deal) => (deal.IsFlagged, -deals.Answered(deal), -deal.OpenedAt.UtcTicks);
    }

    private static CelBinding<Facts> Bind(CelCall<Facts> call, DealDefinition deal, Func<string, CelTerm<Facts>> term, params string[] tags) =>
        !call.Arguments[0].TryText(out var question) ? call.Refuse(0, "the question must be written out as a text")
        : deal.Questions.All(q => q.Id != question) ? call.Refuse(0, $"`{question}` is not a question of the deal", question, deal.Questions.Select(q => q.Id))
        : call.Bind(term(question), [Tag, "signal", .. tags]);

    private static DealAnswer? Answer(Facts facts, string question, ref CelFault fault)
    {
        if (AtHand(facts)?.Find(question) is { } answer)
        {
            return answer;
        }

        fault.Unset($"answer('{question}')");
        return null;
    }

    private static Deal? Known(Facts facts, string name, ref CelFault fault)
    {
        var deal = AtHand(facts);
        if (deal is null)
        {
            fault.Unset(name);
        }

        return deal;
    }

    private static T? Known<T>(T? value, string name, ref CelFault fault)
    {
        if (value is null)
        {
            fault.Unset(name);
        }

        return value;
    }
}
