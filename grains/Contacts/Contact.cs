using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Memberships;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Scores;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.Survivorship;

namespace Orchestrator.Grains.Contacts;

/// <summary>A person in one account. Lives in the account's partition, with a state and a snapshot of its own.</summary>
public sealed partial record Contact : GrainState
{
    // What the most frequent events change: written into a contact that nobody else has seen, see Account.Evolve.
    private ImmutableArray<Score> scores = [];
    private ImmutableArray<Slot> slots = [];
    private ImmutableArray<PlayRest> rests = [];
    private long lastSignalAt;
    private long signalCount;

    // Instants as UTC ticks, and what few ever have apart: there is one of these objects for each signal.
    private readonly long openedAt;
    private readonly long restUntil;
    private readonly Address? movedTo;

    private Contact(GrainKey key)
        : base(key)
    {
    }

    public bool Exists { get; init; }

    public DateTimeOffset OpenedAt
    {
        get => Instants.At(openedAt);
        init => openedAt = value.UtcTicks;
    }

    public ImmutableArray<PersonName> Identifiers { get; init; } = [];

    /// <summary>The same for whoever keeps them as a list: without a box around them, of which there would be one for each open action.</summary>
    public IReadOnlyList<PersonName> ListNames() => ImmutableCollectionsMarshal.AsArray(Identifiers)!;

    /// <summary>Sorted.</summary>
    public ImmutableArray<string> Roles { get; init; } = [];

    public AttributeSet Attributes { get; init; } = AttributeSet.None;

    /// <summary>Sorted by name.</summary>
    public ImmutableArray<Score> Scores
    {
        get => scores;
        init => scores = value;
    }

    /// <summary>The latest word per purpose and channel, sorted by both.</summary>
    public ImmutableArray<ConsentGiven> Consents { get; init; } = [];

    /// <summary>Messages that count against the person's caps, by time.</summary>
    public ImmutableArray<Slot> Slots
    {
        get => slots;
        init => slots = value;
    }

    /// <summary>Plays that rest until an instant; sorted by play.</summary>
    public ImmutableArray<PlayRest> Rests
    {
        get => rests;
        init => rests = value;
    }

    /// <summary>Outcomes that may start a rest, by time.</summary>
    public ImmutableArray<OutcomeSeen> Outcomes { get; init; } = [];

