using System.Diagnostics;
using Orchestrator.Grains.InFlight;
using Orchestrator.V1;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Accounts in flight as stored.</summary>
internal static class FlightForm
{
    public static StoredFlight? Write(FlightState? state) => state is null ? null : new() { Version = state.Version, Pinned = state.Pinned };

    public static FlightState? Read(StoredFlight? stored) => stored is null ? null : new(stored.Version, stored.Pinned);

    public static StoredFlightEvent Write(FlightEvent @event) => @event switch
    {
        FlightEvent.Adopted e => new() { Adopted = new() { Version = e.Version, At = Ticks.Of(e.At) } },
        FlightEvent.Pinned e => new() { Pinned = new() { To = e.To, Version = e.Version, At = Ticks.Of(e.At) } },
        FlightEvent.Released e => new() { Released = new() { At = Ticks.Of(e.At) } },
        _ => throw new UnreachableException(),
    };

    public static FlightEvent Read(StoredFlightEvent stored) => stored.KindCase switch
    {
        StoredFlightEvent.KindOneofCase.Adopted => new FlightEvent.Adopted(stored.Adopted.Version, Ticks.Instant(stored.Adopted.At)),
        StoredFlightEvent.KindOneofCase.Pinned => new FlightEvent.Pinned(stored.Pinned.To, stored.Pinned.Version, Ticks.Instant(stored.Pinned.At)),
        StoredFlightEvent.KindOneofCase.Released => new FlightEvent.Released(Ticks.Instant(stored.Released.At)),
        _ => throw new InvalidDataException("an event of an account in flight has a form that this version does not know"),
    };
}
