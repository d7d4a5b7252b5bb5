using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Memberships;

/// <summary>One person in several accounts: each has a contact of its own with its own roles; messages to them are counted at one of them, their home, which is asked before anything goes out.</summary>
internal static class MembershipTurn
{
    /// <summary>How long a home that cannot say when it will have room is left alone.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    /// <summary>The person is said to belong here, besides wherever they are at home: whoever knows them by these names is asked.</summary>
    public static void Seek(TurnBuilder turn, string contact)
    {
        var person = turn.Contact(contact);
        if (person.Membership is { } known && (known.IsMember || !known.Others.IsEmpty) || person.Identifiers.IsEmpty)
        {
            return;
        }

        Add(turn, contact, new MembershipEvent.Sought(turn.Now));
        var identity = GrainKey.Identity(turn.Account.Key.Tenant, person.Identifiers[0].ToString());
        turn.Add(new Effect.Send(new IdentityCommand.Introduce(identity, person.Key, new MembershipMessage.Joins(person.Key, person.Slots, Withdrawn(person)))));
    }

    /// <summary>A message for the person, which nobody sees before the home has counted it.</summary>
    public static bool Counts(Contact person, bool transactional) => !transactional && person.Membership is { IsMember: true };

    public static void Ask(TurnBuilder turn, OpenAction action)
    {
        var person = turn.Contact(action.Contact);
        if (person.Membership?.Home is { } home)
        {
            Send(turn, home, new MembershipMessage.Asks(person.Key, action.Id, action.Channel));
        }
    }

    /// <summary>Nothing went out: the home may count it no longer.</summary>
    public static void Free(TurnBuilder turn, OpenAction action)
    {
        if (!action.Transactional && turn.Contact(action.Contact).Membership?.Home is { } home)
        {
            Send(turn, home, new MembershipMessage.Frees(action.Id));
        }
    }

    /// <summary>The person is of this account again: those who belong to other accounts too are at home here, whoever they joined meanwhile.</summary>
    public static void Resume(TurnBuilder turn, Contact person)
    {
        foreach (var other in person.Membership?.Others ?? [])
        {
            Send(turn, other, new MembershipMessage.Welcomes(person.Key, Withdrawn(person)));
        }
    }

    /// <summary>A consent withdrawn in one account holds in all.</summary>
    public static void Withdrew(TurnBuilder turn, string contact, GrainKey? but = null)
    {
        var person = turn.Contact(contact);
        if (person.Membership is not { } membership)
        {
            return;
        }

        var words = new MembershipMessage.Withdraws(person.Key, Withdrawn(person));
        if (membership.Home is { } home && home != but)
        {
            Send(turn, home, words);
        }

        foreach (var other in membership.Others)
        {
            if (other != but)
            {
                Send(turn, other, words);
            }
        }
    }

    /// <summary>Another contact of the person became part of this one: it is neither a home nor another account any more.</summary>
    public static void Absorbed(TurnBuilder turn, string contact, GrainKey other)
    {
        if (turn.Contact(contact).Membership is { } membership && (membership.Home == other || membership.Others.Contains(other)))
        {
            Add(turn, contact, new MembershipEvent.Parted(other));
        }
    }

    public static Verdict Take(AccountCommand.OfMembership command, TurnBuilder turn, Playbook? playbook)
    {
        var person = turn.Contact(command.Contact);
        if (person.MovedTo is { } moved && !turn.Account.Contacts.ContainsKey(command.Contact))
        {
            // Merged, or with another company: whoever they are now answers.
            Send(turn, moved, command.Message);
            return turn.Accept(Answer.Nothing.Instance, null, turn.Now);
        }

        if (person.Exists && playbook is not null)
        {
            Take(command, turn, playbook, person);
        }

        return turn.Accept(Answer.Nothing.Instance, playbook, turn.Now);
    }

    private static void Take(AccountCommand.OfMembership command, TurnBuilder turn, Playbook playbook, Contact person)
    {
        var contact = person.Key.Id;
        switch (command.Message)
        {
            case MembershipMessage.Joins m when person.Membership?.Home is { } home:
                Send(turn, home, m);
                break;
            case MembershipMessage.Joins m:
                Welcome(turn, playbook, person, m);
                break;
            case MembershipMessage.Welcomes m:
                Add(turn, contact, new MembershipEvent.Welcomed(m.From));
                Take(turn, playbook, contact, m.Withdrawn);
                DecideSoon(turn);
                break;
            case MembershipMessage.Alone when person.Membership is { Seeks: true }:
                Add(turn, contact, new MembershipEvent.Alone(turn.Now));
                DecideSoon(turn);
                break;
            case MembershipMessage.Asks m:
                Reply(turn, playbook, person, m);
                break;
            case MembershipMessage.Grants m when turn.Account.OpenActions.FirstOrDefault(a => a.Id == m.Action) is { Awaits: true } action:
                if (action.Counted)
                {
                    turn.Add(CapacityTurn.Ask(turn.Account, action));
                }
                else
                {
                    CapacityTurn.LetGo(turn, playbook, action, "");
                }

                break;
            case MembershipMessage.Refuses m:
                Refuse(turn, contact, m);
                break;
            case MembershipMessage.Frees m when person.HasSlot(m.Action):
                turn.Add(contact, new ContactEvent.SlotFreed(m.Action));
                Note(turn, contact, new MembershipEvent.Freed(m.Action));
                break;
            case MembershipMessage.Withdraws m:
                Note(turn, contact, new MembershipEvent.Told(m.From));
                Take(turn, playbook, contact, m.Withdrawn);
                if (person.Membership is { Others.IsEmpty: false })
                {
                    Withdrew(turn, contact, m.From);
                }

                break;
            case MembershipMessage.Alone or MembershipMessage.Grants or MembershipMessage.Frees:
                // It ended meanwhile, and what frees it is on its way behind the question.
                break;
            default:
                throw new UnreachableException();
        }
    }

