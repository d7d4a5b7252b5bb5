using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Accounts;

public static partial class AccountTurn
{
    /// <summary>A message of another account of the same group of companies; then the account is looked at again, for what it amounts to may have changed.</summary>
    private static Verdict OfFamily(AccountCommand.OfFamily command, TurnBuilder turn)
    {
        if (turn.Account.ForwardedTo.Length > 0)
        {
            var account = GrainKey.Account(turn.Account.Key.Tenant, turn.Account.ForwardedTo);
            turn.Add(new Effect.Send(command with { Account = account, Target = account }));
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        var playbook = PlaybookOf(turn);
        if (!turn.Account.Exists && command.Message is FamilyMessage.Count)
        {
            turn.Add(new AccountEvent.Opened(Provisional: false, playbook?.Start ?? "", turn.Now));
        }

        FamilyTurn.Hear(turn, command.Message);
        if (playbook is { AsksHierarchy: true } && turn.Account.Exists && command.Message is FamilyMessage.Count or FamilyMessage.Leave)
        {
            turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));
        }

        return turn.Accept(Answer.Nothing.Instance, playbook, turn.Now);
    }

    /// <summary>What is said about other accounts that may be the same company.</summary>
    private static Verdict OfTwins(AccountCommand command, TurnBuilder turn)
    {
        if (command is AccountCommand.Alike alike)
        {
            TwinTurn.Hear(turn, PlaybookOf(turn), alike);
        }
        else if (command is AccountCommand.DismissTwin dismiss)
        {
            TwinTurn.Dismiss(turn, dismiss);
        }

        return turn.Accept(Answer.Nothing.Instance, PlaybookOf(turn), turn.Now);
    }
}
