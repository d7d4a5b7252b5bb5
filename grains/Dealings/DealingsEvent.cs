using Orchestrator.Grains.Deals;

namespace Orchestrator.Grains.Dealings;

/// <summary>A fact about what we and an account have in hand with each other.</summary>
public abstract record DealingsEvent
{
    private DealingsEvent()
    {
    }

    /// <summary>A deal began, or one that was lost began again.</summary>
    public sealed record DealOpened(string Deal, DateTimeOffset At) : DealingsEvent;

    /// <param name="Amount">Minor units.</param>
    public sealed record DealValued(string Deal, long Amount, string Currency, DateTimeOffset At) : DealingsEvent;

    public sealed record QuestionAnswered(string Deal, DealAnswer Answer) : DealingsEvent;

    public sealed record DealClosed(string Deal, bool Won, string Reason, DateTimeOffset At) : DealingsEvent;

    /// <param name="Because">The condition that held, with what it saw.</param>
    public sealed record DealFlagged(string Deal, string Because, DateTimeOffset At) : DealingsEvent;

    public sealed record DealUnflagged(string Deal, DateTimeOffset At) : DealingsEvent;

    /// <summary>A transition's criterion held, but answers were missing.</summary>
    public sealed record TransitionHeld(HeldTransition Held) : DealingsEvent;
}
