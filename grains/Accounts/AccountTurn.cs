using System.Diagnostics;
using Orchestrator.Grains.Advocacy;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Survivorship;

namespace Orchestrator.Grains.Accounts;

/// <summary>How an account answers a command: the account and the contacts concerned, in one order.</summary>
public static partial class AccountTurn
{
    /// <summary>How many people an account-wide decision looks at: those with a role first, then the ones active last.</summary>
    public const int MostPeople = 16;

    /// <summary>Adds what the command needs and is not loaded: first the account, then, once it is there, the people concerned.</summary>
    public static void Need(AccountCommand command, IGrains grains, ICollection<GrainKey> missing)
    {
        if (!grains.TryGet(command.Target, out var state))
        {
            missing.Add(command.Target);
            return;
        }

        var account = (Account?)state ?? Account.Unknown(command.Target);
        if (command is AccountCommand.Record record)
        {
            // By far the most frequent, so it goes without iterators.
            NeedOfRecord(record, account, grains, missing);
            return;
        }

        foreach (var contact in PeopleOf(command, account))
        {
            NeedContact(account, contact, grains, missing);
        }
    }

    /// <returns>Whether they are loaded, and nobody else by now.</returns>
    private static bool NeedContact(Account account, string contact, IGrains grains, ICollection<GrainKey> missing)
    {
        var key = GrainKey.Contact(account.Key.Tenant, account.Key.Affinity, contact);
        if (!grains.TryGet(key, out var state))
        {
            missing.Add(key);
            return false;
        }

        if (state is not Contacts.Contact { MovedTo: { } to })
        {
            return true;
        }

        if (to.Affinity == account.Key.Affinity && !account.Contacts.ContainsKey(contact))
        {
            // Who they are by now is asked in the turn.
            NeedContact(account, to.Id, grains, missing);
        }

        return false;
    }

    public static Verdict Decide(AccountCommand command, in TurnContext context)
    {
        var turn = context.Workspace.Turn;
        turn.Begin(context, command.Target);

        // Whoever the turn before considered is nobody's business here: a settlement would look for that person in this account.
        context.Workspace.Facts.Contact = null;
        if (command is AccountCommand.Record or AccountCommand.Wake or AccountCommand.Adopt)
        {
            // These have everybody loaded who may be concerned by a move; whoever is only asked or settled with is visited soon.
            Adopt(turn);
        }

        return command switch
        {
            AccountCommand.Record c => Record(c, turn),
            AccountCommand.Wake c => Wake(c, turn),
            AccountCommand.Settle c => Settle(c, turn),
            AccountCommand.Ask c => Ask(c, turn),
            AccountCommand.Reserve c => Reserve(c, turn),
            AccountCommand.EndReservation c => EndReservation(c, turn),
            AccountCommand.MoveOut c => MoveOut(c, turn),
            AccountCommand.Follow c => Follow(c, turn),
            AccountCommand.MoveIn c => MoveIn(c, turn),
            AccountCommand.MergeInto c => MergeInto(c, turn),
            AccountCommand.TakeIn c => TakeIn(c, turn),
            AccountCommand.Sought c => Sought(c, turn),
            AccountCommand.Override c => Override(c, turn),
            AccountCommand.Unmerge c => Unmerge(c, turn),
            AccountCommand.Reinstate c => Reinstate(c, turn),
            AccountCommand.Part c => Part(c, turn),
            AccountCommand.Alike or AccountCommand.DismissTwin => OfTwins(command, turn),
            AccountCommand.TakeBack c => TakeBack(c, turn),
            AccountCommand.Grant c => CapacityTurn.Grant(c, turn, PlaybookOf(turn)),
            AccountCommand.Refuse c => CapacityTurn.Refuse(c, turn, PlaybookOf(turn)),
            AccountCommand.TellRoom c => CapacityTurn.TellRoom(c, turn, PlaybookOf(turn)),
            AccountCommand.TellBoard c => Counts.CountTurn.Tell(c, turn, PlaybookOf(turn)),
            AccountCommand.CreditReferral c => Attribution.Credit(c, turn, PlaybookOf(turn)),
            AccountCommand.Adopt c => Adopt(c, turn),
            AccountCommand.Correct c => Correct(c, turn),
            AccountCommand.OfMembership c => Memberships.MembershipTurn.Take(c, turn, PlaybookOf(turn)),
            AccountCommand.OfFamily c => OfFamily(c, turn),
            _ => throw new UnreachableException(),
        };
    }

