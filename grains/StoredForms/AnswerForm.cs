using System.Diagnostics;
using Orchestrator.Grains.Partitioning;
using Orchestrator.V1;
using Kind = Orchestrator.V1.StoredRejection.Types.Kind;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Answers and rejections on their way from the silo that decided to the one that was asked.</summary>
public static class AnswerForm
{
    public static StoredAnswer Write(Answer answer) => answer switch
    {
        Answer.Nothing => new() { Nothing = new() },
        Answer.Recorded a => new() { Recorded = new() { Sequence = a.Sequence, Duplicate = a.Duplicate } },
        Answer.Settled a => new() { Settled = new() { Result = Write(a.Result) } },
        Answer.Decided a => new()
        {
            Decided = new() { Action = a.Action is { } action ? PartForm.Write(action) : null, NoneReason = a.NoneReason, Identifiers = { a.Identifiers.Select(KeyForm.Write) } },
        },
        Answer.Reserved a => new() { Reserved = new() { Reservation = a.Reservation, HeldUntil = Ticks.Of(a.HeldUntil) } },
        Answer.NotReserved a => new() { NotReserved = new() { RefusedBy = a.RefusedBy, NotBefore = Ticks.Of(a.NotBefore) } },
        Answer.Published a => new() { Published = PartForm.Write(a.Version) },
        Answer.Drafted a => new() { Drafted = new() { Revision = a.Revision } },
        _ => throw new UnreachableException(),
    };

    /// <exception cref="InvalidDataException">A newer version wrote it.</exception>
    public static Answer Read(StoredAnswer stored) => stored.KindCase switch
    {
        StoredAnswer.KindOneofCase.Nothing => Answer.Nothing.Instance,
        StoredAnswer.KindOneofCase.Recorded => new Answer.Recorded(stored.Recorded.Sequence, stored.Recorded.Duplicate),
        StoredAnswer.KindOneofCase.Settled => new Answer.Settled(Read(stored.Settled.Result)),
        StoredAnswer.KindOneofCase.Decided when stored.Decided is { } d =>
            new Answer.Decided(d.Action is null ? null : PartForm.Read(d.Action), d.NoneReason, [.. d.Identifiers.Select(KeyForm.Read)]),
        StoredAnswer.KindOneofCase.Reserved => new Answer.Reserved(stored.Reserved.Reservation, Ticks.Instant(stored.Reserved.HeldUntil)),
        StoredAnswer.KindOneofCase.NotReserved => new Answer.NotReserved(stored.NotReserved.RefusedBy, Ticks.InstantOrNone(stored.NotReserved.NotBefore)),
        StoredAnswer.KindOneofCase.Drafted => new Answer.Drafted(stored.Drafted.Revision),
        StoredAnswer.KindOneofCase.Published => new Answer.Published(PartForm.Read(stored.Published)),
        _ => throw new InvalidDataException("an answer has a form that this version does not know"),
    };

    public static StoredRejection Write(Rejection rejection) => rejection switch
    {
        Rejection.NoPlaybook r => new() { Kind = Kind.NoPlaybook, First = r.Tenant },
        Rejection.UnknownSignalType r => Named(Kind.UnknownSignalType, r.Type, r.Nearest),
        Rejection.BadSignal r => new() { Kind = Kind.BadSignal, First = r.Reason },
        Rejection.DuplicateWithOtherContent r => new() { Kind = Kind.DuplicateWithOtherContent, First = r.SignalId },
        Rejection.InTheFuture r => new() { Kind = Kind.InTheFuture, Third = Ticks.Of(r.Time), Fourth = Ticks.Of(r.Now) },
        Rejection.NoSuchAccount r => new() { Kind = Kind.NoSuchAccount, First = r.Account },
        Rejection.NoSuchContact r => Named(Kind.NoSuchContact, r.Account, r.Contact),
        Rejection.UnknownChannel r => Named(Kind.UnknownChannel, r.Channel, r.Nearest),
        Rejection.NoSuchReservation r => new() { Kind = Kind.NoSuchReservation, First = r.Reservation },
        Rejection.ReservationOver r => Named(Kind.ReservationOver, r.Reservation, r.How),
        Rejection.StaleVersion r => new() { Kind = Kind.StaleVersion, First = r.Name, Third = r.Expected, Fourth = r.Latest },
        Rejection.NoSuchDraft r => Named(Kind.NoSuchDraft, r.Name, r.Nearest),
        Rejection.StaleDraft r => new() { Kind = Kind.StaleDraft, First = r.Name, Second = r.By, Third = r.Expected, Fourth = r.Latest },
        Rejection.BadAnswer r => new() { Kind = Kind.BadAnswer, First = r.Why },
        Rejection.MovedTo r => new() { Kind = Kind.MovedTo, First = r.Account },
        Rejection.ChangedMeanwhile r => new() { Kind = Kind.ChangedMeanwhile, First = r.Account },
        // Told to silos that may not know it: they say the words of a broken one.
        Rejection.NeedsLevel r => new() { Kind = Kind.Broken, First = r.What, NeedsLevel = r.Needed, Level = r.Level },
        Rejection.Broken r => new() { Kind = Kind.Broken, First = r.Error },
        _ => throw new UnreachableException(),
    };

