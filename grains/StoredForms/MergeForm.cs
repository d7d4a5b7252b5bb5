using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Survivorship;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Stored forms of whole accounts that become one, and two again.</summary>
internal static class MergeForm
{
    public static StoredHistoryEvent Write(HistoryEvent @event) => @event switch
    {
        HistoryEvent.MergeBegan e => new() { MergeBegan = new() { Into = e.Into, At = Ticks.Of(e.At) } },
        HistoryEvent.AccountParted e => new() { AccountParted = new() { From = e.From, State = StateForm.Write(e.State), Names = { e.Names.Select(Write) }, At = Ticks.Of(e.At) } },
        HistoryEvent.AccountRestored e => new() { AccountRestored = new() { From = e.From, State = StateForm.Write(e.State), At = Ticks.Of(e.At) } },
        _ => throw new UnreachableException(),
    };

    /// <exception cref="InvalidDataException">A newer version wrote it.</exception>
    public static HistoryEvent Read(StoredHistoryEvent stored, GrainKey key) => stored.KindCase switch
    {
        StoredHistoryEvent.KindOneofCase.MergeBegan => new HistoryEvent.MergeBegan(stored.MergeBegan.Into, Ticks.Instant(stored.MergeBegan.At)),
        StoredHistoryEvent.KindOneofCase.AccountParted when stored.AccountParted is { } e =>
            new HistoryEvent.AccountParted(e.From, StateForm.Read(e.State, key), [.. e.Names.Select(n => Read(n, key))], Ticks.Instant(e.At)),
        StoredHistoryEvent.KindOneofCase.AccountRestored when stored.AccountRestored is { } e => new HistoryEvent.AccountRestored(e.From, StateForm.Read(e.State, key), Ticks.Instant(e.At)),
        _ => throw new InvalidDataException($"an event of {key} has a form that this version does not know"),
    };

    public static StoredParted Write(Parted parted) => new() { Name = parted.Name, Account = parted.To.Affinity, Contact = parted.To.Id };

    public static Parted Read(StoredParted stored, GrainKey key) => new(stored.Name, GrainKey.Contact(key.Tenant, stored.Account, stored.Contact));

    public static StoredPersonBrought? Write(PersonBrought brought) => brought.IsNothing ? null : new()
    {
        Roles = { brought.Roles.Select(r => new StoredBroughtRole { Role = r.Role, Offering = r.Offering }) },
        MemberOf = { brought.MemberOf },
        Likeness = brought.Likeness,
        LeftReason = brought.LeftReason,
        Reservations = { brought.Reservations.Select(PartForm.Write) },
        Deferrals = { brought.Deferrals.Select(PartForm.Write) },
        Boards = { brought.Boards },
    };

    public static PersonBrought Read(StoredPersonBrought? stored) => stored is null ? PersonBrought.None : new()
    {
        Roles = [.. stored.Roles.Select(r => (r.Role, r.Offering))],
        MemberOf = [.. stored.MemberOf],
        Likeness = stored.Likeness,
        LeftReason = stored.LeftReason,
        Reservations = [.. stored.Reservations.Select(PartForm.Read)],
        Deferrals = [.. stored.Deferrals.Select(PartForm.Read)],
        Boards = [.. stored.Boards],
    };

    /// <summary>What the other account was, under its own key; null in what an earlier release wrote.</summary>
    public static Account? ReadBrought(StoredTakeIn stored, GrainKey key) => stored.Brought is { } brought ? StateForm.Read(brought, GrainKey.Account(key.Tenant, stored.From)) : null;

    public static StoredPart Write(AccountCommand.Part c) => new()
    {
        From = c.From,
        Mark = c.Mark,
        Kept = StateForm.Write(c.Kept),
        People = { c.People.Select(Write) },
        Restored = StateForm.Write(c.Restored),
        RestoredPeople = { c.RestoredPeople.Select(Write) },
        Gone = { c.Gone.Select(Write) },
        Names = { c.Names },
        Doubtful = { c.Doubtful },
    };

    public static AccountCommand.Part Read(StoredPart stored, GrainKey target)
    {
        var from = GrainKey.Account(target.Tenant, stored.From);
        return new(
            target,
            stored.From,
            stored.Mark,
            StateForm.Read(stored.Kept, target),
            [.. stored.People.Select(p => Read(p, target))],
            StateForm.Read(stored.Restored, from),
            [.. stored.RestoredPeople.Select(p => Read(p, from))],
            [.. stored.Gone.Select(g => Read(g, target))],
            [.. stored.Names]) { Doubtful = [.. stored.Doubtful] };
    }

    public static StoredTakeBack Write(AccountCommand.TakeBack c) =>
        new() { From = c.From, People = { c.People.Select(Write) }, State = c.State is { } state ? StateForm.Write(state) : null, Names = { c.Names }, Doubtful = { c.Doubtful }, Boards = { c.Boards } };

    public static AccountCommand.TakeBack Read(StoredTakeBack stored, GrainKey target) =>
        new(target, stored.From, [.. stored.People.Select(p => Read(p, target))], stored.State is { } state ? StateForm.Read(state, target) : null, [.. stored.Names]) { Doubtful = [.. stored.Doubtful], Boards = [.. stored.Boards] };

    private static StoredPerson Write(Contact contact) => new() { Contact = contact.Key.Id, State = StateForm.Write(contact) };

    private static Contact Read(StoredPerson stored, GrainKey account) => StateForm.Read(stored.State, GrainKey.Contact(account.Tenant, account.Affinity, stored.Contact));
}
