using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Identities;

/// <summary>One side of a merge as it would have been without the other: the same turns, on states in memory. Nothing of it reaches the world.</summary>
internal sealed class PartingWorld : IGrains
{
    private const int MostWakesInARow = 100_000;

    private readonly Dictionary<GrainKey, GrainState?> states = [];
    private readonly DecisionWorkspace workspace = new();
    private readonly GrainKey key;
    private readonly PlaybookLibrary versions;
    private PlaybookLibrary library;

    public PartingWorld((Account Account, IReadOnlyList<Contact> People) begin, PlaybookLibrary versions, int version)
    {
        (key, this.versions) = (begin.Account.Key, versions);
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

    public void Run(AccountCommand command, TurnPosition position, DateTimeOffset now) => Keep(AccountTurn.Decide(command, new TurnContext(position, now, library, this, workspace)));

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
    public void Fold(IEnumerable<AccountEvent> ofAccount, IEnumerable<(string Contact, ContactEvent Event)> ofPeople)
    {
        foreach (var fact in ofAccount)
        {
            states[key] = Account.Evolve(Account, fact);
        }

        foreach (var (contact, fact) in ofPeople)
        {
            states[KeyOf(contact)] = Contact.Evolve(Person(contact), fact);
        }
    }

    /// <summary>When the account wants to be woken, now that facts were taken that no turn of its own made.</summary>
    public void Replan(TurnPosition position, DateTimeOffset now) => Keep(AccountTurn.Replan(key, new TurnContext(position, now, library, this, workspace)));

    private void Keep(Verdict verdict)
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
    }

    private GrainKey KeyOf(string contact) => GrainKey.Contact(key.Tenant, key.Affinity, contact);
}
