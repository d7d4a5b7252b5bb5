using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;

namespace Orchestrator.Silo.Insight;

/// <summary>A turn of the journal in which something, or nothing, was decided for an account.</summary>
/// <param name="History">The account's, read at least as far as this turn.</param>
/// <param name="Stored">The account's events of the turn, in order, as they stand in the journal.</param>
internal sealed record PastDecision(History History, long Sequence, uint Turn, DateTimeOffset At, IReadOnlyList<StoredEvent> Stored)
{
    public GrainKey Account => History.Key;

    /// <summary>The account's facts of the turn.</summary>
    public IReadOnlyList<AccountEvent> Facts { get; } = [.. Stored.Select(s => (AccountEvent)EventForm.Read(s, History.Key))];

    /// <summary>What the turn answered: a signal, a wake or a question.</summary>
    public AccountEvent Cause => Facts.First(IsCause);

    /// <summary>The version that decided.</summary>
    public int PlaybookVersion => Cause switch
    {
        AccountEvent.SignalRecorded e => e.PlaybookVersion,
        AccountEvent.Woken e => e.PlaybookVersion,
        AccountEvent.Asked e => e.PlaybookVersion,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The latest version that was known: an account may go by an earlier one, and find in the same turn that it does.</summary>
    public int LatestVersion => Facts.OfType<AccountEvent.OfFlight>().Select(f => f.Event switch
    {
        FlightEvent.Adopted e => e.Version,
        FlightEvent.Pinned e => e.Version,
        _ => 0,
    }).Append(PlaybookVersion).Max();

    /// <summary>In the order offered: mandatory ones first, then the best.</summary>
    public IEnumerable<OpenAction> Offered => Facts.OfType<AccountEvent.ActionOffered>().Select(o => o.Action).Where(a => a.Request is null);

    /// <summary>Set if nothing was done.</summary>
    public AccountEvent.NoneDecided? None => Facts.OfType<AccountEvent.NoneDecided>().FirstOrDefault();

    /// <summary>The newest decision of a history that is the one meant, or null.</summary>
    public static async Task<PastDecision?> FindAsync(History history, Func<IReadOnlyList<StoredEvent>, bool> isMeant, CancellationToken cancel)
    {
        for (var i = 0; await history.ReachAsync(i, cancel); i++)
        {
            var (sequence, entry, at) = history.Entries[i];
            foreach (var turn in entry.Events.GroupBy(e => e.Turn).OrderByDescending(t => t.Key))
            {
                List<StoredEvent> stored = [.. turn];
                if (IsDecision(stored) && isMeant(stored))
                {
                    return new PastDecision(history, sequence, turn.Key, at, stored);
                }
            }
        }

        return null;
    }

    private static bool IsDecision(IReadOnlyList<StoredEvent> turn) =>
        turn.Any(e => e.Account?.ActionOffered is { Action.Request: null } || e.Account?.None is not null);

    private static bool IsCause(AccountEvent fact) => fact is AccountEvent.SignalRecorded or AccountEvent.Woken or AccountEvent.Asked;
}
