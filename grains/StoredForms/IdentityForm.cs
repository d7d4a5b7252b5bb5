using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.V1;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Stored forms of who is who.</summary>
internal static class IdentityForm
{
    public static StoredAccountHistory? Write(AccountHistory? history) => history is null ? null : new()
    {
        SettlesAt = Ticks.Of(history.SettlesAt),
        Latest = { history.Latest },
        Overrides = { history.Overrides.Select(MatchForm.Write) },
        Parted = { history.Parted.Select(MergeForm.Write) },
        PartedAccounts = { history.PartedAccounts },
        Merging = history.Merging,
    };

    public static AccountHistory? Read(StoredAccountHistory? stored, GrainKey key) => stored is null ? null : new()
    {
        SettlesAt = Ticks.InstantOrNone(stored.SettlesAt),
        Latest = [.. stored.Latest],
        Overrides = [.. stored.Overrides.Select(MatchForm.Read)],
        Parted = [.. stored.Parted.Select(p => MergeForm.Read(p, key))],
        PartedAccounts = [.. stored.PartedAccounts],
        Merging = stored.Merging,
    };

    public static StoredAccountEvent Write(HistoryEvent @event) => @event switch
    {
        HistoryEvent.Unmerged e => new()
        {
            Unmerged = new()
            {
                Contact = e.Contact,
                Other = KeyForm.WriteContact(e.Other),
                MergedAt = e.MergedAt,
                Names = { e.Names },
                Roles = { e.Roles },
                Own = Write(e.Own),
                At = Ticks.Of(e.At),
            },
        },
        HistoryEvent.Matched e => new() { Matched = new() { Contact = e.Contact, Rule = e.Rule, Accounts = { e.Accounts }, At = Ticks.Of(e.At) } },
        HistoryEvent.Overridden e => new() { History = new() { Overridden = MatchForm.Write(e.Said) } },
        HistoryEvent.Remembered e => new() { History = new() { Remembered = new() { Said = { e.Said.Select(MatchForm.Write) } } } },
        HistoryEvent.MergeBegan or HistoryEvent.AccountParted or HistoryEvent.AccountRestored => new() { History = MergeForm.Write(@event) },
        HistoryEvent.TookIn e => new()
        {
            TookIn = new()
            {
                From = e.From,
                Scores = { e.Scores.Select(PartForm.Write) },
                Tallies = { e.Tallies.Select(PartForm.Write) },
                Attributes = { e.Attributes.Select(StateForm.Write) },
                Survivors = { e.Survivors.Select(StateForm.Write) },
                Slots = { e.Slots.Select(PartForm.Write) },
                Seen = PartForm.Write(e.Seen),
                At = Ticks.Of(e.At),
                Brought = e.Brought is { } brought ? StateForm.Write(brought) : null,
            },
        },
        HistoryEvent.Reinstated e => new()
        {
            Reinstated = new()
            {
                Contact = e.Contact,
                From = KeyForm.WriteContact(e.From),
                Names = { e.Names },
                Roles = { e.Roles },
                Since = Write(e.Since),
                Slots = { e.Slots.Select(PartForm.Write) },
                LastSignal = Ticks.Of(e.LastSignalAt),
                At = Ticks.Of(e.At),
                Seen = PartForm.Write(e.Seen),
            },
        },
        _ => throw new UnreachableException(),
    };

    public static HistoryEvent.Unmerged Read(StoredUnmerged stored, GrainKey key) => new(
        stored.Contact, KeyForm.ReadContact(stored.Other, key.Tenant), stored.MergedAt, [.. stored.Names], [.. stored.Roles], Read(stored.Own), Ticks.Instant(stored.At));

    public static HistoryEvent.Reinstated Read(StoredReinstated stored, GrainKey key) => new(
        stored.Contact,
        KeyForm.ReadContact(stored.From, key.Tenant),
        [.. stored.Names],
        [.. stored.Roles],
        Read(stored.Since),
        [.. stored.Slots.Select(PartForm.Read)],
        Ticks.Instant(stored.LastSignal),
        Ticks.Instant(stored.At)) { Seen = PartForm.Read(stored.Seen) };

    public static HistoryEvent.TookIn ReadTookIn(StoredTakeIn stored, GrainKey key) => new(
        stored.From,
        [.. stored.Scores.Select(PartForm.Read)],
        [.. stored.Tallies.Select(PartForm.Read)],
        StateForm.Read(stored.Attributes),
        StateForm.Read(stored.Survivors),
        [.. stored.Slots.Select(PartForm.Read)],
        Ticks.Instant(stored.At)) { Seen = PartForm.Read(stored.Seen), Brought = MergeForm.ReadBrought(stored, key) };

