using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Support;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Standings;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Accounts;

/// <summary>A company we engage: where it stands, who its people are, what is open with it.</summary>
public sealed partial record Account : GrainState
{
    /// <summary>How many ended actions are remembered, so that a late settlement is answered rightly.</summary>
    public const int MostEnded = 32;

    /// <summary>How many decisions that time held back are remembered.</summary>
    public const int MostDeferrals = 16;

    /// <summary>How many reservations, held or over, are remembered.</summary>
    public const int MostReservations = 256;

    // What the most frequent events change: written into an account that nobody else has seen, see Evolve.
    private SmallSortedDictionary<ContactLink> contacts = SmallSortedDictionary<ContactLink>.Empty;
    private ImmutableArray<Score> scores = [];
    private ImmutableArray<Tally> tallies = [];
    private long lastSignalAt;
    private long signalCount;
    private ImmutableArray<OpenAction> openActions = [];
    private ImmutableArray<Slot> slots = [];
    private ImmutableArray<EndedAction> ended = [];
    private SeenSignals seen = SeenSignals.None;
    private ImmutableArray<PlayRest> rests = [];
    private SmallSortedDictionary<string> identifiers = SmallSortedDictionary<string>.Empty;
    private AccountHistory? history;

    // Instants as UTC ticks: there is one of these objects for each signal, and an offset would double them.
    private readonly long stageSince;
    private readonly long openedAt;

    private Account(GrainKey key)
        : base(key)
    {
    }

    public bool Exists { get; init; }

    public bool Provisional { get; init; }

    /// <summary>If it was merged: the account that carries on.</summary>
    public string ForwardedTo { get; init; } = "";

    public string Stage { get; init; } = "";

    public DateTimeOffset StageSince
    {
        get => Instants.At(stageSince);
        init => stageSince = value.UtcTicks;
    }

    public string StageBy { get; init; } = "";

    public bool SlaBreached { get; init; }

    public DateTimeOffset OpenedAt
    {
        get => Instants.At(openedAt);
        init => openedAt = value.UtcTicks;
    }

    public AttributeSet Attributes { get; init; } = AttributeSet.None;

    /// <summary>By contact id.</summary>
    public SmallSortedDictionary<ContactLink> Contacts
    {
        get => contacts;
        init => contacts = value;
    }

    /// <summary>From <c>kind:value</c> to contact id.</summary>
    public SmallSortedDictionary<string> Identifiers
    {
        get => identifiers;
        init => identifiers = value;
    }

    /// <summary>Points of all contacts, weighted by role; sorted by name.</summary>
    public ImmutableArray<Score> Scores
    {
        get => scores;
        init => scores = value;
    }

    /// <summary>Sorted by name.</summary>
    public ImmutableArray<Tally> Tallies
    {
        get => tallies;
        init => tallies = value;
    }

    /// <summary>The latest event time.</summary>
    public DateTimeOffset LastSignalAt
    {
        get => Instants.At(lastSignalAt);
        init => lastSignalAt = value.UtcTicks;
    }

    public long SignalCount
    {
        get => signalCount;
        init => signalCount = value;
    }

    /// <summary>In the order offered.</summary>
    public ImmutableArray<OpenAction> OpenActions
    {
        get => openActions;
        init => openActions = value;
    }

    /// <summary>Messages that count against the account's caps, by time.</summary>
    public ImmutableArray<Slot> Slots
    {
        get => slots;
        init => slots = value;
    }

    public ImmutableArray<Reservation> Reservations { get; init; } = [];

    public SeenSignals Seen
    {
        get => seen;
        init => seen = value;
    }

    /// <summary>Lately ended actions, oldest first.</summary>
    public ImmutableArray<EndedAction> Ended
    {
        get => ended;
        init => ended = value;
    }

    /// <summary>What was held back by time only, oldest first.</summary>
    public ImmutableArray<Deferral> Deferrals { get; init; } = [];

    /// <summary>Plays for the account as a whole that rest until an instant; sorted by play.</summary>
    public ImmutableArray<PlayRest> Rests
    {
        get => rests;
        init => rests = value;
    }

    /// <summary>Its way through the stages, beyond where it stands; null for an account that needs none of it.</summary>
    public Journey? Journey { get; init; }

    /// <summary>Deals and all else that we have in hand with the account; null: nothing.</summary>
    public AccountDealings? Dealings { get; init; }

