using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Requests;
using Orchestrator.V1;
using CorrectedRoom = Orchestrator.Grains.Lateness.CorrectedRoom;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Rooms of an account as they would be, as stored: the forms that their states have anyhow, with only the room's own parts filled.</summary>
internal static class RoomForm
{
    public static StoredLateRoom Write(RoomState state) => new()
    {
        Dealings = state.Dealings is { } dealings ? DealingsForm.Write(dealings) : null,
        Customer = CustomerForm.Write(state.Customer),
        Support = state.Support is { } support ? SupportForm.Write(support) : null,
        Journey = state.Journey is { } journey ? JourneyForm.Write(journey) : null,
        Standing = StandingForm.Write(state.Standing),
    };

    /// <param name="key">The account.</param>
    public static RoomState Read(StoredLateRoom stored, GrainKey key) => new()
    {
        Dealings = stored.Dealings is { } dealings ? DealingsForm.Read(dealings) : null,
        Customer = CustomerForm.Read(stored.Customer),
        Support = stored.Support is { } support ? SupportForm.Read(support) : null,
        Journey = stored.Journey is { } journey ? JourneyForm.Read(journey) : null,
        Standing = StandingForm.Read(stored.Standing, key),
    };

    public static StoredRederivedRoom Write(RederivedRoom room) => new() { Room = (uint)room.Room, Would = Write(room.Would), Changes = { room.Changes } };

    public static RederivedRoom Read(StoredRederivedRoom stored, GrainKey key) => new((Room)stored.Room, Read(stored.Would, key), [.. stored.Changes]);

    public static StoredCorrectedRoom Write(CorrectedRoom room) => new() { Room = (uint)room.Room, Changes = { room.Changes } };

    public static CorrectedRoom Read(StoredCorrectedRoom stored) => new((Room)stored.Room, [.. stored.Changes]);

    public static StoredRoomCorrected Write(LatenessEvent.RoomCorrected e) =>
        new() { Room = (uint)e.Room, Would = Write(e.Would), Changes = { e.Changes }, Signals = { e.Signals }, At = Ticks.Of(e.At) };

    public static LatenessEvent.RoomCorrected Read(StoredRoomCorrected stored, GrainKey key) =>
        new((Room)stored.Room, Read(stored.Would, key), [.. stored.Changes], [.. stored.Signals], Ticks.Instant(stored.At));

    public static StoredWouldAsk Write(WouldAsk ask) =>
        new() { Request = RequestForm.Write(ask.Request), Department = ask.Department, Owner = ask.Owner, Reason = ask.Reason, Since = Ticks.Of(ask.Since), Until = Ticks.Of(ask.Until) };

    public static WouldAsk Read(StoredWouldAsk stored) =>
        new(RequestForm.Read(stored.Request), stored.Department, stored.Owner, stored.Reason, Ticks.Instant(stored.Since), Ticks.Instant(stored.Until));
}
