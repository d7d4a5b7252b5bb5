using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Requests;

namespace Orchestrator.Grains.Stages;

/// <summary>Transitions that a person must confirm: the criterion asks, the answer moves.</summary>
internal static class Confirming
{
    /// <summary>Asks unless the question is open already; the account stays where it is.</summary>
    public static void Ask(TurnBuilder turn, Playbook playbook, CompiledTransition transition)
    {
        var definition = transition.Definition;
        var confirm = definition.Confirm!;
        // History that is loaded asks nobody; whether the criterion still holds is asked when the account lives.
        if (turn.Silent || IsAsked(turn.Account, definition.Id))
        {
            return;
        }

        var facts = turn.Context.Workspace.Facts;
        var evidence = StageWalk.EvidenceOf(transition, facts);
        var request = new Request.Confirmation(definition.To.Id, confirm.RejectTo.Id, evidence, StageWalk.ReasonOf(transition, facts))
        {
            Subject = definition.Id,
            Reasons = confirm.Reasons,
            Within = confirm.Within,
            Key = definition.ReEntry is null ? null : ReEntry.KeyOf(transition, facts),
            Packet = [new PacketItem("from", turn.Account.Stage), new PacketItem("to", definition.To.Id), .. evidence.Select(c => new PacketItem(c.Text, c.Values))],
        };
        RequestTurn.Ask(turn, playbook, request, confirm.By.Id, owner: "", $"the criterion of `{definition.Id}` holds: confirm that the account moves to `{definition.To.Id}`, or decline with a reason");
    }

    public static void Confirmed(TurnBuilder turn, Playbook playbook, Request.Confirmation confirmation, RequestAnswer answer) =>
        Move(turn, playbook, confirmation, confirmation.To, confirmation.Reason, [.. confirmation.Evidence, new Clause($"confirmed{Whose(answer)}", Held: true, answer.Asserted)], answer);

    public static void Declined(TurnBuilder turn, Playbook playbook, Request.Confirmation confirmation, RequestAnswer answer) =>
        Move(turn, playbook, confirmation, confirmation.RejectTo, answer.Reason, [.. confirmation.Evidence, new Clause($"confirmed{Whose(answer)}", Held: false, $"declined, {answer.Asserted}")], answer);

    /// <summary>A playbook published since may not have the stage any more: then nothing moves.</summary>
    private static void Move(TurnBuilder turn, Playbook playbook, Request.Confirmation confirmation, string to, string reason, IReadOnlyList<Clause> evidence, RequestAnswer answer)
    {
        if (turn.Account.Stage == to || !playbook.Stages.ContainsKey(to))
        {
            return;
        }

        var facts = turn.Context.Workspace.Facts;
        facts.Set(playbook, turn.Account, null, null, answer.At);
        StageWalk.Enter(turn, playbook, to, confirmation.Subject, answer.At, evidence, reason, to == confirmation.To ? confirmation.Key : null);
        if (reason.Length > 0)
        {
            ReasonCodes.Keep(turn, reason, answer.At);
        }

        StageWalk.Go(turn, playbook, answer.At, entered: true);
    }

    private static string Whose(RequestAnswer answer) => answer.Department.Length > 0 ? $" by {answer.Department}" : "";

    /// <summary>Whether a person is being asked about the transition, or an escalation about it is open.</summary>
    public static bool IsAsked(Account account, string transition)
    {
        foreach (var action in account.OpenActions)
        {
            if (action.Request is { } request && TransitionOf(request) == transition)
            {
                return true;
            }
        }

        return false;
    }

    private static string? TransitionOf(Request request) => request switch
    {
        Request.Confirmation confirmation => confirmation.Subject,
        Request.Escalation { Of: { } unanswered } => TransitionOf(unanswered),
        _ => null,
    };
}
