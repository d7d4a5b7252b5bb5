using System.Diagnostics;
using Orchestrator.Grains.Memberships;
using Orchestrator.Grains.Policies;
using Orchestrator.V1;
using Membership = Orchestrator.Grains.Memberships.Membership;

namespace Orchestrator.Grains.StoredForms;

/// <summary>One person in several accounts, as stored. A new event or message is a case here, twice: written and read.</summary>
public static class MembershipForm
{
    public static StoredMembership? Write(Membership? membership) => membership is null ? null : new()
    {
        Home = membership.Home is { } home ? KeyForm.WriteContact(home) : null,
        Seeks = membership.Seeks,
        Others = { membership.Others.Select(KeyForm.WriteContact) },
        Held = { membership.Held.Select(h => new StoredMemberHeld { Channel = h.Channel, Until = Ticks.Of(h.Until) }) },
    };

    public static Membership? Read(StoredMembership? stored, string tenant) => stored is null ? null : new()
    {
        Home = stored.Home is { } home ? KeyForm.ReadContact(home, tenant) : null,
        Seeks = stored.Seeks,
        Others = [.. stored.Others.Select(o => KeyForm.ReadContact(o, tenant))],
        Held = [.. stored.Held.Select(h => new HeldChannel(h.Channel, Ticks.Instant(h.Until)))],
    };

    public static StoredMembershipEvent Write(MembershipEvent @event) => @event switch
    {
        MembershipEvent.Sought e => new() { Sought = Ticks.Of(e.At) },
        MembershipEvent.Welcomed e => new() { Welcomed = KeyForm.WriteContact(e.Home) },
        MembershipEvent.Alone e => new() { Alone = Ticks.Of(e.At) },
        MembershipEvent.Joined e => new() { Joined = KeyForm.WriteContact(e.Member) },
        MembershipEvent.Counted e => new() { Counted = new() { From = KeyForm.WriteContact(e.Member), Action = e.Action } },
        MembershipEvent.Freed e => new() { Freed = e.Action },
        MembershipEvent.Told e => new() { Told = KeyForm.WriteContact(e.From) },
        MembershipEvent.Parted e => new() { Parted = KeyForm.WriteContact(e.Member) },
        MembershipEvent.NoRoom e => new() { Held = new() { Channel = e.Channel, Until = Ticks.Of(e.Until) } },
        _ => throw new UnreachableException(),
    };

    /// <exception cref="InvalidDataException">A newer version wrote it.</exception>
    public static MembershipEvent Read(StoredMembershipEvent stored, string tenant) => stored.KindCase switch
    {
        StoredMembershipEvent.KindOneofCase.Sought => new MembershipEvent.Sought(Ticks.Instant(stored.Sought)),
        StoredMembershipEvent.KindOneofCase.Welcomed => new MembershipEvent.Welcomed(KeyForm.ReadContact(stored.Welcomed, tenant)),
        StoredMembershipEvent.KindOneofCase.Alone => new MembershipEvent.Alone(Ticks.Instant(stored.Alone)),
        StoredMembershipEvent.KindOneofCase.Joined => new MembershipEvent.Joined(KeyForm.ReadContact(stored.Joined, tenant)),
        StoredMembershipEvent.KindOneofCase.Counted => new MembershipEvent.Counted(KeyForm.ReadContact(stored.Counted.From, tenant), stored.Counted.Action),
        StoredMembershipEvent.KindOneofCase.Freed => new MembershipEvent.Freed(stored.Freed),
        StoredMembershipEvent.KindOneofCase.Told => new MembershipEvent.Told(KeyForm.ReadContact(stored.Told, tenant)),
        StoredMembershipEvent.KindOneofCase.Parted => new MembershipEvent.Parted(KeyForm.ReadContact(stored.Parted, tenant)),
        StoredMembershipEvent.KindOneofCase.Held => new MembershipEvent.NoRoom(stored.Held.Channel, Ticks.Instant(stored.Held.Until)),
        _ => throw new InvalidDataException("a fact about a person's accounts has a form that this version does not know"),
    };

