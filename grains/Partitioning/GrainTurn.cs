using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Partitioning;

/// <summary>The one door from the runtime into the grains.</summary>
public static class GrainTurn
{
    /// <summary>
    /// Adds to <paramref name="missing"/> the grains that the command needs and that are not loaded. Called again after they are, until nothing is added.
    /// All of them are in the command's partition.
    /// </summary>
    public static void Need(GrainCommand command, IGrains grains, ICollection<GrainKey> missing)
    {
        switch (command)
        {
            case AccountCommand account:
                Accounts.AccountTurn.Need(account, grains, missing);
                break;
            case IdentityCommand or CatalogCommand or OwnerCommand:
                if (!grains.TryGet(command.Target, out _))
                {
                    missing.Add(command.Target);
                }

                break;
            case PartitionCommand:
                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Judges a command. Pure: the same arguments always give the same verdict, byte for byte.</summary>
    public static Verdict Decide(GrainCommand command, in TurnContext context) => command switch
    {
        AccountCommand account => AccountTurn.Decide(account, context),
        IdentityCommand identity => Identity.Decide(identity, context),
        CatalogCommand catalog => Catalog.Decide(catalog, context),
        OwnerCommand owner => TeamTurn.Decide(owner, context),
        _ => throw new UnreachableException(),
    };

    /// <summary>
    /// Whether nobody but whoever holds the grains' states refers to them after this turn, the last that was judged with the workspace, if nobody did before. False where an event, a message or
    /// an answer may hold a state or a part of one.
    /// </summary>
    public static bool KeepsStates(GrainCommand command, DecisionWorkspace workspace) => command is AccountCommand.Record or AccountCommand.Wake && workspace.Turn.KeepsStates;

    /// <summary>
    /// What the holder of a state goes on with after that turn: the same objects where they can take over what is new, so that what the turn made is garbage at once.
    /// </summary>
    /// <param name="held">As before the turn, with parts that nobody else refers to; changed in place.</param>
    /// <param name="next">As the turn made it; not to be used any more.</param>
    public static GrainState Rewrite(GrainState held, GrainState next, DecisionWorkspace workspace)
    {
        workspace.Facts.Forget(held);
        return (held, next) switch
        {
            (Account account, Account made) => Account.Rewrite(account, made, workspace.Turn.IsRenewed(made)),
            (Contact contact, Contact made) => Contact.Rewrite(contact, made, workspace.Turn.IsRenewed(made)),
            _ => next,
        };
    }

    /// <summary>Gives a state that a turn made parts of its own, so that the next can be written into them.</summary>
    /// <param name="made">Nobody else's.</param>
    public static GrainState Apart(GrainState made) => made switch
    {
        Account account => Account.Apart(account),
        Contact contact => Contact.Apart(contact),
        _ => made,
    };

    /// <summary>Folds a fact into the next state; <paramref name="state"/> is null before the grain's first fact.</summary>
    public static GrainState Evolve(GrainKey key, GrainState? state, GrainEvent @event) => @event switch
    {
        AccountEvent account => Account.Evolve((Account?)state ?? Account.Unknown(key), account),
        ContactEvent contact => Contact.Evolve((Contact?)state ?? Contact.Unknown(key), contact),
        IdentityEvent identity => Identity.Evolve((Identity?)state ?? Identity.Unknown(key), identity),
        CatalogEvent catalog => Catalog.Evolve((Catalog?)state ?? Catalog.Empty(key), catalog),
        OwnerEvent owner => Team.Evolve((Team?)state ?? Team.Empty(key), owner),
        _ => throw new UnreachableException(),
    };
}