    private static IEnumerable<string> PeopleOf(AccountCommand command, Account account) => command switch
    {
        AccountCommand.Wake => Audience(account).Concat(Holders(account)).Concat(account.Deferrals.Select(d => d.Contact).Where(c => c.Length > 0)),
        AccountCommand.Settle c => account.OpenActions.FirstOrDefault(a => a.Id == c.ActionId) is not { } settled ? []
            // An answer may move the account, and then what does not belong there is taken back.
            : settled.Request is not null ? Holders(account) : settled.Contact.Length > 0 ? [settled.Contact] : [],
        AccountCommand.Ask c => c.Contact.Length > 0 ? [c.Contact] : Audience(account).Concat(Holders(account)),
        AccountCommand.Reserve c => [c.Contact],
        AccountCommand.EndReservation c => account.Reservations.Where(r => r.Id == c.Reservation).Select(r => r.Contact),
        AccountCommand.MoveOut c => c.To.Affinity == account.Key.Affinity ? Holders(account).Append(c.Contact).Append(c.To.Id) : Holders(account).Append(c.Contact),
        AccountCommand.MergeInto => Holders(account).Concat(Leaving(account)),
        AccountCommand.TakeIn c => Holders(account).Concat(AccountMerge.PeopleOf(c.Brought)),
        AccountCommand.Part c => Holders(account).Concat(c.People.Select(p => p.Key.Id)).Concat(c.Gone.Select(g => g.Name)).Concat(c.Kept.OpenActions.Select(a => a.Contact).Where(p => p.Length > 0)),
        AccountCommand.TakeBack c => c.People.Select(p => p.Key.Id).Concat(c.State is { } state ? state.OpenActions.Select(a => a.Contact).Where(p => p.Length > 0) : []),
        AccountCommand.Sought c => Holders(account).Append(c.Contact),
        AccountCommand.Override c => Holders(account).Append(c.Contact),
        AccountCommand.Follow c => [c.Contact],
        AccountCommand.Unmerge c => c.Other.Affinity == account.Key.Affinity ? [c.Contact, c.Other.Id] : [c.Contact],
        AccountCommand.Reinstate c => [c.Contact],
        AccountCommand.Grant c => account.OpenActions.Where(a => a.Id == c.Action && a.Contact.Length > 0).Select(a => a.Contact),
        AccountCommand.Refuse c => account.OpenActions.Where(a => a.Id == c.Action && a.Contact.Length > 0).Select(a => a.Contact),
        AccountCommand.TellRoom or AccountCommand.TellBoard => [],
        AccountCommand.MoveIn c => MoveInTouches(c, account).Concat(Holders(account)),
        AccountCommand.CreditReferral c => c.Contact.Length > 0 ? [c.Contact] : [],
        AccountCommand.Adopt => Audience(account).Concat(Holders(account)),
        AccountCommand.Correct c => c.Found.People.Select(p => p.Contact).Concat(Holders(account)),
        AccountCommand.OfFamily or AccountCommand.Alike or AccountCommand.DismissTwin => [],
        AccountCommand.OfMembership c => [c.Contact],
        _ => throw new UnreachableException(),
    };

    /// <summary>The people whom a decision about the account as a whole may address.</summary>
    internal static IEnumerable<string> Audience(Account account) =>
        account.Contacts.Count <= MostPeople
            ? account.Contacts.Keys
            : account.Contacts.OrderByDescending(c => c.Value.Roles.Length > 0).ThenByDescending(c => c.Value.LastSignalAt).ThenBy(c => c.Key, StringComparer.Ordinal).Take(MostPeople).Select(c => c.Key);

    /// <summary>The people who have an action open, or a slot reserved: ending it frees a slot of theirs.</summary>
    private static IEnumerable<string> Holders(Account account) =>
        account.OpenActions.Select(a => a.Contact).Concat(account.Reservations.Where(r => r.State == Policies.ReservationState.Held).Select(r => r.Contact)).Where(c => c.Length > 0);
}