    /// <summary>What it has reached as a customer; null = nothing yet.</summary>
    public Customer? Customer { get; init; }

    /// <summary>What stands beside the stage; null = nothing of the kind has happened.</summary>
    public AccountStanding? Standing { get; init; }

    /// <summary>Where its people and signals came from, as far as that matters later; null = nothing out of the ordinary.</summary>
    public AccountHistory? History
    {
        get => history;
        init => history = value;
    }

    /// <summary>Null: no version ever said what happens to accounts in flight.</summary>
    public FlightState? Flight { get; init; }

    /// <summary>What support has open with it; null: it never had anything.</summary>
    public SupportState? Support { get; init; }

    /// <summary>What it knows of counts over all accounts; null: nothing.</summary>
    public Counts.AccountBoards? Boards { get; init; }

    /// <summary>Signals that came late and what was put right because of them; null: none ever did.</summary>
    public LatenessState? Lateness { get; init; }

    public override bool IsFlagged => OpenActions.Length > 0;

    public static Account Unknown(GrainKey key) => new(key);

    public static Account Evolve(Account account, AccountEvent @event) => Evolve(account, @event, own: false);

    /// <summary>The same for a turn, which folds one event after the other.</summary>
    /// <param name="own">
    /// Whether this very object was made by the turn and was not handed on: then what happens most is written into it, since one copy a turn is enough. Whoever
    /// keeps an account of a turn beyond the next event (an event does, when two people become one) must not rely on it, unless that event is of another sort.
    /// </param>
    internal static Account Evolve(Account account, AccountEvent @event, bool own) => @event switch
    {
        AccountEvent.Opened e => account with { Exists = true, Provisional = e.Provisional, Stage = e.Stage, StageSince = e.At, OpenedAt = e.At },
        AccountEvent.SignalRecorded e => Record(own ? account : account with { }, e),
        AccountEvent.AttributesSet e => account with { Attributes = account.Attributes.Set(e.Values, e.At, e.Origin) },
        AccountEvent.ContactJoined e => Join(own ? account : account with { }, e),
        AccountEvent.ContactLeft e => Leave(account, e),
        AccountEvent.RoleSet e => account with { Contacts = account.Contacts.SetItem(e.Contact, account.Contacts[e.Contact].WithRole(e.Role, e.Assigned)) },
        AccountEvent.StageEntered e => account with { Stage = e.To, StageSince = e.At, StageBy = e.Transition, SlaBreached = false },
        AccountEvent.SlaBreached => account with { SlaBreached = true },
        AccountEvent.ActionOffered e => Offer(own ? account : account with { }, e),
        AccountEvent.ActionEnded e => End(own ? account : account with { }, e),
        AccountEvent.ActionReturned e => account with { OpenActions = Return(account.OpenActions, e) },
        AccountEvent.Woken e => account.Deferrals.IsEmpty && account.History is null ? account : account with { Deferrals = Undue(account.Deferrals, e.Due), History = AccountHistory.Woken(account.History, e.Due) },
        AccountEvent.NoneDecided => account,
        AccountEvent.Asked => account,
        AccountEvent.Reserved e => account with
        {
            Reservations = Bound(account.Reservations.Add(e.Reservation)),
            Slots = Take(account.Slots, new Slot(e.Reservation.Id, e.Reservation.Contact, e.Reservation.Channel, e.Reservation.Transactional, e.Reservation.At)),
        },
        AccountEvent.ReservationEnded e => account with
        {
            Reservations = End(account.Reservations, e),
            Slots = e.Confirmed ? account.Slots : Free(account.Slots, e.Id),
        },
        AccountEvent.Forwarded e => account with { ForwardedTo = e.Account },
        AccountEvent.Absorbed e => account with
        {
            Scores = e.Scores.Aggregate(account.Scores, (scores, score) => Merge(scores, score)),
            Tallies = e.Tallies.Aggregate(account.Tallies, (tallies, tally) => Merge(tallies, tally)),
            Seen = account.Seen.Merge(e.Seen),
            Customer = e.Customer is { } customer ? (account.Customer ?? Customer.New).Merge(customer) : account.Customer,
            Slots = [.. account.Slots.Concat(e.Slots).OrderBy(s => s.At).ThenBy(s => s.Id, StringComparer.Ordinal)],
        },
        AccountEvent.Deferred e => account with { Deferrals = Defer(account.Deferrals, new Deferral(e.Contact, e.Signal, e.Until)) },
        AccountEvent.OfJourney e => account with { Journey = Journey.Evolve(account.Journey, e.Event) },
        AccountEvent.OfCustomer e => account with { Customer = Customer.Evolve(account.Customer ?? Customer.New, e.Event) },
        AccountEvent.OfHistory e => Evolve(account, e.Event),
        AccountEvent.PlayRested e => Rest(own ? account : account with { }, e),
        AccountEvent.ActionGranted e => account with { OpenActions = Grant(account.OpenActions, e) },
        AccountEvent.OfDealings e => account with { Dealings = AccountDealings.Evolve(account.Dealings ?? AccountDealings.None, e.Event) },
        AccountEvent.OfSupport e => account with { Support = SupportState.Evolve(account.Support, e.Event) },
        AccountEvent.OfFlight e => account with { Flight = FlightState.Evolve(account.Flight, e.Event) },
        AccountEvent.OfStanding e => Stand(account, e.Event),
        AccountEvent.OfBoard e => account with { Boards = Counts.AccountBoards.Evolve(account.Boards, e.Event) },
        AccountEvent.OfMembership => account,
        AccountEvent.OfLateness e => LatenessState.Evolve(account, e.Event),
        _ => throw new UnreachableException(),
    };

