using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Owners;

/// <summary>An account's side of capacity: what was chosen for a department that can be full waits for the department's word before anybody sees it.</summary>
internal static class CapacityTurn
{
    /// <summary>Whether the department said that it is full and has not called since.</summary>
    public static bool IsFull(Account account, string department)
    {
        foreach (var full in account.Dealings?.Full ?? [])
        {
            if (full.Department == department)
            {
                return !full.IsCalled;
            }
        }

        return false;
    }

    /// <summary>Asks the department.</summary>
    public static Effect Ask(Account account, OpenAction action) =>
        new Effect.Send(new OwnerCommand.Take(GrainKey.Owner(account.Key.Tenant, action.Department), account.Key.Affinity, action.Id, action.Owner));

    /// <summary>Says that the action is over.</summary>
    public static Effect Release(Account account, OpenAction action) =>
        new Effect.Send(new OwnerCommand.Release(GrainKey.Owner(account.Key.Tenant, action.Department), action.Id));

    /// <summary>Says that the action is in somebody else's hands.</summary>
    public static Effect Move(Account account, OpenAction action, string owner) =>
        new Effect.Send(new OwnerCommand.Move(GrainKey.Owner(account.Key.Tenant, action.Department), action.Id, owner));

    public static Verdict Grant(AccountCommand.Grant command, TurnBuilder turn, Playbook? playbook)
    {
        // If it ended meanwhile, its release is on its way behind the question.
        if (turn.Account.OpenActions.FirstOrDefault(a => a.Id == command.Action) is not { Awaits: true } action)
        {
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        LetGo(turn, playbook, action, command.Owner);
        return turn.Accept(Answer.Nothing.Instance, playbook, turn.Now);
    }

    /// <summary>Nothing keeps the action back any more: it goes out, and only now does its play cool down.</summary>
    /// <param name="owner">Whose hands it is in; empty: nobody's.</param>
    public static void LetGo(TurnBuilder turn, Playbook? playbook, OpenAction action, string owner)
    {
        turn.Add(new AccountEvent.ActionGranted(action.Id, owner));
        if (owner.Length > 0 && OwnerOf.Assigned(turn.Account, action.Department).Length == 0)
        {
            turn.Add(new DealingsEvent.OwnerAssigned(new AssignedOwner(action.Department, owner, turn.Now, "had most room when somebody had to act")));
        }

        if (playbook is not null && playbook.PlaysById.TryGetValue(action.Play, out var play) && play.CoolDown > TimeSpan.Zero)
        {
            var until = turn.Now.Forth(play.CoolDown);
            if (action.Contact.Length > 0)
            {
                turn.Add(action.Contact, new ContactEvent.PlayRested(action.Play, until, turn.Now));
            }
            else
            {
                turn.Add(new AccountEvent.PlayRested(action.Play, until, turn.Now));
            }
        }

        turn.Add(new Effect.Offer(turn.Account.Key, turn.Account.OpenActions.First(a => a.Id == action.Id), action.Contact.Length > 0 ? turn.Contact(action.Contact).ListNames() : []));
    }

    public static Verdict Refuse(AccountCommand.Refuse command, TurnBuilder turn, Playbook? playbook)
    {
        if (command.Waits)
        {
            turn.Add(new DealingsEvent.DepartmentFull(command.Department, turn.Now));
        }

        if (turn.Account.OpenActions.FirstOrDefault(a => a.Id == command.Action) is { Awaits: true } action)
        {
            turn.End(action, EndedHow.Revoked, $"nobody of {command.Department} has capacity", slotKept: false);

            // What else is best now is decided in a turn of its own, as after every change that no signal brought.
            turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        }

        return turn.Accept(Answer.Nothing.Instance, playbook, turn.Now);
    }

    public static Verdict TellRoom(AccountCommand.TellRoom command, TurnBuilder turn, Playbook? playbook)
    {
        if (playbook is null || turn.Account.ForwardedTo.Length > 0 || turn.Account.Dealings?.Full.Any(f => f.Department == command.Department) != true)
        {
            turn.Add(new Effect.Send(new OwnerCommand.Pass(GrainKey.Owner(turn.Account.Key.Tenant, command.Department))));
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        turn.Add(new DealingsEvent.DepartmentCalled(command.Department, turn.Now));
        turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        return turn.Accept(Answer.Nothing.Instance, playbook, turn.Now);
    }

    /// <summary>After deciding: whoever was told of room and wants nothing of it lets the next one.</summary>
    public static void AnswerCalls(TurnBuilder turn)
    {
        foreach (var full in turn.Account.Dealings?.Full ?? [])
        {
            if (full.IsCalled)
            {
                turn.Add(new DealingsEvent.CallAnswered(full.Department));
                if (!turn.Account.OpenActions.Any(a => a.Awaits && a.Department == full.Department))
                {
                    turn.Add(new Effect.Send(new OwnerCommand.Pass(GrainKey.Owner(turn.Account.Key.Tenant, full.Department))));
                }
            }
        }
    }
}

/// <summary>A department that had no room for this account.</summary>
/// <param name="IsCalled">It has told of room since; the account has still to say whether it wants it.</param>
public sealed record FullDepartment(string Department, DateTimeOffset Since, bool IsCalled);
