using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Requests;

namespace Orchestrator.Grains.Ownership;

/// <summary>
/// Who is accountable: worked out from what the account is anyway, not kept beside it, so there can never be none nor two. It is the department of the stage and
/// the person assigned in it; while a handoff is not accepted, the one who hands over; at a stage of no department, whoever answers for the whole lifecycle.
/// </summary>
public static class OwnerOf
{
    /// <summary>The one who answers for the account now.</summary>
    public static Accountable Accountable(Account account, Playbook playbook)
    {
        foreach (var action in account.OpenActions)
        {
            if (HandoffOf(action.Request) is { } handoff)
            {
                return new Accountable(handoff.From, Assigned(account, handoff.From));
            }
        }

        var department = playbook.Stages.TryGetValue(account.Stage, out var stage) ? stage.Definition.Accountable?.Id : null;
        return department is null ? new Accountable("", EndToEnd(account, playbook)) : new Accountable(department, Assigned(account, department));
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
