using System.Diagnostics;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Accounts;

/// <summary>How an account answers a command: the account and the contact concerned, in one order.</summary>
public static partial class AccountTurn
{
    public static void Need(AccountCommand command, IGrains grains, ICollection<GrainKey> missing)
    {
        if (!grains.TryGet(command.Target, out _))
        {
            missing.Add(command.Target);
        }
    }

    public static Verdict Decide(AccountCommand command, in TurnContext context) => throw new UnreachableException();
}
