using System.Diagnostics;
using Orchestrator.Grains.Recycling;
using Orchestrator.Grains.Stages;
using Orchestrator.V1;
using FirstTouch = Orchestrator.Grains.Stages.FirstTouch;
using Reassignment = Orchestrator.Grains.Stages.Reassignment;
using RecycleStay = Orchestrator.Grains.Recycling.RecycleStay;
using StageEntry = Orchestrator.Grains.Stages.StageEntry;

namespace Orchestrator.Grains.StoredForms;

/// <summary>An account's way through the stages, as stored. A new event is a case here, twice: written and read.</summary>
public static class JourneyForm
{
    public static StoredJourneyEvent Write(JourneyEvent @event) => @event switch
    {
        JourneyEvent.Recycled e => new() { Recycled = new() { Source = e.Source, Reason = e.Reason, At = Ticks.Of(e.At), Until = Ticks.Of(e.Until), Attempt = e.Attempt } },
        JourneyEvent.Awoken e => new() { Awoken = new() { At = Ticks.Of(e.At), Condition = e.Condition, Values = e.Values } },
        JourneyEvent.Returned e => new() { Returned = new() { Stage = e.Stage, At = Ticks.Of(e.At), Saved = e.Saved } },
        JourneyEvent.Entered e => new() { Entered = new() { Transition = e.Transition, Key = e.Key, At = Ticks.Of(e.At) } },
        JourneyEvent.Exited e => new() { Exited = new() { Transition = e.Transition, Key = e.Key, At = Ticks.Of(e.At) } },
        JourneyEvent.ReasonGiven e => new() { ReasonGiven = new() { Stage = e.Stage, Code = e.Code, At = Ticks.Of(e.At) } },
        JourneyEvent.ReassignmentDue e => new() { ReassignmentDue = new() { Stage = e.Stage, Department = e.Department, At = Ticks.Of(e.At) } },
        JourneyEvent.FirstTouched e => new() { FirstTouched = new() { Stage = e.Stage, StageSince = Ticks.Of(e.StageSince), At = Ticks.Of(e.At) } },
        _ => throw new UnreachableException(),
    };

    /// <exception cref="InvalidDataException">A newer version wrote it.</exception>
    public static JourneyEvent Read(StoredJourneyEvent stored) => stored.KindCase switch
    {
        StoredJourneyEvent.KindOneofCase.Recycled when stored.Recycled is { } e => new JourneyEvent.Recycled(e.Source, e.Reason, Ticks.Instant(e.At), Ticks.Instant(e.Until), e.Attempt),
        StoredJourneyEvent.KindOneofCase.Awoken when stored.Awoken is { } e => new JourneyEvent.Awoken(Ticks.Instant(e.At), e.Condition, e.Values),
        StoredJourneyEvent.KindOneofCase.Returned when stored.Returned is { } e => new JourneyEvent.Returned(e.Stage, Ticks.Instant(e.At), e.Saved),
        StoredJourneyEvent.KindOneofCase.Entered when stored.Entered is { } e => new JourneyEvent.Entered(e.Transition, e.Key, Ticks.Instant(e.At)),
        StoredJourneyEvent.KindOneofCase.Exited when stored.Exited is { } e => new JourneyEvent.Exited(e.Transition, e.Key, Ticks.Instant(e.At)),
        StoredJourneyEvent.KindOneofCase.ReasonGiven when stored.ReasonGiven is { } e => new JourneyEvent.ReasonGiven(e.Stage, e.Code, Ticks.Instant(e.At)),
        StoredJourneyEvent.KindOneofCase.ReassignmentDue when stored.ReassignmentDue is { } e => new JourneyEvent.ReassignmentDue(e.Stage, e.Department, Ticks.Instant(e.At)),
        StoredJourneyEvent.KindOneofCase.FirstTouched when stored.FirstTouched is { } e => new JourneyEvent.FirstTouched(e.Stage, Ticks.Instant(e.StageSince), Ticks.Instant(e.At)),
        _ => throw new InvalidDataException("a fact about an account's journey has a form that this version does not know"),
    };

    public static StoredJourney Write(Journey journey) => new()
    {
        Attempts = journey.Recycle.Attempts,
        Returns = journey.Recycle.Returns,
        Saved = journey.Recycle.Saved,
        Recycled = { journey.Recycle.Stays.Select(Write) },
        Entries =
        {
            journey.Entries.Select(e => new StoredStageEntry { Transition = e.Transition, Key = e.Key, At = Ticks.Of(e.EnteredAt), Count = e.Count, Left = Ticks.Of(e.LeftAt) }),
        },
        Reason = journey.Reason is { } reason ? new() { Stage = reason.Stage, Code = reason.Code, At = Ticks.Of(reason.At) } : null,
        Reassignment = journey.Reassignment is { } r ? new() { Stage = r.Stage, Department = r.Department, At = Ticks.Of(r.At) } : null,
        FirstTouch = journey.FirstTouch is { } t ? new() { Stage = t.Stage, StageSince = Ticks.Of(t.StageSince), At = Ticks.Of(t.At) } : null,
    };

    public static Journey Read(StoredJourney stored) => new()
    {
        Recycle = new RecycleRecord(stored.Attempts, stored.Returns, stored.Saved, [.. stored.Recycled.Select(Read)]),
        Entries = [.. stored.Entries.Select(e => new StageEntry(e.Transition, e.Key, e.Count, Ticks.Instant(e.At), Ticks.InstantOrNone(e.Left)))],
        Reason = stored.Reason is { } reason ? new StageReason(reason.Stage, reason.Code, Ticks.Instant(reason.At)) : null,
        Reassignment = stored.Reassignment is { } r ? new Reassignment(r.Stage, r.Department, Ticks.Instant(r.At)) : null,
        FirstTouch = stored.FirstTouch is { } t ? new FirstTouch(t.Stage, Ticks.Instant(t.StageSince), Ticks.Instant(t.At)) : null,
    };

    private static StoredRecycled Write(RecycleStay stay) => new()
    {
        Source = stay.Source,
        Reason = stay.Reason,
        At = Ticks.Of(stay.At),
        Until = Ticks.Of(stay.Until),
        Attempt = stay.Attempt,
        Awoken = Ticks.Of(stay.AwokenAt),
        ReturnedTo = stay.ReturnedTo,
        Returned = Ticks.Of(stay.ReturnedAt),
    };

    private static RecycleStay Read(StoredRecycled stored) => new(
        stored.Source, stored.Reason, Ticks.Instant(stored.At), Ticks.Instant(stored.Until), stored.Attempt, Ticks.InstantOrNone(stored.Awoken), stored.ReturnedTo, Ticks.InstantOrNone(stored.Returned));
}