    public static StoredMembershipMessage Write(string contact, MembershipMessage message)
    {
        var stored = new StoredMembershipMessage { Contact = contact };
        switch (message)
        {
            case MembershipMessage.Joins m:
                stored.Joins = new() { From = KeyForm.WriteContact(m.From), Slots = { m.Slots.Select(s => new StoredMemberSlot { Id = s.Id, Channel = s.Channel, Transactional = s.Transactional, At = Ticks.Of(s.At) }) }, Withdrawn = { m.Withdrawn.Select(Write) } };
                break;
            case MembershipMessage.Welcomes m:
                stored.Welcomes = new() { From = KeyForm.WriteContact(m.From), Withdrawn = { m.Withdrawn.Select(Write) } };
                break;
            case MembershipMessage.Alone:
                stored.Alone = true;
                break;
            case MembershipMessage.Asks m:
                stored.Asks = new() { From = KeyForm.WriteContact(m.From), Action = m.Action, Channel = m.Channel };
                break;
            case MembershipMessage.Grants m:
                stored.Grants = m.Action;
                break;
            case MembershipMessage.Refuses m:
                stored.Refuses = new() { Action = m.Action, Channel = m.Channel, Until = Ticks.Of(m.Until) };
                break;
            case MembershipMessage.Frees m:
                stored.Frees = m.Action;
                break;
            case MembershipMessage.Withdraws m:
                stored.Withdraws = new() { From = KeyForm.WriteContact(m.From), Withdrawn = { m.Withdrawn.Select(Write) } };
                break;
            default:
                throw new UnreachableException();
        }

        return stored;
    }

    /// <exception cref="InvalidDataException">A newer version wrote it.</exception>
    public static MembershipMessage Read(StoredMembershipMessage stored, string tenant) => stored.KindCase switch
    {
        StoredMembershipMessage.KindOneofCase.Joins when KeyForm.ReadContact(stored.Joins.From, tenant) is var from =>
            new MembershipMessage.Joins(from, [.. stored.Joins.Slots.Select(s => new Slot(s.Id, from.Id, s.Channel, s.Transactional, Ticks.Instant(s.At)))], [.. stored.Joins.Withdrawn.Select(Read)]),
        StoredMembershipMessage.KindOneofCase.Welcomes => new MembershipMessage.Welcomes(KeyForm.ReadContact(stored.Welcomes.From, tenant), [.. stored.Welcomes.Withdrawn.Select(Read)]),
        StoredMembershipMessage.KindOneofCase.Alone => MembershipMessage.Alone.Instance,
        StoredMembershipMessage.KindOneofCase.Asks => new MembershipMessage.Asks(KeyForm.ReadContact(stored.Asks.From, tenant), stored.Asks.Action, stored.Asks.Channel),
        StoredMembershipMessage.KindOneofCase.Grants => new MembershipMessage.Grants(stored.Grants),
        StoredMembershipMessage.KindOneofCase.Refuses => new MembershipMessage.Refuses(stored.Refuses.Action, stored.Refuses.Channel, Ticks.Instant(stored.Refuses.Until)),
        StoredMembershipMessage.KindOneofCase.Frees => new MembershipMessage.Frees(stored.Frees),
        StoredMembershipMessage.KindOneofCase.Withdraws => new MembershipMessage.Withdraws(KeyForm.ReadContact(stored.Withdraws.From, tenant), [.. stored.Withdraws.Withdrawn.Select(Read)]),
        _ => throw new InvalidDataException("a message between a person's accounts has a form that this version does not know"),
    };

    private static StoredMemberWord Write(ConsentGiven word) => 
        new() { Purpose = word.Purpose, Channel = word.Channel, At = Ticks.Of(word.At), Source = word.Source, Given = word.Given, Unconfirmed = word.Unconfirmed };

    private static ConsentGiven Read(StoredMemberWord word) => new(word.Purpose, word.Channel, word.Given, Ticks.Instant(word.At), word.Source) { Unconfirmed = word.Unconfirmed };
}
