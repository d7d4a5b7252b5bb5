using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Stages;
using RecycleStay = Orchestrator.Grains.Recycling.RecycleStay;
using StageEntry = Orchestrator.Grains.Stages.StageEntry;

namespace Orchestrator.Silo.Insight;

/// <summary>An account's way through the stages in the form of the contract.</summary>
internal static class JourneyForm
{
    /// <param name="since">Since when the account is in its stage.</param>
    public static V1.AccountJourney Write(Journey journey, DateTimeOffset since) => new()
    {
        Recycled = journey.Recycle.Attempts,
        WonBack = journey.Recycle.Returns,
        Saved = journey.Recycle.Saved,
        StageReason = journey.Reason is { } reason && reason.At == since ? reason.Code : "",
        Stays = { journey.Recycle.Stays.Select(Write) },
        Entries = { journey.Entries.Select(Write) },
        Reassignment = journey.Reassignment is { } r ? new() { Stage = r.Stage, Department = r.Department, At = Timestamp.FromDateTimeOffset(r.At) } : null,
    };

    private static V1.RecycleStay Write(RecycleStay stay) => new()
    {
        Source = stay.Source,
        Reason = stay.Reason,
        Attempt = stay.Attempt,
        At = Timestamp.FromDateTimeOffset(stay.At),
        CoolingUntil = Timestamp.FromDateTimeOffset(stay.Until),
        AwokenAt = OrNone(stay.AwokenAt),
        ReturnedTo = stay.ReturnedTo,
        ReturnedAt = OrNone(stay.ReturnedAt),
    };

    private static V1.StageEntry Write(StageEntry entry) => new()
    {
        Transition = entry.Transition,
        Key = entry.Key,
        Count = entry.Count,
        EnteredAt = Timestamp.FromDateTimeOffset(entry.EnteredAt),
        LeftAt = OrNone(entry.LeftAt),
    };

    private static Timestamp? OrNone(DateTimeOffset? at) => at is { } instant ? Timestamp.FromDateTimeOffset(instant) : null;
}
