using System.Collections.Immutable;
using Google.Protobuf;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.WhatIf;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Grains.Identities;

/// <summary>
/// Undoes the merge of a whole account: both sides stand where they would stand had they never been one. Each is folded up to the merge, then judges its own signals
/// since, at their instants and under the versions of then, with the turns of the runtime. A signal since is the side's whose account it names, else the side's whose
/// person it names. What really went out is not judged again: it counts for the side, and for the person, that it went to. Requests hang on the stage, so they are
/// those of each side's own way; what plays have open stays with the one who carried on, and what was open at the merge is open again if it is still valid.
/// </summary>
/// <param name="Kept">The account that had carried on, without the other.</param>
/// <param name="People">Of its people, those who are others than they are now.</param>
/// <param name="Restored">The account that is one of its own again.</param>
/// <param name="Gone">By contact of the kept account: who they are in the restored one.</param>
/// <param name="Names">Identifiers, as <c>kind:value</c>, that mean people of the restored account again.</param>
public sealed record AccountParting(
    Account Kept, IReadOnlyList<Contact> People, Account Restored, IReadOnlyList<Contact> RestoredPeople, IReadOnlyList<Parted> Gone, IReadOnlyList<string> Names)
{
    /// <summary>Accounts that became parts while both were one: each says itself of which of the two it is one.</summary>
    public IReadOnlyList<string> Doubtful { get; init; } = [];

    /// <summary>Makes it so, if the account that carried on is still the one from which it was worked out.</summary>
    public AccountCommand.Part Command(Account now) => new(now.Key, Restored.Key.Affinity, MarkOf(now), Kept, People, Restored, RestoredPeople, Gone, Names) { Doubtful = Doubtful };

    /// <summary>How many people both may have together.</summary>
    public const int MostPeople = 2_000;

    /// <summary>Tells whether an account is still the one that was read.</summary>
    public static ulong MarkOf(Account account) => StableHash.Of(StateForm.Write(account).ToByteArray());

    /// <summary>The turn with which the account began to leave for the one that it is part of; null = it is part of none, or was merged by an earlier release.</summary>
    public static int? BeganAt(PastAccount source)
    {
        int? began = null;
        for (var i = 0; i < source.Turns.Count; i++)
        {
            foreach (var stored in source.Turns[i].OfAccount)
            {
                began = stored.History?.MergeBegan is not null ? i : stored.History?.AccountRestored is not null ? null : began;
            }
        }

        return began;
    }

    /// <summary>The turn with which this account began to take the other in; null = it has not taken it in, or not yet to the end.</summary>
    public static int? TookInAt(PastAccount target, string from)
    {
        int? began = null;
        var whole = false;
        for (var i = 0; i < target.Turns.Count; i++)
        {
            foreach (var stored in target.Turns[i].OfAccount)
            {
                began = BringsIn(stored, from) ? began ?? i : stored.History?.AccountParted?.From == from ? null : began;
                whole = began is not null && (whole || stored.TookIn?.From == from);
            }
        }

        return whole ? began : null;
    }

    /// <summary>Identifiers that both knew when they became one: only the identity itself can tell whom it meant.</summary>
    public static IReadOnlyList<string> Shared(PastAccount source, PastAccount target) =>
        [.. source.Before(BeganAt(source)!.Value).Account.Identifiers.Keys.Intersect(target.Before(TookInAt(target, source.Account.Affinity)!.Value).Account.Identifiers.Keys)];

    /// <param name="shared">Of the identifiers that both knew, those that meant the other's person.</param>
    /// <param name="now">The account that carried on, as it is.</param>
    /// <param name="people">All people whom it ever had, as they are.</param>
    public static AccountParting Of(PastAccount source, PastAccount target, IReadOnlySet<string> shared, PlaybookLibrary versions, Account now, IReadOnlyList<Contact> people, DateTimeOffset at)
    {
        var (left, joined) = (BeganAt(source)!.Value, TookInAt(target, source.Account.Affinity)!.Value);
        var theirs = new PartingWorld(source.Before(left), source.FramesBefore(left), versions, VersionBefore(source, left, versions));
        var ours = new PartingWorld(target.Before(joined), target.FramesBefore(joined), versions, VersionBefore(target, joined, versions));
        ImmutableHashSet<string> open = [.. theirs.Account.OpenActions.Select(a => a.Id)];
        ImmutableHashSet<string> before = [.. SlotsOf(theirs), .. SlotsOf(ours)];
        var sides = new PartingSides(source, target, theirs, ours, shared, now);
        foreach (var (turn, isSource) in source.Turns.Skip(left).Select(t => (t, true)).Concat(target.Turns.Skip(joined).Select(t => (t, false))).OrderBy(t => t.t.At).ThenByDescending(t => t.Item2))
        {
            sides.Take(turn, isSource);
        }

        var place = target.Turns[^1].Position;
        theirs.GoTo(at, place);
        ours.GoTo(at, place);
        return Settle(theirs, ours, sides, open, before, now, people);
    }

    internal static bool BringsIn(StoredAccountEvent stored, string from) => stored.Absorbed?.From.Account == from || stored.TookIn?.From == from;

    /// <summary>What really happened with actions takes the place of what would have happened.</summary>
    private static AccountParting Settle(PartingWorld theirs, PartingWorld ours, PartingSides sides, ImmutableHashSet<string> open, ImmutableHashSet<string> before, Account now, IReadOnlyList<Contact> people)
    {
        foreach (var action in theirs.Account.OpenActions.Where(a => a.Request is null && !open.Contains(a.Id)))
        {
            Drop(theirs, action);
        }

        foreach (var action in ours.Account.OpenActions.Where(a => a.Request is null && !sides.Withdrawn.Contains(a.Id) && now.OpenActions.All(o => o.Id != a.Id)))
        {
            Drop(ours, action);
        }

        bool IsOurs(string contact) => contact.Length == 0 || ours.Person(contact).Exists;
        ImmutableArray<OpenAction> stays = [.. now.OpenActions.Where(a => IsOurs(a.Contact) && (a.Request is null
            ? a.Stage == ours.Account.Stage || ours.Account.OpenActions.Any(o => o.Id == a.Id)
            : ours.Account.OpenActions.Any(o => o.Id == a.Id)))];
        // What counted before the merge each side has already; of what went out since, each has what went to its people.
        ImmutableHashSet<string> over = [.. now.OpenActions.Where(a => stays.All(s => s.Id != a.Id)).Select(a => a.Id), .. before];
        ours.Set(ours.Account with
        {
            OpenActions = [.. stays, .. ours.Account.OpenActions.Where(a => stays.All(s => s.Id != a.Id))],
            Slots = Both(ours.Account.Slots, now.Slots.Where(s => IsOurs(s.Contact) && !over.Contains(s.Id))),
            Ended = [.. ours.Account.Ended.Union(now.Ended.Where(e => ours.Account.OpenActions.All(a => a.Id != e.Id))).TakeLast(Account.MostEnded)],
        });
        List<Parted> gone = [];
        foreach (var person in people)
        {
            var really = person.Slots.Where(s => !over.Contains(s.Id));
            if (ours.Person(person.Key.Id) is { Exists: true } own)
            {
                ours.Set(own with { Slots = Both(own.Slots, really) });
            }
            else if (person.Exists && sides.WhoIs(person) is { } there)
            {
                gone.Add(new Parted(person.Key.Id, there.Key));
                theirs.Set(there with { Slots = Both(there.Slots, really.Select(s => s with { Contact = there.Key.Id })) });
            }
        }

        theirs.Set(theirs.Account with { Slots = Both(theirs.Account.Slots, gone.SelectMany(g => now.Slots.Where(s => s.Contact == g.Name && !over.Contains(s.Id)).Select(s => s with { Contact = g.To.Id }))) });
        var was = people.ToDictionary(p => p.Key.Id);
        return new AccountParting(
            ours.Account,
            [.. ours.People.Where(p => !was.TryGetValue(p.Key.Id, out var before) || !StateForm.Write(before).Equals(StateForm.Write(p)))],
            theirs.Account,
            [.. theirs.People],
            gone,
            [.. theirs.Account.Identifiers.Keys.Where(sides.IsTheirs)]) { Doubtful = [.. sides.Doubtful] };
    }

    private static IEnumerable<string> SlotsOf(PartingWorld world) => world.Account.Slots.Concat(world.People.SelectMany(p => p.Slots)).Select(s => s.Id);

    private static void Drop(PartingWorld world, OpenAction action)
    {
        world.Set(world.Account with { OpenActions = world.Account.OpenActions.RemoveAll(a => a.Id == action.Id), Slots = Account.Free(world.Account.Slots, action.Id) });
        if (action.Contact.Length > 0)
        {
            var person = world.Person(action.Contact);
            world.Set(person with { Slots = Account.Free(person.Slots, action.Id) });
        }
    }

    /// <summary>Of one instant in the order in which they were taken.</summary>
    private static ImmutableArray<Slot> Both(ImmutableArray<Slot> own, IEnumerable<Slot> really) => [.. own.UnionBy(really, s => s.Id).OrderBy(s => s.At)];

    private static int VersionBefore(PastAccount past, int turn, PlaybookLibrary versions)
    {
        var known = past.Turns.Take(turn).Max(t => (int?)VersionOf(t)) is { } latest && latest > 0 ? latest : past.Turns.Skip(turn).Select(VersionOf).FirstOrDefault(v => v > 0);
        return known > 0 ? known : versions.Current(past.Account.Tenant)?.Version ?? 0;
    }

    /// <summary>The version under which a turn was judged; 0 = it does not say.</summary>
    internal static int VersionOf(RecordedTurn turn) =>
        turn.OfAccount.Select(e => e.SignalRecorded?.PlaybookVersion ?? e.Woken?.PlaybookVersion ?? e.Asked?.PlaybookVersion ?? e.StageEntered?.PlaybookVersion ?? 0).DefaultIfEmpty(0).Max();
}
