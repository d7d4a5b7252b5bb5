using System.Runtime.InteropServices;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.StoredForms.Levels;

namespace Orchestrator.Grains.Accounts;

/// <summary>One turn of an account while it is being judged: what happened so far, and the states as they then are.</summary>
/// <remarks>
/// Belongs to a <see cref="DecisionWorkspace"/> and is begun anew for each turn; what a verdict holds is the verdict's own, unless the workspace lends it. The first event of a grain copies its
/// state, so that the one loaded stays as it is if the turn fails; later ones are mostly written into that copy (<see cref="Account.Evolve(Account, AccountEvent, bool)"/>).
/// </remarks>
internal sealed class TurnBuilder
{
    private readonly List<Fact> facts = new(8);

    // A handful at most, so a scan beats hashing their ids.
    private readonly List<(Contact State, bool Own, bool Renewed)> contacts = new(4);
    private readonly List<Effect> effects = new(2);
    private readonly List<GrainState> folded = new(4);
    private readonly List<Contact> people = new(AccountTurn.MostPeople);
    private HashSet<(string Person, string Journey)>? heard;
    private bool accountOwn;
    private bool accountRenewed;
    private bool accountChanged;
    private int ids;
    private ulong draws;

    public TurnContext Context { get; private set; }

    public Account Account { get; private set; } = null!;

    public DateTimeOffset Now => Context.Now;

    /// <summary>The instant for which the turn judges: <see cref="Now"/>, or earlier while history is loaded.</summary>
    public DateTimeOffset At { get; set; }

    /// <summary>History is being judged: what is known and the stages follow from it, but nothing may go out because of it.</summary>
    public bool Silent { get; set; }

    /// <summary>Whether no event and no message of this turn may hold a state, or a part of one.</summary>
    public bool KeepsStates { get; private set; }

    /// <summary>Whether a state that this turn made differs from the one loaded in more than what is written in place; true of those it does not know.</summary>
    public bool IsRenewed(GrainState state)
    {
        if (ReferenceEquals(state, Account))
        {
            return accountRenewed;
        }

        foreach (var (contact, _, renewed) in contacts)
        {
            if (ReferenceEquals(state, contact))
            {
                return renewed;
            }
        }

        return true;
    }

    /// <summary>Begins a turn of this account; whatever was left of the one before is gone.</summary>
    public void Begin(in TurnContext context, GrainKey target)
    {
        Context = context;
        context.Grains.TryGet(target, out var state);
        Account = (Account?)state ?? Account.Unknown(target);
        At = context.Now;
        facts.Clear();
        contacts.Clear();
        effects.Clear();
        folded.Clear();
        (accountOwn, accountRenewed, accountChanged, ids, draws, Silent, KeepsStates) = (false, false, false, 0, 0, false, true);
        heard = null;
    }

    /// <summary>The stages that the account entered in this turn, in order.</summary>
    public IReadOnlyList<AccountEvent.StageEntered> StagesEntered => [.. facts.Select(f => f.Event).OfType<AccountEvent.StageEntered>()];

    /// <summary>Whether this turn has already judged the wish of a person (empty: of the account) to enter a journey.</summary>
    public bool Heard(string person, string journey) => heard?.Contains((person, journey)) == true;

    /// <summary>Notes that it has; false if it had before.</summary>
    public bool Hear(string person, string journey) => (heard ??= []).Add((person, journey));

    /// <summary>A seed for each decision of the turn: the turn's own for the first.</summary>
    public ulong NextSeed() => draws++ == 0 ? Context.Position.Seed : StableHash.Of(Context.Position.Seed, draws);

    public string NewId(char prefix) => Context.Position.NewId(prefix, ids++);

    public void Add(AccountEvent @event)
    {
        @event = Context.Level < FormLevels.Highest ? OlderForms.Of(@event) : @event;
        facts.Add(new Fact(Account.Key, @event));
        KeepsStates &= HoldsNoState(@event);
        // Whatever comes back another object than the turn's own differs in what cannot be written to.
        var from = accountOwn ? Account : Account with { };
        var next = Account.Evolve(from, @event, own: true);
        accountRenewed |= !ReferenceEquals(next, from);
        accountChanged = true;
        if (ReferenceEquals(next, Account))
        {
            Context.Workspace.Facts.Forget(next);
        }
        else
        {
            (Account, accountOwn) = (next, true);
        }
    }

    public void Add(DealingsEvent @event) => Add(new AccountEvent.OfDealings(@event));

    public void Add(string contact, ContactEvent @event)
    {
        @event = Context.Level < FormLevels.Highest ? OlderForms.Of(@event) : @event;
        Contact(contact);
        ref var held = ref CollectionsMarshal.AsSpan(contacts)[IndexOf(contact)];
        facts.Add(new Fact(held.State.Key, @event));
        KeepsStates &= HoldsNoState(@event);
        var from = held.Own ? held.State : held.State with { };
        var next = Contacts.Contact.Evolve(from, @event, own: true);
        if (ReferenceEquals(next, held.State))
        {
            Context.Workspace.Facts.Forget(next);
        }

        held = (next, true, held.Renewed || !ReferenceEquals(next, from));
    }

