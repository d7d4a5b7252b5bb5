using System.Diagnostics;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Contacts;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;
using Orchestrator.Grains.Scores;
using Orchestrator.V1;
using ChangedDecision = Orchestrator.Grains.Lateness.ChangedDecision;
using Clause = Orchestrator.Grains.Stages.Clause;
using Correction = Orchestrator.Grains.Lateness.Correction;
using LateSignal = Orchestrator.Grains.Lateness.LateSignal;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Signals that came late and what was put right, as stored. A new event is a case here, twice: written and read.</summary>
public static class LatenessForm
{
    public static StoredLatenessEvent Write(LatenessEvent @event) => @event switch
    {
        LatenessEvent.Came e => new() { Came = new() { Signal = Write(e.Signal), Due = Ticks.Of(e.Due) } },
        LatenessEvent.Sought e => new() { Sought = new() { At = Ticks.Of(e.At), Next = Ticks.Of(e.Next) } },
        LatenessEvent.Corrected e => new() { Corrected = Write(e) },
        LatenessEvent.RoomCorrected e => new() { RoomCorrected = RoomForm.Write(e) },
        _ => throw new UnreachableException(),
    };

    /// <exception cref="InvalidDataException">A newer version wrote it.</exception>
    public static LatenessEvent Read(StoredLatenessEvent stored, GrainKey key) => stored.KindCase switch
    {
        StoredLatenessEvent.KindOneofCase.Came => new LatenessEvent.Came(Read(stored.Came.Signal), Ticks.Instant(stored.Came.Due)),
        StoredLatenessEvent.KindOneofCase.Sought => new LatenessEvent.Sought(Ticks.Instant(stored.Sought.At), Ticks.Instant(stored.Sought.Next)),
        StoredLatenessEvent.KindOneofCase.Corrected when stored.Corrected is { } e =>
            new LatenessEvent.Corrected(Read(e.Correction), Ticks.InstantOrNone(e.StageSince), [.. e.Scores.Select(Read)])
            {
                StageBy = e.HasStageBy ? e.StageBy : null,
                SlaBreached = e.HasSlaBreached ? e.SlaBreached : null,
                OpenedAt = Ticks.InstantOrNone(e.OpenedAt),
                Heard = [.. e.Heard.Select(Read)],
            },
        StoredLatenessEvent.KindOneofCase.RoomCorrected => RoomForm.Read(stored.RoomCorrected, key),
        _ => throw new InvalidDataException("a fact about late signals has a form that this version does not know"),
    };

    public static StoredLateness? Write(LatenessState? state) => state is null ? null : new()
    {
        Pending = { state.Pending.Select(Write) },
        Since = Ticks.Of(state.Since),
        Due = Ticks.Of(state.Due),
        Attempts = state.Attempts,
        Corrections = { state.Corrections.Select(Write) },
        LateSignals = state.LateSignals,
        ChangedDecisions = state.ChangedDecisions,
        DoneInError = state.DoneInError,
    };

    public static LatenessState? Read(StoredLateness? stored) => stored is null ? null : new()
    {
        Pending = [.. stored.Pending.Select(Read)],
        Since = Ticks.InstantOrNone(stored.Since),
        Due = Ticks.InstantOrNone(stored.Due),
        Attempts = stored.Attempts,
        Corrections = [.. stored.Corrections.Select(Read)],
        LateSignals = stored.LateSignals,
        ChangedDecisions = stored.ChangedDecisions,
        DoneInError = stored.DoneInError,
    };

    public static StoredCorrect Write(AccountCommand.Correct command)
    {
        var stored = WriteAlways(command);
        if (command.Found.Parent is { } parent)
        {
            stored.Parent = parent;
        }

        return stored;
    }