    /// <summary>The score of this name, or null if it never got points.</summary>
    public Score? FindScore(string name) => Find(Scores, name);

    /// <summary>The tally of this name, or null if it never counted.</summary>
    public Tally? FindTally(string name)
    {
        // Nearly always it bears the playbook's own text, which is found without a look at the others.
        foreach (var tally in Tallies)
        {
            if (ReferenceEquals(tally.Name, name))
            {
                return tally;
            }
        }

        foreach (var tally in Tallies)
        {
            if (tally.Name == name)
            {
                return tally;
            }
        }

        return null;
    }

    /// <summary>The value of the score of this name; 0 if it never got points.</summary>
    internal static double ValueOf(ImmutableArray<Score> scores, string name, DateTimeOffset now)
    {
        // Where it lies: a score is eight words, and each decision asks.
        foreach (ref readonly var score in scores.AsSpan())
        {
            if (score.Name == name)
            {
                return score.ValueAt(now);
            }
        }

        return 0;
    }

    internal static Score? Find(ImmutableArray<Score> scores, string name)
    {
        foreach (var score in scores)
        {
            if (score.Name == name)
            {
                return score;
            }
        }

        return null;
    }

    internal static ImmutableArray<Score> Post(ImmutableArray<Score> scores, in ScorePost post, bool keepDays)
    {
        for (var i = 0; i < scores.Length; i++)
        {
            var order = string.CompareOrdinal(scores[i].Name, post.Score);
            if (order == 0)
            {
                return scores.SetItem(i, scores[i].Post(post.Points, post.At, post.HalfLife, keepDays));
            }

            if (order > 0)
            {
                return scores.Insert(i, First(post));
            }
        }

        return scores.Add(First(post));
    }