    public void Add(Effect effect)
    {
        KeepsStates &= effect is Effect.Offer or Effect.Withdraw or Effect.Send(not AccountCommand);
        effects.Add(Context.Level < FormLevels.Highest && effect is Effect.Send(var command) ? new Effect.Send(OlderForms.Of(command)) : effect);
    }

    /// <summary>Named one by one: a new event is taken for one that does until somebody has looked.</summary>
    private static bool HoldsNoState(GrainEvent @event) => @event is
        AccountEvent.SignalRecorded or AccountEvent.NoneDecided or AccountEvent.ActionOffered or AccountEvent.PlayRested or AccountEvent.Woken or AccountEvent.Deferred or AccountEvent.StageEntered
        or AccountEvent.Opened or AccountEvent.AttributesSet or AccountEvent.ContactJoined or AccountEvent.RoleSet or AccountEvent.SlaBreached or AccountEvent.ActionEnded
        or ContactEvent.Signalled or ContactEvent.PlayRested or ContactEvent.SlotTaken or ContactEvent.SlotFreed or ContactEvent.Opened or ContactEvent.AttributesSet or ContactEvent.RoleSet
        or ContactEvent.IdentifierAdded or ContactEvent.ConsentSet or ContactEvent.OutcomeNoted;

    /// <summary>Whether this turn has looked at the contact. What else happens to be in memory must not matter.</summary>
    public bool Touched(string id) => IndexOf(id) >= 0;

    /// <summary>The contact as it is now; unknown if the account never met it.</summary>
    public Contact Contact(string id)
    {
        var at = IndexOf(id);
        if (at >= 0)
        {
            return contacts[at].State;
        }

        var key = GrainKey.Contact(Account.Key.Tenant, Account.Key.Affinity, id);
        if (!Context.Grains.TryGet(key, out var state))
        {
            throw new InvalidOperationException($"contact {id} of {Account.Key.Affinity} was not loaded for this turn");
        }

        var contact = (Contact?)state ?? Contacts.Contact.Unknown(key);
        contacts.Add((contact, false, false));
        return contact;
    }

    /// <summary>The person as the one at hand; valid until others are gathered.</summary>
    public ReadOnlySpan<Contact> Gather(string id)
    {
        people.Clear();
        people.Add(Contact(id));
        return CollectionsMarshal.AsSpan(people);
    }

    /// <summary>The people at hand, in this order; valid until others are gathered.</summary>
    public ReadOnlySpan<Contact> Gather(IEnumerable<string> ids)
    {
        people.Clear();
        foreach (var id in ids)
        {
            people.Add(Contact(id));
        }

        return CollectionsMarshal.AsSpan(people);
    }

