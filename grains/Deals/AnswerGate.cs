using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Deals;

/// <summary>
/// A transition with `requires-answers` is gone through only when the deal at hand answers so many questions. If its criterion held before that, it waits: the
/// answers that were missing let it through, and nobody has to send the signal again.
/// </summary>
internal static class AnswerGate
{
    /// <summary>Whether the transition's criterion held earlier, at this stay in the stage, and answers were missing.</summary>
    public static bool Waits(CompiledTransition transition, Account account) => Held(transition, account) is not null;

    /// <summary>Whether the deal answers enough. If not, the transition waits from now on.</summary>
    public static bool Passes(CompiledTransition transition, TurnBuilder turn, DateTimeOffset at)
    {
        var facts = turn.Context.Workspace.Facts;
        var held = Held(transition, turn.Account);
        var deal = DealOf(transition, facts, held);
        if (Answered(facts, deal) >= transition.Definition.RequiresAnswers)
        {
            return true;
        }

        if (held is null || (deal is not null && deal.Id != held.Deal))
        {
            turn.Add(new DealingsEvent.TransitionHeld(new HeldTransition(
                transition.Definition.Id, deal?.Id ?? "", turn.Account.StageSince, at, [.. StageWalk.CriterionOf(transition, facts)], transition.Reason?.TextOf(facts) ?? "")));
            facts.Account = turn.Account;
        }

        return false;
    }

    /// <summary>The evidence of the criterion, then the one of the answers.</summary>
    public static IReadOnlyList<Clause> Evidence(CompiledTransition transition, Facts facts)
    {
        var held = StageWalk.HoldsNow(transition, facts) ? null : Held(transition, facts.Account);
        return [.. held?.Evidence ?? [.. StageWalk.CriterionOf(transition, facts)], Clause(transition, facts, DealOf(transition, facts, held))];
    }

    /// <summary>The reason as the criterion's own signal gave it.</summary>
    public static string Reason(CompiledTransition transition, Facts facts) =>
        !StageWalk.HoldsNow(transition, facts) && Held(transition, facts.Account) is { } held ? held.Reason : transition.Reason?.TextOf(facts) ?? "";

    private static Clause Clause(CompiledTransition transition, Facts facts, Deal? deal)
    {
        var answered = Answered(facts, deal);
        string[] missing = facts.Playbook.Deals is { } deals ? [.. deals.Missing(deal)] : [];
        return new Clause(
            $"requires-answers: {transition.Definition.RequiresAnswers}",
            answered >= transition.Definition.RequiresAnswers,
            $"deal `{deal?.Id}`: {answered} answered{(missing.Length > 0 ? $", missing {string.Join(", ", missing)}" : "")}");
    }

    private static int Answered(Facts facts, Deal? deal) => facts.Playbook.Deals?.Answered(deal) ?? 0;

    // A criterion that held earlier was about the deal that was at hand then; one that holds now is about the one at hand.
    private static Deal? DealOf(CompiledTransition transition, Facts facts, HeldTransition? held) =>
        held is { Deal.Length: > 0 } && !StageWalk.HoldsNow(transition, facts) && facts.Account.Dealings?.FindDeal(held.Deal) is { } deal ? deal : DealNames.AtHand(facts);

    private static HeldTransition? Held(CompiledTransition transition, Account account) =>
        account.Dealings?.Held is { } held && held.Transition == transition.Definition.Id && held.StageSince == account.StageSince ? held : null;
}
