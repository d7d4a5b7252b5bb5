using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.WhatIf;
using Orchestrator.V1;
using Account = Orchestrator.Grains.Accounts.Account;
using Contact = Orchestrator.Grains.Contacts.Contact;

namespace Orchestrator.Grains.Identities;

/// <summary>Deals the turns since a merge out to the two sides; see <see cref="AccountParting"/> for the rule.</summary>
internal sealed class PartingSides
{
    private readonly PartingWorld theirs;
    private readonly PartingWorld ours;
    private readonly string source;
    private readonly Dictionary<string, bool> names;
    private readonly HashSet<string> accounts;
    private readonly HashSet<string> own;
    private readonly PartingFamily family;
    private readonly Dictionary<string, string> people = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> met = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> addressees = new(StringComparer.Ordinal);

    public PartingSides(PastAccount source, PastAccount target, PartingWorld theirs, PartingWorld ours, IReadOnlySet<string> shared, Account now)
    {
        (this.theirs, this.ours, this.source) = (theirs, ours, source.Account.Affinity);
        names = ours.Account.Identifiers.Keys.Union(theirs.Account.Identifiers.Keys).ToDictionary(n => n, n => ours.Account.Identifiers.ContainsKey(n) ? shared.Contains(n) : true, StringComparer.Ordinal);
        accounts = [.. TakenIn(source), this.source];
        own = [.. TakenIn(target).Where(a => !accounts.Contains(a)), target.Account.Affinity];
        family = new PartingFamily(theirs, ours);
        foreach (var stored in target.Turns.SelectMany(t => t.OfAccount))
        {
            if (stored.Absorbed is { } absorbed && absorbed.From.Account == this.source)
            {
                people[absorbed.Contact] = absorbed.From.Contact;
            }
            else if (stored.ContactJoined is { Identifiers: [var first, ..] } joined)
            {
                met.TryAdd(joined.Contact, PersonName.Normalise(first.Kind, first.Value).ToString());
            }
            else if (stored.ActionOffered is { } offered)
            {
                addressees[offered.Action.Id] = offered.Action.Contact;
            }
        }
    }

    /// <summary>Whether the identifier means a person of the other account.</summary>
    public bool IsTheirs(string name) => names.GetValueOrDefault(name);

    /// <summary>What was open here and was withdrawn because of the merge itself.</summary>
    public HashSet<string> Withdrawn { get; } = new(StringComparer.Ordinal);

    /// <summary>Who a person of the account that carried on is in the other one; null = nobody.</summary>
    public Contact? WhoIs(Contact person)
    {
        foreach (var name in person.Identifiers)
        {
            if (theirs.Account.Identifiers.TryGetValue(name.ToString(), out var known))
            {
                return theirs.Person(known);
            }
        }

        return people.TryGetValue(person.Key.Id, out var there) && theirs.Person(there) is { Exists: true } met ? met : null;
    }

    /// <summary>Accounts that became parts since, of the one or the other.</summary>
    public IEnumerable<string> Doubtful => family.Doubtful;

    public void Take(RecordedTurn turn, bool isSource)
    {
        var version = AccountParting.VersionOf(turn);
        theirs.Goes(version);
        ours.Goes(version);
        if (turn.OfAccount.Exists(e => AccountParting.BringsIn(e, source)))
        {
            Withdrawn.UnionWith(turn.OfAccount.Where(e => e.ActionEnded is { How: StoredActionEnded.Types.How.Revoked }).Select(e => e.ActionEnded.Id));
            return;
        }

        switch (RecordedCause.Of(turn))
        {
            case AccountCommand.Record record:
                Record(record, turn, isSource);
                break;
            case AccountCommand.Wake wake:
                Wake(isSource ? theirs : ours, wake, turn);
                break;
            case AccountCommand.Settle settle:
                Settle(settle, turn, isSource);
                break;
            case AccountCommand.Ask ask when !isSource && (ask.Contact.Length == 0 || ours.Person(ask.Contact).Exists):
                ours.GoTo(turn.At, turn.Position);
                ours.Run(ask, turn.Position, turn.At);
                break;
            case null when turn.OfAccount.Exists(e => e.Lateness is not null):
                // What came late for the two as one: each side puts right what came late for it.
                break;
            case null when !isSource:
                Stand(turn);
                break;
            default:
                // What became of the account with the merge itself, or was asked about somebody who is the other's.
                break;
        }
    }

    private void Record(AccountCommand.Record record, RecordedTurn turn, bool isSource)
    {
        var side = isSource || IsTheirs(record.Signal) ? theirs : ours;
        side.GoTo(turn.At, turn.Position);
        side.Run(ReferenceEquals(side, ours) ? record : new AccountCommand.Record(theirs.Account.Key, record.Signal, "", record.ReceivedAt), turn.Position, turn.At);
        foreach (var name in NamesOf(record.Signal))
        {
            // Whoever met the name first is whom it means.
            names.TryAdd(name, ReferenceEquals(side, theirs));
        }
    }

    private static IEnumerable<string> NamesOf(Signal signal) => signal.Identifiers.Select(i => PersonName.Normalise(i.Kind, i.Value).ToString());