    private int IndexOf(string id)
    {
        for (var i = 0; i < contacts.Count; i++)
        {
            if (contacts[i].State.Key.Id == id)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Accepts the turn; the account's wake is worked out anew if there is a playbook.</summary>
    /// <param name="replan">Even if nothing happened: the playbook is another one.</param>
    public Verdict Accept(Answer answer, Playbook? playbook, DateTimeOffset evaluatedAt, bool replan = false)
    {
        if (Account.Standing?.Family is not null)
        {
            FamilyTurn.RollUp(this, Context.Grains.TryGet(Account.Key, out var state) ? (Account?)state : null);
        }

        if (playbook is { HasGatedJourneys: true } && Account.ForwardedTo.Length == 0)
        {
            SettleJourneys(playbook);
        }

        if (playbook is { HasBoards: true })
        {
            Counts.CountTurn.Judge(this, playbook);
        }

        var before = Account.Wake;
        var wake = before;
        if (playbook is not null && (facts.Count > 0 || replan))
        {
            wake = AccountWake.Next(this, playbook, evaluatedAt);
            Context.Workspace.Rival?.Plan(this, playbook, before, wake, evaluatedAt);
        }

        if (accountOwn)
        {
            Account.WakeAt(wake);
        }

        WakeAt[] wakes = wake == before ? [] : [new WakeAt(Account.Key, wake)];
        Fold();
        return Context.Workspace.LendsVerdicts
            ? new Verdict.Accepted(facts, wakes, effects, answer) { Folded = folded }
            : new Verdict.Accepted(facts.ToArray(), wakes, effects.Count == 0 ? [] : effects.ToArray(), answer) { Folded = folded.ToArray() };
    }

    /// <summary>However people and playbooks came together in this turn: nobody ends it with more journeys under way than their groups allow.</summary>
    private void SettleJourneys(Playbook playbook)
    {
        var account = Context.Grains.TryGet(Account.Key, out var was) ? (Account?)was : null;
        Journeys.Admission.Settle(this, playbook, "", account, null);
        for (var i = 0; i < contacts.Count; i++)
        {
            var (state, changed, _) = contacts[i];
            if (state is { MovedTo: null, Standing: not null } && Account.Contacts.ContainsKey(state.Key.Id))
            {
                Journeys.Admission.Settle(this, playbook, state.Key.Id, account, changed && Context.Grains.TryGet(state.Key, out var before) ? (Contact?)before : null);
            }
        }
    }

    private void Fold()
    {
        folded.Clear();
        if (accountChanged)
        {
            folded.Add(Account);
        }

        for (var i = contacts.Count - 1; i >= 0; i--)
        {
            if (contacts[i].Own)
            {
                folded.Add(contacts[i].State);
            }
        }
    }

    /// <summary>Offers what was chosen: the cap slot is taken in this very turn.</summary>
    public OpenAction Offer(Chosen chosen, Playbook playbook, bool asked)
    {
        var play = chosen.Play.Definition;
        var person = chosen.Person?.Key.Id ?? "";
        var counts = chosen.Person is { Membership: not null } member && !asked && playbook.Policy.KeepsContactSlots && Memberships.MembershipTurn.Counts(member, chosen.Play.Transactional);
        var action = new OpenAction
        {
            Id = NewId('a'),
            Play = play.Id,
            Treatment = chosen.Treatment.Id,
            Channel = chosen.Treatment.Channel.Id,
            Contact = person,
            Department = play.Department?.Id ?? "",
            Counted = chosen.Play.HasCapacity,
            Awaits = chosen.Play.HasCapacity || counts,
            Owner = Account.Dealings is not null && play.Department is { } department ? Ownership.OwnerOf.Assigned(Account, department.Id) : "",
            Stage = Account.Stage,
            Playbook = playbook.Name,
            PlaybookVersion = playbook.Version,
            DecidedAt = Now,
            ValidUntil = Now + play.ValidFor,
            Transactional = chosen.Play.Transactional,
            Asked = asked,
            Factors = chosen.Factors,
            Reason = Reasons.Of(chosen, Account.Stage, playbook, Context.Workspace.Texts),
        };
        Add(new AccountEvent.ActionOffered(action, playbook.Policy.KeepsAccountSlots));
        if (person.Length == 0 && chosen.Play.CoolDown > TimeSpan.Zero && !action.Awaits)
        {
            Add(new AccountEvent.PlayRested(play.Id, Now + chosen.Play.CoolDown, Now));
        }

        if (person.Length > 0)
        {
            if (playbook.Policy.KeepsContactSlots)
            {
                Add(person, new ContactEvent.SlotTaken(new Slot(action.Id, person, action.Channel, action.Transactional, Now)));
            }

            if (chosen.Play.CoolDown > TimeSpan.Zero && !action.Awaits)
            {
                Add(person, new ContactEvent.PlayRested(play.Id, Now + chosen.Play.CoolDown, Now));
            }
        }

        if (counts)
        {
            Memberships.MembershipTurn.Ask(this, action);
        }
        else if (action.Awaits)
        {
            Add(Owners.CapacityTurn.Ask(Account, action));
        }
        else if (!asked)
        {
            Add(new Effect.Offer(Account.Key, action, person.Length > 0 ? Contact(person).ListNames() : []));
        }

        return action;
    }

    /// <summary>Ends an action; unless a message went out, its slots are free again.</summary>
    public void End(OpenAction action, EndedHow how, string outcome, bool slotKept, string by = "")
    {
        Add(new AccountEvent.ActionEnded(action.Id, how, outcome, Now, slotKept) { By = by });
        if (action.Counted)
        {
            Add(Owners.CapacityTurn.Release(Account, action));
        }

        CustomerPhase.Ended(this, action, how);
        if (!slotKept && action.Contact.Length > 0 && Contact(action.Contact).HasSlot(action.Id))
        {
            Add(action.Contact, new ContactEvent.SlotFreed(action.Id));
            Memberships.MembershipTurn.Free(this, action);
        }
    }

    /// <summary>Takes an action back that is no longer wanted, and tells whoever holds it.</summary>
    public void Revoke(OpenAction action, string reason)
    {
        End(action, EndedHow.Revoked, reason, slotKept: false);
        Add(new Effect.Withdraw(Account.Key, action.Id, reason));
    }

    /// <summary>Ties identifiers to a contact of this account, here and at the identity grains.</summary>
    public void Join(string contact, IReadOnlyList<PersonName> names, bool binds = true)
    {
        Add(new AccountEvent.ContactJoined(contact, names, At));
        if (!Contact(contact).Exists)
        {
            Add(contact, new ContactEvent.Opened(names, At));
        }
        else
        {
            foreach (var name in names)
            {
                Add(contact, new ContactEvent.IdentifierAdded(name));
            }
        }

        foreach (var name in binds ? names : [])
        {
            Add(new Effect.Send(new IdentityCommand.Bind(GrainKey.Identity(Account.Key.Tenant, name.ToString()), Contact(contact).Key, Account.Provisional)));
        }
    }
}
