using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Policies;

namespace Orchestrator.Grains.Memberships;

/// <summary>What a person's home and their other accounts tell each other; exactly once and in order, as all messages.</summary>
public abstract record MembershipMessage
{
    private MembershipMessage()
    {
    }

    /// <summary>To the home: the person is with this account too.</summary>
    /// <param name="Slots">Messages that went out from there before; they count at the home from now on.</param>
    /// <param name="Withdrawn">Consents that they withdrew there.</param>
    public sealed record Joins(GrainKey From, IReadOnlyList<Slot> Slots, IReadOnlyList<ConsentGiven> Withdrawn) : MembershipMessage;

    /// <summary>From the home: it is theirs.</summary>
    public sealed record Welcomes(GrainKey From, IReadOnlyList<ConsentGiven> Withdrawn) : MembershipMessage;

    /// <summary>From the identity: nobody else has the person.</summary>
    public sealed record Alone : MembershipMessage
    {
        public static readonly Alone Instance = new();
    }

    /// <summary>To the home: may this message go out?</summary>
    public sealed record Asks(GrainKey From, string Action, string Channel) : MembershipMessage;

    /// <summary>From the home: it may, and is counted.</summary>
    public sealed record Grants(string Action) : MembershipMessage;

    /// <summary>From the home: it may not.</summary>
    public sealed record Refuses(string Action, string Channel, DateTimeOffset Until) : MembershipMessage;

    /// <summary>To the home: nothing went out.</summary>
    public sealed record Frees(string Action) : MembershipMessage;

    /// <summary>Either way: these consents were withdrawn.</summary>
    public sealed record Withdraws(GrainKey From, IReadOnlyList<ConsentGiven> Withdrawn) : MembershipMessage;
}