    private bool IsTheirs(Signal signal)
    {
        if (signal.Account.Length > 0 && (accounts.Contains(signal.Account) || own.Contains(signal.Account)))
        {
            return accounts.Contains(signal.Account);
        }

        return NamesOf(signal).Where(names.ContainsKey).Select(IsTheirs).FirstOrDefault();
    }

    private static void Wake(PartingWorld side, AccountCommand.Wake wake, RecordedTurn turn)
    {
        side.GoTo(wake.Due.AddTicks(-1), turn.Position);
        if (side.Account.Wake == wake.Due)
        {
            side.Run(wake, turn.Position, turn.At);
        }
    }

    /// <summary>An action that the side has not open went out all the same: what came of it counts for whom it was for.</summary>
    private void Settle(AccountCommand.Settle settle, RecordedTurn turn, bool isSource)
    {
        var isTheirs = isSource || (addressees.TryGetValue(settle.ActionId, out var contact) && contact.Length > 0 && !ours.Person(contact).Exists);
        var side = isTheirs ? theirs : ours;
        side.GoTo(turn.At, turn.Position);
        if (side.Account.OpenActions.Any(a => a.Id == settle.ActionId))
        {
            side.Run(settle with { Account = side.Account.Key, Target = side.Account.Key }, turn.Position, turn.At);
            return;
        }

        foreach (var (person, stored) in turn.OfContacts)
        {
            if (stored.Rested is not null || stored.PlayRested is not null)
            {
                var there = isTheirs && people.TryGetValue(person, out var other) ? other : person;
                side.Fold([], [(there, Read(stored, person))], turn.Position, turn.At);
            }
        }

        ContactEvent Read(StoredContactEvent stored, string person) => (ContactEvent)EventForm.Read(new StoredEvent { Contact = stored }, GrainKey.Contact(turn.Account.Tenant, turn.Account.Affinity, person));
    }

    /// <summary>The facts are what came from outside; what a publish did to the account it does to both.</summary>
    private void Stand(RecordedTurn turn)
    {
        if (turn.OfAccount.Exists(e => e.Flight is not null || e.StageEntered is { Transition: StageWalk.InFlight }))
        {
            foreach (var side in new[] { theirs, ours })
            {
                side.GoTo(turn.At, turn.Position);
                side.Run(new AccountCommand.Adopt(side.Account.Key), turn.Position, turn.At);
            }

            return;
        }

        var isTheirs = (turn.OfContacts.Count > 0 && turn.OfContacts.All(c => There(c.Contact) is not null))
            || turn.OfAccount.Exists(e => e.ReservationEnded is { } ended && theirs.Account.Reservations.Any(r => r.Id == ended.Id));
        var target = isTheirs ? theirs : ours;
        target.GoTo(turn.At, turn.Position);
        target.Fold(
            turn.OfAccount.Where(e => isTheirs ? e.Reserved is not null || e.ReservationEnded is not null : !IsJudged(e) && (e.OfBoard?.Told is not { } told || IsOn(ours, told.Board)) && family.IsOurs(e))
                .Select(e => InOwnName((AccountEvent)EventForm.Read(new StoredEvent { Account = e }, turn.Account), isTheirs)),
            turn.OfContacts.Where(c => !isTheirs || There(c.Contact) is not null).Select(c => (isTheirs ? There(c.Contact)! : c.Contact, (ContactEvent)EventForm.Read(new StoredEvent { Contact = c.Event }, GrainKey.Contact(turn.Account.Tenant, turn.Account.Affinity, c.Contact)))),
            turn.Position,
            turn.At);
        target.Replan(turn.Position, turn.At);
    }

    /// <summary>Who counts there is told.</summary>
    private static bool IsOn(PartingWorld side, string board) => side.Account.Boards?.On.Contains(board) == true;

    /// <summary>Where it counts each side judges itself.</summary>
    private static bool IsJudged(StoredAccountEvent stored) => stored.OfBoard is { Joined: not null } or { Parted: not null };

    /// <summary>Who a person of the account that carried on is in the other one, if it is the other's person that is meant; both may have known them.</summary>
    private string? There(string contact) =>
        ours.Person(contact) is { Exists: true } own ? own.Identifiers.Select(n => n.ToString()).FirstOrDefault(IsTheirs) is { } name ? theirs.Account.Identifiers.GetValueOrDefault(name) : null
            : people.GetValueOrDefault(contact)
                // Met while both were one.
                ?? (met.TryGetValue(contact, out var first) && IsTheirs(first) ? theirs.Account.Identifiers.GetValueOrDefault(first) : null);

    private AccountEvent InOwnName(AccountEvent fact, bool isTheirs) =>
        isTheirs && fact is AccountEvent.Reserved reserved ? new AccountEvent.Reserved(reserved.Reservation with { Contact = There(reserved.Reservation.Contact)! }) : fact;

    private static IEnumerable<string> TakenIn(PastAccount past) => past.Turns.SelectMany(t => t.OfAccount).Select(e => e.TookIn?.From ?? "").Where(a => a.Length > 0);
}