    private static void Welcome(TurnBuilder turn, Playbook playbook, Contact person, MembershipMessage.Joins joins)
    {
        var contact = person.Key.Id;
        if (joins.From == person.Key || (person.Membership is { Others.Length: >= Membership.MostOthers } full && !full.Others.Contains(joins.From)))
        {
            Send(turn, joins.From, MembershipMessage.Alone.Instance);
            return;
        }

        Add(turn, contact, new MembershipEvent.Joined(joins.From));
        foreach (var slot in joins.Slots)
        {
            if (!person.HasSlot(slot.Id))
            {
                turn.Add(contact, new ContactEvent.SlotTaken(slot with { Contact = contact }));
            }
        }

        Take(turn, playbook, contact, joins.Withdrawn);
        Withdrew(turn, contact, joins.From);
        Send(turn, joins.From, new MembershipMessage.Welcomes(person.Key, Withdrawn(turn.Contact(contact))));
    }

    /// <summary>The slot is taken in the same turn as the answer is given: a cap is exact whatever happens at the same time elsewhere.</summary>
    private static void Reply(TurnBuilder turn, Playbook playbook, Contact person, MembershipMessage.Asks asks)
    {
        if (person.HasSlot(asks.Action))
        {
            Send(turn, asks.From, new MembershipMessage.Grants(asks.Action));
            return;
        }

        var facts = turn.Context.Workspace.Facts;
        facts.Set(playbook, turn.Account, person, null, turn.Now);
        var answer = PolicyGate.AskForPerson(facts, asks.Channel);
        if (answer.RemovedAt is null)
        {
            turn.Add(person.Key.Id, new ContactEvent.SlotTaken(new Slot(asks.Action, person.Key.Id, asks.Channel, Transactional: false, turn.Now)));
            Note(turn, person.Key.Id, new MembershipEvent.Counted(asks.From, asks.Action));
            Send(turn, asks.From, new MembershipMessage.Grants(asks.Action));
        }
        else
        {
            Send(turn, asks.From, new MembershipMessage.Refuses(asks.Action, asks.Channel, answer.NotBefore is { } until && until > turn.Now ? until : turn.Now.Forth(Patience)));
        }
    }

    private static void Refuse(TurnBuilder turn, string contact, MembershipMessage.Refuses refuses)
    {
        Add(turn, contact, new MembershipEvent.NoRoom(refuses.Channel, refuses.Until));
        if (turn.Account.OpenActions.FirstOrDefault(a => a.Id == refuses.Action) is { Awaits: true } action)
        {
            turn.End(action, EndedHow.Revoked, $"the person's messages are used up until {refuses.Until:yyyy-MM-ddTHH:mm:ssZ}, over all accounts that they belong to", slotKept: false);
            DecideSoon(turn);
        }
    }

    /// <summary>These words hold here too, unless the person has said otherwise here since.</summary>
    private static void Take(TurnBuilder turn, Playbook playbook, string contact, IReadOnlyList<ConsentGiven> withdrawn)
    {
        foreach (var word in withdrawn)
        {
            turn.Add(contact, new ContactEvent.ConsentSet(word));
        }

        AccountTurn.ConsentWithdrawn(turn, playbook, contact);
    }

    /// <summary>What is best now is decided in a turn of its own.</summary>
    private static void DecideSoon(TurnBuilder turn) => turn.Add(new AccountEvent.Deferred("", null, turn.Now.AddTicks(1)));

    private static List<ConsentGiven> Withdrawn(Contact person) => [.. person.Consents.Where(c => !c.Given)];

    private static void Add(TurnBuilder turn, string contact, MembershipEvent @event)
    {
        turn.Add(contact, new ContactEvent.OfMembership(@event));
        Note(turn, contact, @event);
    }

    /// <summary>The account's own history tells all that happens to its people.</summary>
    private static void Note(TurnBuilder turn, string contact, MembershipEvent @event) => turn.Add(new AccountEvent.OfMembership(contact, @event));

    private static void Send(TurnBuilder turn, GrainKey to, MembershipMessage message) =>
        turn.Add(new Effect.Send(new AccountCommand.OfMembership(GrainKey.Account(to.Tenant, to.Affinity), to.Id, message)));
}
