using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
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