    /// <exception cref="InvalidDataException">A newer version wrote it.</exception>
    public static Rejection Read(StoredRejection stored) => stored.Kind switch
    {
        Kind.NoPlaybook => new Rejection.NoPlaybook(stored.First),
        Kind.UnknownSignalType => new Rejection.UnknownSignalType(stored.First, stored.HasSecond ? stored.Second : null),
        Kind.BadSignal => new Rejection.BadSignal(stored.First),
        Kind.DuplicateWithOtherContent => new Rejection.DuplicateWithOtherContent(stored.First),
        Kind.InTheFuture => new Rejection.InTheFuture(Ticks.Instant(stored.Third), Ticks.Instant(stored.Fourth)),
        Kind.NoSuchAccount => new Rejection.NoSuchAccount(stored.First),
        Kind.NoSuchContact => new Rejection.NoSuchContact(stored.First, stored.Second),
        Kind.UnknownChannel => new Rejection.UnknownChannel(stored.First, stored.HasSecond ? stored.Second : null),
        Kind.NoSuchReservation => new Rejection.NoSuchReservation(stored.First),
        Kind.ReservationOver => new Rejection.ReservationOver(stored.First, stored.Second),
        Kind.StaleVersion => new Rejection.StaleVersion(stored.First, (int)stored.Third, (int)stored.Fourth),
        Kind.NoSuchDraft => new Rejection.NoSuchDraft(stored.First, stored.HasSecond ? stored.Second : null),
        Kind.StaleDraft => new Rejection.StaleDraft(stored.First, stored.Second, (int)stored.Third, (int)stored.Fourth),
        Kind.BadAnswer => new Rejection.BadAnswer(stored.First),
        Kind.MovedTo => new Rejection.MovedTo(stored.First),
        Kind.ChangedMeanwhile => new Rejection.ChangedMeanwhile(stored.First),
        Kind.Broken when stored.NeedsLevel > 0 => new Rejection.NeedsLevel(stored.First, stored.NeedsLevel, stored.Level),
        Kind.Broken => new Rejection.Broken(stored.First),
        Kind.Unspecified or _ => throw new InvalidDataException($"a rejection has kind {(int)stored.Kind}, which this version does not know"),
    };

    /// <summary>An open action and a version of a playbook, for what silos tell each other beside answers.</summary>
    public static StoredAction Write(Accounts.OpenAction action) => PartForm.Write(action);

    public static Accounts.OpenAction Read(StoredAction stored) => PartForm.Read(stored);

    public static StoredPublished Write(Playbooks.PlaybookVersion version) => PartForm.Write(version);

    public static Playbooks.PlaybookVersion Read(StoredPublished stored) => PartForm.Read(stored);

    private static StoredRejection Named(Kind kind, string first, string? second)
    {
        var stored = new StoredRejection { Kind = kind, First = first };
        if (second is not null)
        {
            stored.Second = second;
        }

        return stored;
    }

    private static StoredSettled.Types.Result Write(SettleResult result) => result switch
    {
        SettleResult.Settled => StoredSettled.Types.Result.Settled,
        SettleResult.AlreadySettled => StoredSettled.Types.Result.AlreadySettled,
        SettleResult.Unknown => StoredSettled.Types.Result.Unknown,
    };

    private static SettleResult Read(StoredSettled.Types.Result result) => result switch
    {
        StoredSettled.Types.Result.Settled => SettleResult.Settled,
        StoredSettled.Types.Result.AlreadySettled => SettleResult.AlreadySettled,
        StoredSettled.Types.Result.Unknown => SettleResult.Unknown,
        StoredSettled.Types.Result.Unspecified or _ => throw new InvalidDataException($"the result {(int)result} of a settlement is not known to this version"),
    };
}