    internal static ImmutableArray<Score> Merge(ImmutableArray<Score> scores, Score other)
    {
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i].Name == other.Name)
            {
                return scores.SetItem(i, scores[i].Merge(other));
            }
        }

        return [.. scores.Add(other).OrderBy(s => s.Name, StringComparer.Ordinal)];
    }

    private static Score First(in ScorePost post) =>
        new(post.Score, post.Points, post.At, post.HalfLife, (int)(post.At.UtcTicks / TimeSpan.TicksPerDay), post.Points);

    private static Account Record(Account account, AccountEvent.SignalRecorded e)
    {
        var time = SignalTime.Of(e.Signal, e.At);
        for (var i = 0; i < e.Scores.Count; i++)
        {
            account.scores = Post(account.scores, e.Scores[i], keepDays: false);
        }

        account.tallies = Tally.Post(account.tallies, e.Tallies);
        if (account.history is not null || account.Provisional || e.Signal.BackFill)
        {
            account.history = AccountHistory.After(account.history, e, account.Provisional, first: account.signalCount == 0);
        }

        if (e.Contact.Length > 0 && account.contacts.TryGetValue(e.Contact, out var link) && time > link.LastSignalAt)
        {
            account.contacts = account.contacts.SetItem(e.Contact, link with { LastSignalAt = time });
        }

        account.signalCount++;
        account.lastSignalAt = Math.Max(account.lastSignalAt, time.UtcTicks);
        account.seen = account.seen.Add(new SeenSignal(e.IdHash, e.ContentHash, e.Sequence, e.At.UtcTicks));
        return account;
    }

    private static Account Stand(Account account, StandingEvent @event)
    {
        var standing = AccountStanding.Evolve(account.Standing, @event, account.SignalCount);
        return @event switch
        {
            // The identifiers stay: whoever has left is still known by them, and not taken for somebody new.
            StandingEvent.PersonLeft e => account with { Standing = standing, Contacts = account.Contacts.Remove(e.Contact), Deferrals = Without(account.Deferrals, e.Contact) },
            StandingEvent.PersonReturned e => account with { Standing = standing, Contacts = account.Contacts.ContainsKey(e.Contact) ? account.Contacts : account.Contacts.Add(e.Contact, ContactLink.New) },
            _ => account with { Standing = standing },
        };
    }

    private static ImmutableArray<Deferral> Without(ImmutableArray<Deferral> deferrals, string contact) => deferrals.RemoveAll(d => d.Contact == contact);

    private static Account Offer(Account account, AccountEvent.ActionOffered e)
    {
        account.openActions = account.openActions.Add(e.Action);
        if (e.SlotTaken)
        {
            account.slots = Take(account.slots, new Slot(e.Action.Id, e.Action.Contact, e.Action.Channel, e.Action.Transactional, e.Action.DecidedAt));
        }

        return account;
    }

    private static Account Rest(Account account, AccountEvent.PlayRested e)
    {
        account.rests = PlayRest.Set(account.rests, new PlayRest(e.Play, e.Until), e.At);
        return account;
    }

    internal static ImmutableArray<Tally> Merge(ImmutableArray<Tally> tallies, Tally other)
    {
        for (var i = 0; i < tallies.Length; i++)
        {
            if (tallies[i].Name == other.Name)
            {
                return tallies.SetItem(i, tallies[i].Merge(other));
            }
        }

        return [.. tallies.Add(other).OrderBy(t => t.Name, StringComparer.Ordinal)];
    }

    private static Account Join(Account account, AccountEvent.ContactJoined e)
    {
        foreach (var name in e.Identifiers)
        {
            account.identifiers = account.identifiers.SetItem(name.ToString(), e.Contact);
        }

        account.history = AccountHistory.Joined(account.history, e.Contact, e.Identifiers);
        if (!account.contacts.ContainsKey(e.Contact) && !(account.Standing is { } standing && standing.HasLeft(e.Contact)))
        {
            account.contacts = account.contacts.Add(e.Contact, ContactLink.New);
        }

        return account;
    }

    /// <summary>The person is gone, or is another contact of this account now; then messages and reservations are that one's.</summary>
    private static Account Leave(Account account, AccountEvent.ContactLeft e) => account with
    {
        Slots = e.To.Affinity == account.Key.Affinity ? [.. account.Slots.Select(s => s.Contact == e.Contact ? s with { Contact = e.To.Id } : s)] : account.Slots,
        Reservations = e.To.Affinity == account.Key.Affinity ? [.. account.Reservations.Select(r => r.Contact == e.Contact ? r with { Contact = e.To.Id } : r)] : account.Reservations,
        Deferrals = e.To.Affinity == account.Key.Affinity ? [.. account.Deferrals.Select(d => d.Contact == e.Contact ? d with { Contact = e.To.Id } : d)] : account.Deferrals.RemoveAll(d => d.Contact == e.Contact),
        Customer = e.To.Affinity == account.Key.Affinity ? account.Customer?.Renamed(e.Contact, e.To.Id) : account.Customer,
        Contacts = account.Contacts.Remove(e.Contact),
        Standing = account.Standing?.Move(e.Contact, e.To.Affinity == account.Key.Affinity ? e.To.Id : null),
        Identifiers = account.Identifiers.RemoveRange(account.Identifiers.Where(i => i.Value == e.Contact).Select(i => i.Key)),
    };

    private static Account End(Account account, AccountEvent.ActionEnded e)
    {
        var ended = account.ended;
        account.ended = [.. ended.AsSpan()[(ended.Length < MostEnded ? 0 : 1)..], new EndedAction(e.Id, e.How)];
        for (var i = account.openActions.Length - 1; i >= 0; i--)
        {
            if (account.openActions[i].Id == e.Id)
            {
                account.openActions = account.openActions.RemoveAt(i);
            }
        }

        account.slots = e.SlotKept || account.slots.IsEmpty ? account.slots : Free(account.slots, e.Id);
        return account;
    }

    /// <summary>The oldest that is over leaves; only if all are held, the oldest of them, whose slot then stays taken.</summary>
    internal static ImmutableArray<Reservation> Bound(ImmutableArray<Reservation> reservations)
    {
        if (reservations.Length <= MostReservations)
        {
            return reservations;
        }

        for (var i = 0; i < reservations.Length; i++)
        {
            if (reservations[i].State != ReservationState.Held)
            {
                return reservations.RemoveAt(i);
            }
        }

        return reservations.RemoveAt(0);
    }

    /// <summary>One for each person and type of signal: the later one counts.</summary>
    internal static ImmutableArray<Deferral> Defer(ImmutableArray<Deferral> deferrals, Deferral added)
    {
        var others = deferrals.RemoveAll(d => d.Contact == added.Contact && d.Signal?.Type == added.Signal?.Type);
        return (others.Length >= MostDeferrals ? others.RemoveAt(0) : others).Add(added);
    }

    internal static ImmutableArray<Slot> Free(ImmutableArray<Slot> slots, string id) => slots.RemoveAll(s => s.Id == id);

    internal static ImmutableArray<Slot> Take(ImmutableArray<Slot> slots, Slot slot)
    {
        // Longer than any window a cap may have (see PlaybookLimits), so nothing that counts is dropped.
        var oldest = slot.At - Caps.LongestWindow;
        var kept = slots.Length > 0 && slots[0].At <= oldest ? slots.RemoveAll(s => s.At <= oldest) : slots;
        return kept.Add(slot);
    }

    // Methods of their own: a lambda within the switch of Evolve would cost an allocation for each event of any kind.
    private static ImmutableArray<Deferral> Undue(ImmutableArray<Deferral> deferrals, DateTimeOffset due) => deferrals.RemoveAll(d => d.Until <= due);

    private static ImmutableArray<Reservation> End(ImmutableArray<Reservation> reservations, AccountEvent.ReservationEnded e) =>
        [.. reservations.Select(r => r.Id == e.Id ? r with { State = e.Confirmed ? ReservationState.Confirmed : ReservationState.Released } : r)];

    private static ImmutableArray<OpenAction> Grant(ImmutableArray<OpenAction> actions, AccountEvent.ActionGranted e) =>
        [.. actions.Select(a => a.Id == e.Id ? a with { Awaits = false, Owner = e.Owner } : a)];

    private static ImmutableArray<OpenAction> Return(ImmutableArray<OpenAction> actions, AccountEvent.ActionReturned e)
    {
        for (var i = 0; i < actions.Length; i++)
        {
            if (actions[i].Id == e.Id)
            {
                return actions.SetItem(i, actions[i] with { Attempt = e.Attempt, NotBefore = e.NotBefore });
            }
        }

        return actions;
    }
}

