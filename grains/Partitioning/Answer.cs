using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Partitioning;

/// <summary>What the sender of an accepted command is told, once its facts are durable.</summary>
public abstract record Answer
{
    private Answer()
    {
    }

    /// <summary>Nothing to tell.</summary>
    public sealed record Nothing : Answer
    {
        public static readonly Nothing Instance = new();
    }

    /// <param name="Sequence">The frame that first recorded it.</param>
    /// <param name="Duplicate">True if it was there before, with the same content.</param>
    public sealed record Recorded(long Sequence, bool Duplicate) : Answer;

    public sealed record Settled(SettleResult Result) : Answer;

    /// <param name="Action">The choice, or null.</param>
    /// <param name="NoneReason">Why nothing, in plain words, when there is no choice.</param>
    public sealed record Decided(OpenAction? Action, string NoneReason, IReadOnlyList<PersonName> Identifiers) : Answer;

    public sealed record Reserved(string Reservation, DateTimeOffset HeldUntil) : Answer;

    /// <param name="RefusedBy">The rule, in plain words.</param>
    /// <param name="NotBefore">The earliest instant at which time alone may let it through.</param>
    public sealed record NotReserved(string RefusedBy, DateTimeOffset? NotBefore) : Answer;

    public sealed record Published(PlaybookVersion Version) : Answer;

    /// <param name="Revision">Of the draft, as it is now, or was when it was deleted.</param>
    public sealed record Drafted(int Revision) : Answer;
}

/// <summary>What became of a settlement.</summary>
public enum SettleResult
{
    Settled,
    AlreadySettled,
    Unknown,
}

/// <summary>A wish that was refused, with the facts.</summary>
public abstract record Rejection
{
    private Rejection()
    {
    }

    public sealed record NoPlaybook(string Tenant) : Rejection;

    public sealed record UnknownSignalType(string Type, string? Nearest) : Rejection;

    public sealed record BadSignal(string Reason) : Rejection;

    public sealed record DuplicateWithOtherContent(string SignalId) : Rejection;

    public sealed record InTheFuture(DateTimeOffset Time, DateTimeOffset Now) : Rejection;

    public sealed record NoSuchAccount(string Account) : Rejection;

    public sealed record NoSuchContact(string Account, string Contact) : Rejection;

    public sealed record UnknownChannel(string Channel, string? Nearest) : Rejection;

    public sealed record NoSuchReservation(string Reservation) : Rejection;

    public sealed record ReservationOver(string Reservation, string How) : Rejection;

    public sealed record StaleVersion(string Name, int Expected, int Latest) : Rejection;

    public sealed record NoSuchDraft(string Name, string? Nearest) : Rejection;

    /// <summary>Somebody else has saved the draft since.</summary>
    /// <param name="By">Who did last.</param>
    public sealed record StaleDraft(string Name, string By, int Expected, int Latest) : Rejection;

    /// <summary>A request cannot be answered like this.</summary>
    /// <param name="Why">What was found and what was expected.</param>
    public sealed record BadAnswer(string Why) : Rejection;

    /// <summary>The account was merged; ask there.</summary>
    public sealed record MovedTo(string Account) : Rejection;

    /// <summary>Something happened to the account between the look at it and the wish.</summary>
    public sealed record ChangedMeanwhile(string Account) : Rejection;

    /// <summary>An older silo could not read what would be written.</summary>
    /// <param name="What">What needs it, with its stored form.</param>
    /// <param name="Needed">The feature level from which on it may be written.</param>
    /// <param name="Level">The one that there is.</param>
    public sealed record NeedsLevel(string What, int Needed, int Level) : Rejection;

    /// <summary>Our bug: kept as a dead letter, the partition went on.</summary>
    public sealed record Broken(string Error) : Rejection;
}
