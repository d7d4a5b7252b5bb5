using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Requests;

namespace Orchestrator.Grains.Ownership;

/// <summary>
/// Who is accountable: worked out from what the account is anyway, not kept beside it, so there can never be none nor two. It is the department of the stage and
/// the person assigned in it; while a handoff is not accepted, or after it came back, the one who hands over; at a stage of no department, whoever answers for the whole lifecycle.
/// </summary>
public static class OwnerOf
{
    /// <summary>The one who answers for the account now.</summary>
    public static Accountable Accountable(Account account, Playbook playbook)
    {
        if (Pending(account) is { } pending)
        {
            return new Accountable(pending.Handoff.From, Assigned(account, pending.Handoff.From));
        }

        foreach (var returned in account.Dealings?.Returned ?? [])
        {
            if (returned.StageSince == account.StageSince)
            {
                return new Accountable(returned.Keeper, Assigned(account, returned.Keeper));
            }
        }

        var department = playbook.Stages.TryGetValue(account.Stage, out var stage) ? stage.Definition.Accountable?.Id : null;
        return department is null ? new Accountable("", EndToEnd(account, playbook)) : new Accountable(department, Assigned(account, department));
    }

    /// <summary>The handoff that is not accepted yet, with the action that asks for it; null: there is none. There is never more than one.</summary>
    public static (Request.Handoff Handoff, OpenAction Action)? Pending(Account account)
    {
        foreach (var action in account.OpenActions)
        {
            if (HandoffOf(action.Request) is { } handoff)
            {
                return (handoff, action);
            }
        }

        return null;
    }

    /// <summary>The one who answers for the account from end to end, whoever is accountable at a stage. Empty only where the playbook names nobody.</summary>
    public static string EndToEnd(Account account, Playbook playbook) =>
        Assigned(account, "") is { Length: > 0 } owner ? owner : playbook.Definition.LifecycleOwner ?? "";

    /// <summary>Who of the department acts for the account; empty: whoever takes it.</summary>
    public static string Assigned(Account account, string department)
    {
        foreach (var owner in account.Dealings?.Owners ?? [])
        {
            if (owner.Department == department)
            {
                return owner.Owner;
            }
        }

        return "";
    }

    /// <summary>The handoff that an answer to this request answers; null: none.</summary>
    internal static Request.Handoff? HandoffOf(Request? request) => request switch
    {
        Request.Handoff handoff => handoff,
        Request.Escalation { Of: { } unanswered } => HandoffOf(unanswered),
        _ => null,
    };
}