/// <summary>What the account keeps of each of its contacts.</summary>
/// <param name="LastSignalAt">The latest event time.</param>
/// <param name="Roles">Sorted.</param>
public readonly record struct ContactLink(DateTimeOffset LastSignalAt, ImmutableArray<string> Roles)
{
    public static readonly ContactLink New = new(DateTimeOffset.MinValue, []);

    public ContactLink WithRole(string role, bool assigned) => this with
    {
        Roles = assigned ? [.. Roles.Remove(role).Add(role).Order(StringComparer.Ordinal)] : Roles.Remove(role),
    };
}

/// <summary>A decision that time held back.</summary>
/// <param name="Contact">Empty: the account as a whole.</param>
/// <param name="Signal">The signal that triggered it; null where none is needed.</param>
/// <param name="Until">When it is decided again.</param>
public sealed record Deferral(string Contact, Signal? Signal, DateTimeOffset Until);

/// <summary>An action that ended, and how.</summary>
public readonly record struct EndedAction(string Id, EndedHow How);

/// <summary>The instant a signal is about.</summary>
public static class SignalTime
{
    /// <summary>The signal's own time, or <paramref name="received"/> if it has none.</summary>
    public static DateTimeOffset Of(Signal signal, DateTimeOffset received) =>
        signal.Time is null ? received : new DateTimeOffset((signal.Time.Seconds * TimeSpan.TicksPerSecond) + (signal.Time.Nanos / 100) + DateTime.UnixEpoch.Ticks, TimeSpan.Zero);
}
