using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.Partitions;

/// <summary>After a start: the accounts with open actions, a page at a time, so that whoever delivers hears of every open action again. Lives on the partition's loop.</summary>
internal sealed class OfferAgain(IStore store, int partition)
{
    // After a start all partitions do a page in turns, and a signal waits for one such round.
    private const int Page = 8;
    private readonly Queue<GrainKey> _changed = new();
    private readonly HashSet<GrainKey> _seen = [];
    private readonly List<GrainKey> _borrowed = [];
    private string _after = "";
    private bool _stored;

    public bool IsDone => _stored && _changed.Count == 0;

    /// <summary>An account of which the journal says more than its snapshot.</summary>
    public void Add(GrainKey account) => _changed.Enqueue(account);

    /// <summary>Notes that an account comes into memory only to be looked at.</summary>
    public void Borrow(GrainKey account) => _borrowed.Add(account);

    /// <summary>The accounts of this page were looked at: those that were not in memory before may leave at once, or all that have an action open would stay for a while.</summary>
    public void GiveBack(ResidentGrains grains)
    {
        foreach (var key in _borrowed)
        {
            if (grains.Find(key) is { } resident)
            {
                grains.Cool(resident);
            }
        }

        _borrowed.Clear();
    }

    /// <summary>The next accounts to look at; they may have no open action any more.</summary>
    public async ValueTask<IReadOnlyList<GrainKey>> TakeAsync(CancellationToken cancel)
    {
        var page = new List<GrainKey>(Page);
        while (page.Count < Page && _changed.TryDequeue(out var key))
        {
            _seen.Add(key);
            page.Add(key);
        }

        if (page.Count == 0 && !_stored)
        {
            var names = await store.ReadFlaggedAsync(partition, _after, Page, cancel);
            _stored = names.Count < Page;
            _after = names.Count > 0 ? names[^1] : _after;
            foreach (var name in names)
            {
                var key = KeyForm.Parse(name);
                if (!_seen.Contains(key))
                {
                    page.Add(key);
                }
            }
        }

        return page;
    }

    /// <summary>The open actions of an account as they were offered; those that are over by <paramref name="now"/>, were asked for or wait for room are left out.</summary>
    public static IEnumerable<Effect.Offer> Of(Account account, DateTimeOffset now)
    {
        foreach (var action in account.OpenActions)
        {
            if (!action.Asked && !action.Awaits && action.ValidUntil > now)
            {
                yield return new Effect.Offer(account.Key, action, action.Contact.Length == 0 ? [] : IdentifiersOf(account, action.Contact));
            }
        }
    }

    private static List<PersonName> IdentifiersOf(Account account, string contact)
    {
        var names = new List<PersonName>();
        foreach (var (name, id) in account.Identifiers)
        {
            if (id == contact)
            {
                names.Add(PersonName.Parse(name));
            }
        }

        return names;
    }
}
