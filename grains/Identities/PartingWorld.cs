using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Standings;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.WhatIf;

namespace Orchestrator.Grains.Identities;

/// <summary>
/// One side of a merge as it would have been without the other: the same turns, on states in memory. Nothing of it reaches the world. What comes late for the side it puts right as an
/// account of its own would have.
/// </summary>
internal sealed class PartingWorld : IGrains
{
    private const int MostWakesInARow = 100_000;

    private readonly Dictionary<GrainKey, GrainState?> states = [];
    private readonly DecisionWorkspace workspace = new();
    private readonly GrainKey key;
    private readonly PlaybookLibrary versions;
    private readonly List<PastFrame> past;
    private PlaybookLibrary library;

    /// <param name="past">How it came to be so, oldest first.</param>
    public PartingWorld((Account Account, IReadOnlyList<Contact> People) begin, IEnumerable<PastFrame> past, PlaybookLibrary versions, int version)
    {
        (key, this.versions, this.past) = (begin.Account.Key, versions, [.. past]);
        library = versions.AsOf(key.Tenant, version);
        states[key] = begin.Account;
        foreach (var person in begin.People)
        {
            states[person.Key] = person;
        }
    }

    public Account Account => (Account)states[key]!;

    public IEnumerable<Contact> People => states.Values.OfType<Contact>().OrderBy(p => p.Key.Id, StringComparer.Ordinal);

    public Contact Person(string id) => (Contact?)states.GetValueOrDefault(KeyOf(id)) ?? Contact.Unknown(KeyOf(id));

    /// <summary>From this version on; versions rise.</summary>
    public void Goes(int version) => library = version > 0 && version > (library.Current(key.Tenant)?.Version ?? 0) ? versions.AsOf(key.Tenant, version) : library;

    public void Set(GrainState state) => states[state.Key] = state;

    bool IGrains.TryGet(GrainKey key, out GrainState? state)
    {
        // What is not here does not exist.
        states.TryGetValue(key, out state);
        return true;
    }

    public void Run(AccountCommand command, TurnPosition position, DateTimeOffset now) =>
        Take(AccountTurn.Decide(command, new TurnContext(position, now, library, this, workspace)), position, now);

    /// <summary>What time alone does, each at its own instant.</summary>
    public void GoTo(DateTimeOffset until, TurnPosition place)
    {
        for (var i = 0; i < MostWakesInARow && Account.Wake is { } due && due <= until; i++)
        {
            Run(new AccountCommand.Wake(key, due), new TurnPosition(place.Partition, due.UtcTicks, 0), due);
            if (Account.Wake <= due)
            {
                states[key] = Account with { Wake = null };
            }
        }
    }

    /// <summary>Takes facts as they are.</summary>
    public void Fold(IEnumerable<AccountEvent> ofAccount, IEnumerable<(string Contact, ContactEvent Event)> ofPeople, TurnPosition position, DateTimeOffset at)
    {
        List<(GrainKey, GrainEvent)> facts = [];
        foreach (var fact in ofAccount)
        {
            states[key] = Account.Evolve(Account, fact);
            facts.Add((key, fact));
        }

        foreach (var (contact, fact) in ofPeople)
        {
            states[KeyOf(contact)] = Contact.Evolve(Person(contact), fact);
            facts.Add((KeyOf(contact), fact));
        }

        Keep(facts, position, at);
    }

    /// <summary>A part of its group that is the other side's, as of the last that it knows of.</summary>
    public void Lose(string child)
    {
        var (place, at) = past.Count > 0 ? (past[^1].Turns[^1].Position, past[^1].At) : (default, Account.LastSignalAt);
        Fold([new AccountEvent.OfStanding(new StandingEvent.BranchLeft(child))], [], place, at);
    }

    /// <summary>When the account wants to be woken, now that facts were taken that no turn of its own made.</summary>
    public void Replan(TurnPosition position, DateTimeOffset now) =>
        Take(AccountTurn.Replan(key, new TurnContext(position, now, library, this, workspace)), position, now);

    private void Take(Verdict verdict, TurnPosition position, DateTimeOffset now)
    {
        if (verdict is not Verdict.Accepted accepted)
        {
            return;
        }

        foreach (var state in accepted.Folded!)
        {
            states[state.Key] = state;
        }

        foreach (var wake in accepted.Wakes)
        {
            states[wake.Grain] = states[wake.Grain]! with { Wake = wake.At };
        }

        Keep(accepted.Facts.Select(f => (f.Grain, f.Event)), position, now);
        if (accepted.Effects.Any(e => e is Effect.Correct) && Account.Lateness?.Since is { } since)
        {
            Correct(since, position, now);
        }
    }

    private void Correct(DateTimeOffset since, TurnPosition position, DateTimeOffset now)
    {
        var found = InOrder.Of(Account, [.. People], past, versions, since, now);
        var mark = LatenessTurn.MarkOf(Account, found.People.Select(p => Person(p.Contact)));
        Run(new AccountCommand.Correct(key, Account.SignalCount, Account.Stage, Account.StageSince, since, found) { Mark = mark }, position, now);
    }

    private void Keep(IEnumerable<(GrainKey Grain, GrainEvent Event)> facts, TurnPosition position, DateTimeOffset at)
    {
        var turn = new RecordedTurn(key, position, at);
        foreach (var (grain, fact) in facts)
        {
            var stored = EventForm.Write(fact, 0);
            if (stored.Account is { } ofAccount)
            {
                turn.OfAccount.Add(ofAccount);
            }
            else
            {
                turn.OfContacts.Add((grain.Id, stored.Contact));
            }
        }

        past.Add(new PastFrame(at, [turn], Account.Wake));
    }

    private GrainKey KeyOf(string contact) => GrainKey.Contact(key.Tenant, key.Affinity, contact);
}
