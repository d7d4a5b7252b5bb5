using System.Collections.Immutable;
using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Scores;

namespace Orchestrator.Grains.Lateness;

/// <summary>What an account keeps of signals that came late. One whose signals come in order has none.</summary>
public sealed record LatenessState
{
    /// <summary>How many late signals that are not corrected for yet are named; beyond that they only count.</summary>
    public const int MostPending = 32;

    /// <summary>How many corrections are remembered; all are in the journal.</summary>
    public const int MostCorrections = 8;

    /// <summary>How many changed decisions a correction lists.</summary>
    public const int MostChanged = 64;

    public static readonly LatenessState Empty = new();

    /// <summary>Late and not corrected for, in the order they came.</summary>
    public ImmutableArray<LateSignal> Pending { get; init; } = [];

    /// <summary>The earliest that any of those happened; null: there are none.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When everything since is judged anew; null: nothing is due.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>How often that was asked for in vain.</summary>
    public int Attempts { get; init; }

    /// <summary>Oldest first.</summary>
    public ImmutableArray<Correction> Corrections { get; init; } = [];

    /// <summary>Ever.</summary>
    public long LateSignals { get; init; }

    /// <summary>Ever.</summary>
    public long ChangedDecisions { get; init; }

    /// <summary>Ever: done, and would not have been.</summary>
    public long DoneInError { get; init; }

    public static Account Evolve(Account account, LatenessEvent @event)
    {
        var now = account.Lateness ?? Empty;
        return @event switch
        {
            LatenessEvent.Came e => account with { Lateness = now.Add(e) },
            LatenessEvent.Sought e => account with { Lateness = now with { Due = e.Next, Attempts = now.Attempts + 1 } },
            LatenessEvent.Corrected e => account with
            {
                Lateness = now.Correct(e.Correction),
                StageSince = e.StageSince ?? account.StageSince,
                StageBy = e.StageBy ?? account.StageBy,
                SlaBreached = e.SlaBreached ?? account.SlaBreached,
                OpenedAt = e.OpenedAt ?? account.OpenedAt,
                Scores = Correct(account.Scores, e.Scores),
                Contacts = e.Heard.Where(h => account.Contacts.ContainsKey(h.Contact)).Aggregate(account.Contacts, (all, h) => all.SetItem(h.Contact, all[h.Contact] with { LastSignalAt = h.At })),
            },
            LatenessEvent.RoomCorrected e => Rooms.Put(account, e.Room, e.Would),
            _ => throw new UnreachableException(),
        };
    }

    internal static ImmutableArray<Score> Correct(ImmutableArray<Score> scores, IReadOnlyList<Score> corrected) =>
        corrected.Count == 0 ? scores : [.. scores.Where(s => corrected.All(c => c.Name != s.Name)).Concat(corrected).OrderBy(s => s.Name, StringComparer.Ordinal)];

    private LatenessState Add(LatenessEvent.Came e) => this with
    {
        LateSignals = LateSignals + 1,
        Pending = Pending.Length < MostPending ? Pending.Add(e.Signal) : Pending,
        Since = Since < e.Signal.HappenedAt ? Since : e.Signal.HappenedAt,
        // The first one is not put off for ever by those behind it.
        Due = Due ?? e.Due,
    };

    private LatenessState Correct(Correction correction) => this with
    {
        Pending = [],
        Since = null,
        Due = null,
        Attempts = 0,
        Corrections = [.. Corrections.AsSpan()[(Corrections.Length < MostCorrections ? 0 : 1)..], correction],
        ChangedDecisions = ChangedDecisions + correction.Changed.Length + correction.Unlisted,
        DoneInError = DoneInError + correction.DoneInError,
    };
}