    public static StoredTakeIn Write(AccountCommand.TakeIn c) => new()
    {
        From = c.From,
        Scores = { c.Scores.Select(PartForm.Write) },
        Tallies = { c.Tallies.Select(PartForm.Write) },
        Attributes = { c.Attributes.Select(StateForm.Write) },
        Slots = { c.Slots.Select(PartForm.Write) },
        Seen = PartForm.Write(c.Seen),
        Dealings = c.Dealings is { } dealings ? DealingsForm.Write(dealings) : null,
        Brought = c.Brought is { } brought ? StateForm.Write(brought) : null,
    };

    public static AccountCommand.TakeIn Read(StoredTakeIn stored, GrainKey target) =>
        new(target, stored.From, [.. stored.Scores.Select(PartForm.Read)], [.. stored.Tallies.Select(PartForm.Read)], StateForm.Read(stored.Attributes), [.. stored.Slots.Select(PartForm.Read)])
        {
            Seen = PartForm.Read(stored.Seen),
            Dealings = stored.Dealings is { } dealings ? DealingsForm.Read(dealings) : null,
            Brought = MergeForm.ReadBrought(stored, target),
        };

    public static StoredUnmerge Write(AccountCommand.Unmerge c) => new()
    {
        Contact = c.Contact,
        Other = KeyForm.WriteContact(c.Other),
        MergedAt = c.MergedAt,
        SignalCount = c.SignalCount,
        Mark = c.Mark,
        Kept = StateForm.Write(c.Kept),
        Restored = StateForm.Write(c.Restored),
        Own = Write(c.Own),
        Since = Write(c.Since),
    };

    public static AccountCommand.Unmerge Read(StoredUnmerge stored, GrainKey target)
    {
        var other = KeyForm.ReadContact(stored.Other, target.Tenant);
        var kept = GrainKey.Contact(target.Tenant, target.Affinity, stored.Contact);
        return new(target, stored.Contact, other, stored.MergedAt, stored.SignalCount, stored.Mark, StateForm.Read(stored.Kept, kept), StateForm.Read(stored.Restored, other), Read(stored.Own), Read(stored.Since));
    }

    public static StoredReinstate Write(AccountCommand.Reinstate c) =>
        new() { Contact = c.Contact, From = KeyForm.WriteContact(c.From), State = StateForm.Write(c.State), Since = Write(c.Since), Seen = PartForm.Write(c.Seen) };

    public static AccountCommand.Reinstate Read(StoredReinstate stored, GrainKey target) =>
        new(target, stored.Contact, KeyForm.ReadContact(stored.From, target.Tenant), StateForm.Read(stored.State, GrainKey.Contact(target.Tenant, target.Affinity, stored.Contact)), Read(stored.Since))
        {
            Seen = PartForm.Read(stored.Seen),
        };

    public static StoredRebind Write(IdentityCommand.Rebind c) => new() { Contact = KeyForm.WriteContact(c.Contact), Provisional = c.Provisional, From = KeyForm.WriteContact(c.From) };

    public static IdentityCommand.Rebind Read(StoredRebind stored, GrainKey target) =>
        new(target, KeyForm.ReadContact(stored.Contact, target.Tenant), stored.Provisional, KeyForm.ReadContact(stored.From, target.Tenant));

    private static StoredSums? Write(AccountSums? sums) => sums is null ? null : new()
    {
        Scores = { sums.Scores.Select(PartForm.Write) },
        Tallies = { sums.Tallies.Select(PartForm.Write) },
        SignalCount = sums.SignalCount,
        LastSignal = Ticks.Of(sums.LastSignalAt),
    };

    private static AccountSums? Read(StoredSums? stored) =>
        stored is null ? null : new([.. stored.Scores.Select(PartForm.Read)], [.. stored.Tallies.Select(PartForm.Read)], stored.SignalCount, Ticks.Instant(stored.LastSignal));

    private static StoredPosts? Write(SignalPosts? posts) => posts is null ? null : new()
    {
        Scores = { posts.Scores.Select(PartForm.Write) },
        Tallies = { posts.Tallies.Select(PartForm.Write) },
        Signals = posts.Signals,
        LastSignal = Ticks.Of(posts.LastSignalAt),
    };

    private static SignalPosts? Read(StoredPosts? stored) =>
        stored is null ? null : new([.. stored.Scores.Select(PartForm.Read)], [.. stored.Tallies.Select(PartForm.Read)], stored.Signals, Ticks.Instant(stored.LastSignal));
}