    private static StoredCorrect WriteAlways(AccountCommand.Correct command) => new()
    {
        Mark = command.Mark,
        Rooms = { command.Found.Rooms.Select(RoomForm.Write) },
        Asks = { command.Found.Asks.Select(RoomForm.Write) },
        OpenedAt = Ticks.Of(command.Found.OpenedAt),
        Heard = { command.Found.Heard.Select(Write) },
        Outcomes = { command.Found.Outcomes.Select(o => new StoredMissedOutcome { Board = o.Board, Key = o.Key, Amount = o.Amount, At = Ticks.Of(o.At) }) },
        Stays = { command.Found.Stays },
        SignalCount = command.SignalCount,
        StageWas = command.StageWas,
        StageSinceWas = Ticks.Of(command.StageSinceWas),
        Since = Ticks.Of(command.Since),
        Undetermined = command.Found.Undetermined,
        Stage = command.Found.Stage,
        StageSince = Ticks.Of(command.Found.StageSince),
        StageBy = command.Found.StageBy,
        SlaBreached = command.Found.SlaBreached,
        Evidence = { command.Found.Evidence.Select(c => new StoredLateClause { Text = c.Text, Held = c.Held, Values = c.Values, AssertedOnly = c.AssertedOnly }) },
        Reason = command.Found.Reason,
        Scores = { command.Found.Scores.Select(Write) },
        People = { command.Found.People.Select(Write) },
        Changed = { command.Found.Changed.Select(Write) },
        Unlisted = command.Found.Unlisted,
    };

    public static AccountCommand.Correct Read(StoredCorrect stored, GrainKey target) => new(
        target, stored.SignalCount, stored.StageWas, Ticks.Instant(stored.StageSinceWas), Ticks.Instant(stored.Since), new Rederived
        {
            Undetermined = stored.Undetermined,
            Stage = stored.Stage,
            StageSince = Ticks.Instant(stored.StageSince),
            StageBy = stored.StageBy,
            SlaBreached = stored.SlaBreached,
            Evidence = [.. stored.Evidence.Select(c => new Clause(c.Text, c.Held, c.Values) { AssertedOnly = c.AssertedOnly })],
            Reason = stored.Reason,
            Scores = [.. stored.Scores.Select(Read)],
            People = [.. stored.People.Select(ReadPerson)],
            Changed = [.. stored.Changed.Select(Read)],
            Unlisted = stored.Unlisted,
            Rooms = [.. stored.Rooms.Select(r => RoomForm.Read(r, target))],
            Asks = [.. stored.Asks.Select(RoomForm.Read)],
            OpenedAt = Ticks.InstantOrNone(stored.OpenedAt),
            Heard = [.. stored.Heard.Select(Read)],
            Parent = stored.HasParent ? stored.Parent : null,
            Outcomes = [.. stored.Outcomes.Select(o => new MissedOutcome(o.Board, o.Key, o.Amount, Ticks.Instant(o.At)))],
            Stays = [.. stored.Stays],
        }) { Mark = stored.Mark };

    public static StoredLatePerson Write(ContactEvent.Corrected @event) => new()
    {
        Consents = { @event.Consents.Select(Write) },
        Scores = { @event.Scores.Select(Write) },
        Standing = PersonStandingForm.Write(@event.Standing),
        OpenedAt = Ticks.Of(@event.OpenedAt),
    };

    public static ContactEvent.Corrected Read(StoredLatePerson stored) => new([.. stored.Consents.Select(Read)], [.. stored.Scores.Select(Read)])
    {
        Standing = PersonStandingForm.Read(stored.Standing),
        OpenedAt = Ticks.InstantOrNone(stored.OpenedAt),
    };

    private static StoredLateCorrected Write(LatenessEvent.Corrected e)
    {
        var stored = new StoredLateCorrected { Correction = Write(e.Correction), StageSince = Ticks.Of(e.StageSince), Scores = { e.Scores.Select(Write) }, OpenedAt = Ticks.Of(e.OpenedAt), Heard = { e.Heard.Select(Write) } };
        if (e.StageBy is { } by)
        {
            stored.StageBy = by;
        }

        if (e.SlaBreached is { } breached)
        {
            stored.SlaBreached = breached;
        }

        return stored;
    }

    private static StoredLatePerson Write(RederivedPerson person) => new()
    {
        Contact = person.Contact,
        Roles = { person.Roles },
        Consents = { person.Consents.Select(Write) },
        Scores = { person.Scores.Select(Write) },
        Standing = PersonStandingForm.Write(person.Standing),
        Changes = { person.Changes },
        OpenedAt = Ticks.Of(person.OpenedAt),
        Left = person.Left is { } left ? new() { Reason = left.Reason, At = Ticks.Of(left.At) } : null,
        ReturnedAt = Ticks.Of(person.ReturnedAt),
    };