    /// <summary>Nothing is sent before this instant (contact policy `rest-after`).</summary>
    public DateTimeOffset RestUntil
    {
        get => Instants.At(restUntil);
        init => restUntil = value.UtcTicks;
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

    /// <summary>If the person moved to another account: where.</summary>
    public GrainKey? MovedTo
    {
        get => movedTo?.Key;
        init => movedTo = value is { } to ? new Address(to) : null;
    }

    /// <summary>What stands beside scores and roles; null = nothing of the kind has happened.</summary>
    public PersonStanding? Standing { get; init; }

    /// <summary>The other accounts to which the person belongs; null = none, as far as is known.</summary>
    public Membership? Membership { get; init; }

    public static Contact Unknown(GrainKey key) => new(key);

    public static Contact Evolve(Contact contact, ContactEvent @event) => Evolve(contact, @event, own: false);

    /// <summary>The same for a turn; see <see cref="Account.Evolve(Account, AccountEvent, bool)"/>.</summary>
    internal static Contact Evolve(Contact contact, ContactEvent @event, bool own) => @event switch
    {
        ContactEvent.Opened e => contact with { Exists = true, OpenedAt = e.At, Identifiers = [.. e.Identifiers], MovedTo = null },
        ContactEvent.Signalled e => Signal(own ? contact : contact with { }, e),
        ContactEvent.AttributesSet e => contact with { Attributes = contact.Attributes.Set(e.Values, e.At, e.Origin) },
        ContactEvent.RoleSet e => contact with { Roles = e.Assigned ? [.. contact.Roles.Remove(e.Role).Add(e.Role).Order(StringComparer.Ordinal)] : contact.Roles.Remove(e.Role) },
        ContactEvent.ConsentSet e => contact with { Consents = ConsentGiven.Set(contact.Consents, e.Consent) },
        ContactEvent.SlotTaken e => Take(own ? contact : contact with { }, e),
        ContactEvent.SlotFreed e => contact with { Slots = Account.Free(contact.Slots, e.Id) },
        ContactEvent.PlayRested e => Rest(own ? contact : contact with { }, e),
        ContactEvent.IdentifierAdded e => contact with { Identifiers = contact.Identifiers.Contains(e.Name) ? contact.Identifiers : contact.Identifiers.Add(e.Name) },
        ContactEvent.OutcomeNoted e => contact with
        {
            Outcomes = Note(contact.Outcomes, new OutcomeSeen(e.Outcome, e.At)),
            RestUntil = e.RestUntil > contact.RestUntil ? e.RestUntil : contact.RestUntil,
        },
        ContactEvent.Moved e => contact with { MovedTo = e.To },
        ContactEvent.Absorbed e => e.Rules > 0 ? PersonMerge.Join(contact, e) : Absorb(contact, e.Other, e.Survivors),
        ContactEvent.Corrected e => contact with
        {
            Consents = ConsentGiven.Correct(contact.Consents, e.Consents),
            Scores = Lateness.LatenessState.Correct(contact.Scores, e.Scores),
            Standing = e.Standing is { } would ? (contact.Standing ?? PersonStanding.Empty) with { Journeys = would.Journeys, Entries = would.Entries } : contact.Standing,
            OpenedAt = e.OpenedAt ?? contact.OpenedAt,
        },
        ContactEvent.Restored e => e.State with { Key = contact.Key, Wake = contact.Wake },
        ContactEvent.OfMembership e => contact with { Membership = Membership.Evolve(contact.Membership, e.Event) },
        ContactEvent.OfStanding { Event: PersonEvent.Returned e } => contact with { MovedTo = null, Standing = PersonStanding.Evolve(contact.Standing, e) },
        ContactEvent.OfStanding e => contact with { Standing = PersonStanding.Evolve(contact.Standing, e.Event) },
        _ => throw new UnreachableException(),
    };

    /// <summary>The score of this name, or null if it never got points.</summary>
    public Score? FindScore(string name) => Account.Find(Scores, name);

    /// <summary>Whether a message of this id counts against the person's caps.</summary>
    public bool HasSlot(string id) => Slots.Any(s => s.Id == id);

    public bool HasRole(string role) => Roles.Contains(role);

    private static Contact Signal(Contact contact, ContactEvent.Signalled e)
    {
        for (var i = 0; i < e.Scores.Count; i++)
        {
            contact.scores = Account.Post(contact.scores, e.Scores[i], keepDays: true);
        }

        contact.signalCount++;
        contact.lastSignalAt = Math.Max(contact.lastSignalAt, e.At.UtcTicks);
        return contact;
    }

    private sealed record Address(GrainKey Key);

    private static Contact Take(Contact contact, ContactEvent.SlotTaken e)
    {
        contact.slots = Account.Take(contact.slots, e.Slot);
        return contact;
    }

    private static Contact Rest(Contact contact, ContactEvent.PlayRested e)
    {
        contact.rests = PlayRest.Set(contact.rests, new PlayRest(e.Play, e.Until), e.At);
        return contact;
    }

    private static ImmutableArray<OutcomeSeen> Note(ImmutableArray<OutcomeSeen> outcomes, OutcomeSeen seen)
    {
        const int most = 64;
        var added = outcomes.Add(seen);
        return added.Length > most ? added.RemoveAt(0) : added;
    }

    /// <summary>Joins what another grain knew of the same person. Consent never widens: where the two differ, "withdrawn" wins.</summary>
    internal static Contact Absorb(Contact contact, Contact other, AttributeSet survivors) => contact with
    {
        Identifiers = [.. contact.Identifiers.Union(other.Identifiers)],
        Roles = [.. contact.Roles.Union(other.Roles).Order(StringComparer.Ordinal)],
        Attributes = Survivors.Merge(contact.Attributes, other.Attributes, survivors),
        Scores = other.Scores.Aggregate(contact.Scores, Account.Merge),
        Consents = ConsentGiven.MostRestrictive(contact.Consents, other.Consents),
        Slots = [.. contact.Slots.Union(other.Slots).OrderBy(s => s.At).ThenBy(s => s.Id, StringComparer.Ordinal)],
        Rests = other.Rests.Aggregate(contact.Rests, (all, one) => PlayRest.Set(all, one, DateTimeOffset.MinValue)),
        Outcomes = [.. contact.Outcomes.Concat(other.Outcomes).OrderBy(o => o.At)],
        RestUntil = other.RestUntil > contact.RestUntil ? other.RestUntil : contact.RestUntil,
        LastSignalAt = other.LastSignalAt > contact.LastSignalAt ? other.LastSignalAt : contact.LastSignalAt,
        SignalCount = contact.SignalCount + other.SignalCount,
        Standing = PersonStanding.Merge(contact.Standing, other.Standing),
        Membership = Membership.Merge(contact.Key, contact.Membership, other.Membership),
    };
}

/// <summary>A play that is not offered to this person before an instant.</summary>
public readonly record struct PlayRest(string Play, DateTimeOffset Until)
{
    /// <summary>Sets one rest, keeping the later instant, and drops those over at <paramref name="now"/>.</summary>
    public static ImmutableArray<PlayRest> Set(ImmutableArray<PlayRest> rests, PlayRest rest, DateTimeOffset now)
    {
        // There may be as many as plays, at each offer: counted first, so that one array is all it takes.
        var (before, after) = (0, 0);
        foreach (var other in rests)
        {
            var order = string.CompareOrdinal(other.Play, rest.Play);
            if (order == 0)
            {
                rest = other.Until > rest.Until ? other : rest;
            }
            else if (other.Until > now)
            {
                (before, after) = order < 0 ? (before + 1, after) : (before, after + 1);
            }
        }

        var kept = new PlayRest[before + 1 + after];
        kept[before] = rest;
        var at = 0;
        foreach (var other in rests)
        {
            if (other.Until > now && other.Play != rest.Play)
            {
                at += at == before ? 1 : 0;
                kept[at++] = other;
            }
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(kept);
    }
}

/// <summary>An outcome of an action, for contact policy `rest-after`.</summary>
public readonly record struct OutcomeSeen(string Outcome, DateTimeOffset At);
