using System.Diagnostics;

namespace Orchestrator.Grains.InFlight;

/// <summary>A fact about which version of the playbook an account goes by. Wrapped in the account's own events.</summary>
public abstract record FlightEvent
{
    private FlightEvent()
    {
    }

    /// <summary>The in-flight rule of a version has been applied to the account: never again.</summary>
    public sealed record Adopted(int Version, DateTimeOffset At) : FlightEvent;

    /// <summary>The account stays with the version it was under until it leaves the journey.</summary>
    /// <param name="To">The version that it keeps.</param>
    /// <param name="Version">The version whose rule says so.</param>
    public sealed record Pinned(int To, int Version, DateTimeOffset At) : FlightEvent;

    /// <summary>It follows the latest version again.</summary>
    public sealed record Released(DateTimeOffset At) : FlightEvent;
}

/// <summary>Which version an account goes by, if any version ever said something about accounts in flight.</summary>
/// <param name="Version">The latest version whose in-flight rule was applied to it.</param>
/// <param name="Pinned">The version that it keeps; 0 = it follows the latest.</param>
public sealed record FlightState(int Version, int Pinned)
{
    public static FlightState Evolve(FlightState? state, FlightEvent @event) => @event switch
    {
        FlightEvent.Adopted e => new FlightState(e.Version, 0),
        FlightEvent.Pinned e => new FlightState(e.Version, e.To),
        FlightEvent.Released => (state ?? new FlightState(0, 0)) with { Pinned = 0 },
        _ => throw new UnreachableException(),
    };
}