    private static StoredLateConsent Write(ConsentGiven c) =>
        new() { Purpose = c.Purpose, Channel = c.Channel, Given = c.Given, At = Ticks.Of(c.At), Source = c.Source, Unconfirmed = c.Unconfirmed };

    private static ConsentGiven Read(StoredLateConsent c) => new(c.Purpose, c.Channel, c.Given, Ticks.Instant(c.At), c.Source) { Unconfirmed = c.Unconfirmed };

    private static RederivedPerson ReadPerson(StoredLatePerson stored) => new(
        stored.Contact,
        [.. stored.Roles],
        [.. stored.Consents.Select(Read)],
        [.. stored.Scores.Select(Read)])
    {
        Standing = PersonStandingForm.Read(stored.Standing),
        Changes = [.. stored.Changes],
        OpenedAt = Ticks.InstantOrNone(stored.OpenedAt),
        Left = stored.Left is { } left ? new WouldLeave(left.Reason, Ticks.Instant(left.At)) : null,
        ReturnedAt = Ticks.InstantOrNone(stored.ReturnedAt),
    };

    private static StoredLateHeard Write(HeardOf heard) => new() { Contact = heard.Contact, At = Ticks.Of(heard.At) };

    private static HeardOf Read(StoredLateHeard stored) => new(stored.Contact, Ticks.Instant(stored.At));

    private static StoredLateSignal Write(LateSignal s) =>
        new() { Id = s.Id, Type = s.Type, Contact = s.Contact, HappenedAt = Ticks.Of(s.HappenedAt), CameAt = Ticks.Of(s.CameAt) };

    private static LateSignal Read(StoredLateSignal s) => new(s.Id, s.Type, s.Contact, Ticks.Instant(s.HappenedAt), Ticks.Instant(s.CameAt));

    private static StoredChangedDecision Write(ChangedDecision c) => new()
    {
        Kind = (uint)c.Kind,
        Action = c.Action,
        Play = c.Play,
        Treatment = c.Treatment,
        Channel = c.Channel,
        Contact = c.Contact,
        At = Ticks.Of(c.At),
        Why = c.Why,
    };

    private static ChangedDecision Read(StoredChangedDecision c) =>
        new((ChangeKind)c.Kind, c.Action, c.Play, c.Treatment, c.Channel, c.Contact, Ticks.Instant(c.At), c.Why);

    private static StoredCorrection Write(Correction c) => new()
    {
        At = Ticks.Of(c.At),
        Since = Ticks.Of(c.Since),
        Signals = { c.Signals.Select(Write) },
        StageBefore = c.StageBefore,
        StageAfter = c.StageAfter,
        Changed = { c.Changed.Select(Write) },
        Unlisted = c.Unlisted,
        Also = { c.Also },
        Undetermined = c.Undetermined,
        Rooms = { c.Rooms.Select(RoomForm.Write) },
    };

    private static Correction Read(StoredCorrection c) => new(
        Ticks.Instant(c.At), Ticks.Instant(c.Since), [.. c.Signals.Select(Read)], c.StageBefore, c.StageAfter, [.. c.Changed.Select(Read)], c.Unlisted, [.. c.Also], c.Undetermined) { Rooms = [.. c.Rooms.Select(RoomForm.Read)] };

    private static StoredLateScore Write(Score s) => new() { Name = s.Name, Sum = s.Sum, At = Ticks.Of(s.At), HalfLife = s.HalfLife.Ticks, Day = s.Day, Today = s.Today, EarlierDays = { s.Earlier.Select(d => d.Day) }, EarlierPoints = { s.Earlier.Select(d => d.Points) } };

    private static Score Read(StoredLateScore s) => new(s.Name, s.Sum, Ticks.Instant(s.At), TimeSpan.FromTicks(s.HalfLife), s.Day, s.Today) { Earlier = [.. s.EarlierDays.Zip(s.EarlierPoints, (day, points) => new DayPoints(day, points))] };
}
