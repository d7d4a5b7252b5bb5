using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Accounts;

/// <summary>One turn of an account while it is being judged: what happened so far, and the states as they then are.</summary>
internal sealed class TurnBuilder
{
    private readonly List<Fact> facts = new(4);

    // A handful at most, so a scan beats hashing their ids.
    private readonly List<Contact> contacts = new(1);
    private List<Contact>? changed;
    private bool accountChanged;
    private List<Effect>? effects;
    private int ids;
    private ulong draws;

    public TurnBuilder(in TurnContext context, GrainKey target)
    {
        Context = context;
        context.Grains.TryGet(target, out var state);
        Account = (Account?)state ?? Account.Unknown(target);
    }

    public TurnContext Context { get; }

    public Account Account { get; private set; }

    public DateTimeOffset Now => Context.Now;

    /// <summary>A seed for each decision of the turn: the turn's own for the first.</summary>
    public ulong NextSeed() => draws++ == 0 ? Context.Position.Seed : StableHash.Of(Context.Position.Seed, draws);

    public string NewId(char prefix) => Context.Position.NewId(prefix, ids++);

    public void Add(AccountEvent @event)
    {
        facts.Add(new Fact(Account.Key, @event));
        Account = Account.Evolve(Account, @event);
        accountChanged = true;
    }

    public void Add(string contact, ContactEvent @event)
    {
        var state = Contact(contact);
        facts.Add(new Fact(state.Key, @event));
        var next = Contacts.Contact.Evolve(state, @event);
        contacts[IndexOf(contacts, contact)] = next;
        changed ??= new(1);
        if (IndexOf(changed, contact) is >= 0 and var at)
        {
            changed[at] = next;
        }
        else
        {
            changed.Add(next);
        }
    }

    public void Add(Effect effect) => (effects ??= []).Add(effect);

    /// <summary>Whether this turn has looked at the contact. What else happens to be in memory must not matter.</summary>
    public bool Touched(string id) => IndexOf(contacts, id) >= 0;

    /// <summary>The contact as it is now; unknown if the account never met it.</summary>
    public Contact Contact(string id)
    {
        var at = IndexOf(contacts, id);
        if (at < 0)
        {
            var key = GrainKey.Contact(Account.Key.Tenant, Account.Key.Affinity, id);
            if (!Context.Grains.TryGet(key, out var state))
            {
                throw new InvalidOperationException($"contact {id} of {Account.Key.Affinity} was not loaded for this turn");
            }

            at = contacts.Count;
            contacts.Add((Contact?)state ?? Contacts.Contact.Unknown(key));
        }

        return contacts[at];
    }

    private static int IndexOf(List<Contact> among, string id)
    {
        for (var i = 0; i < among.Count; i++)
        {
            if (among[i].Key.Id == id)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Accepts the turn; the account's wake is worked out anew if there is a playbook.</summary>
    public Verdict Accept(Answer answer, Playbook? playbook, DateTimeOffset evaluatedAt)
    {
        var wake = playbook is null || facts.Count == 0 ? Account.Wake : AccountWake.Next(this, playbook, evaluatedAt);
        WakeAt[] wakes = facts.Count == 0 || wake == Account.Wake ? [] : [new WakeAt(Account.Key, wake)];
        return new Verdict.Accepted(facts, wakes, effects ?? (IReadOnlyList<Effect>)[], answer) { Folded = Folded() };
    }

    private GrainState[] Folded()
    {
        var folded = new GrainState[(accountChanged ? 1 : 0) + (changed?.Count ?? 0)];
        for (var i = 0; i < (changed?.Count ?? 0); i++)
        {
            folded[i] = changed![i];
        }

        if (accountChanged)
        {
            folded[^1] = Account;
        }

        return folded;
    }

    /// <summary>Offers what was chosen: the cap slot is taken in this very turn.</summary>
    public OpenAction Offer(Chosen chosen, Playbook playbook, bool asked)
    {
        var play = chosen.Play.Definition;
        var person = chosen.Person?.Key.Id ?? "";
        var action = new OpenAction
        {
            Id = NewId('a'),
            Play = play.Id,
            Treatment = chosen.Treatment.Id,
            Channel = chosen.Treatment.Channel.Id,
            Contact = person,
            Department = play.Department?.Id ?? "",
            Stage = Account.Stage,
            Playbook = playbook.Name,
            PlaybookVersion = playbook.Version,
            DecidedAt = Now,
            ValidUntil = Now + play.ValidFor,
            Transactional = chosen.Play.Transactional,
            Asked = asked,
            Factors = chosen.Factors,
            Reason = Reasons.Of(chosen, Account.Stage, playbook),
        };
        Add(new AccountEvent.ActionOffered(action, playbook.Policy.KeepsAccountSlots));
        if (person.Length == 0 && chosen.Play.CoolDown > TimeSpan.Zero)
        {
            Add(new AccountEvent.PlayRested(play.Id, Now + chosen.Play.CoolDown, Now));
        }

        if (person.Length > 0)
        {
            if (playbook.Policy.KeepsContactSlots)
            {
                Add(person, new ContactEvent.SlotTaken(new Slot(action.Id, person, action.Channel, action.Transactional, Now)));
            }

            if (chosen.Play.CoolDown > TimeSpan.Zero)
            {
                Add(person, new ContactEvent.PlayRested(play.Id, Now + chosen.Play.CoolDown, Now));
            }
        }

        if (!asked)
        {
            Add(new Effect.Offer(Account.Key, action, person.Length > 0 ? Contact(person).Identifiers : []));
        }

        return action;
    }

    /// <summary>Ends an action; unless a message went out, its slots are free again.</summary>
    public void End(OpenAction action, EndedHow how, string outcome, bool slotKept)
    {
        Add(new AccountEvent.ActionEnded(action.Id, how, outcome, Now, slotKept));
        if (!slotKept && action.Contact.Length > 0 && Contact(action.Contact).HasSlot(action.Id))
        {
            Add(action.Contact, new ContactEvent.SlotFreed(action.Id));
        }
    }

    /// <summary>Takes an action back that is no longer wanted, and tells whoever holds it.</summary>
    public void Revoke(OpenAction action, string reason)
    {
        End(action, EndedHow.Revoked, reason, slotKept: false);
        Add(new Effect.Withdraw(Account.Key, action.Id, reason));
    }

    /// <summary>Ties identifiers to a contact of this account, here and at the identity grains.</summary>
    public void Join(string contact, IReadOnlyList<PersonName> names)
    {
        Add(new AccountEvent.ContactJoined(contact, names, Now));
        if (!Contact(contact).Exists)
        {
            Add(contact, new ContactEvent.Opened(names, Now));
        }
        else
        {
            foreach (var name in names)
            {
                Add(contact, new ContactEvent.IdentifierAdded(name));
            }
        }

        foreach (var name in names)
        {
            Add(new Effect.Send(new IdentityCommand.Bind(GrainKey.Identity(Account.Key.Tenant, name.ToString()), Contact(contact).Key, Account.Provisional)));
        }
    }
}
