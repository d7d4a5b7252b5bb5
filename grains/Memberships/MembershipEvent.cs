using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Memberships;

/// <summary>A fact about one of several accounts to which a person belongs.</summary>
public abstract record MembershipEvent
{
    private MembershipEvent()
    {
    }

    /// <summary>The person is said to belong here too: their home is asked for.</summary>
    public sealed record Sought(DateTimeOffset At) : MembershipEvent;

    /// <summary>That is their home.</summary>
    public sealed record Welcomed(GrainKey Home) : MembershipEvent;

    /// <summary>Nobody else has them.</summary>
    public sealed record Alone(DateTimeOffset At) : MembershipEvent;

    /// <summary>They belong to that account as well; this is their home.</summary>
    public sealed record Joined(GrainKey Member) : MembershipEvent;

    /// <summary>That contact is part of this one now.</summary>
    public sealed record Parted(GrainKey Member) : MembershipEvent;

    /// <summary>The home counted a message of another account of the person.</summary>
    public sealed record Counted(GrainKey Member, string Action) : MembershipEvent;

    /// <summary>The home counts it no longer: nothing went out.</summary>
    public sealed record Freed(string Action) : MembershipEvent;

    /// <summary>Another account told which consents the person has withdrawn.</summary>
    public sealed record Told(GrainKey From) : MembershipEvent;

    /// <summary>The home had no room for a message on the channel.</summary>
    public sealed record NoRoom(string Channel, DateTimeOffset Until) : MembershipEvent;
}
