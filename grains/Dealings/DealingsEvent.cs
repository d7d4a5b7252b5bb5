using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Feedback;
using Orchestrator.Grains.Handoffs;
using Orchestrator.Grains.Insights;
using Orchestrator.Grains.Ownership;
using Orchestrator.Grains.Promises;

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

    /// <summary>Somebody acts for the account in a department from now on; an empty owner leaves it to the department as a whole.</summary>
    public sealed record OwnerAssigned(AssignedOwner Owner) : DealingsEvent;

    /// <summary>Another account was merged into this one: what we had in hand with it joins.</summary>
    public sealed record Joined(string From, AccountDealings Dealings, DateTimeOffset At) : DealingsEvent;

    /// <summary>The department has no room for what was chosen for it.</summary>
    public sealed record DepartmentFull(string Department, DateTimeOffset At) : DealingsEvent;

    /// <summary>The department has room again, and asks whether the account still wants something of it.</summary>
    public sealed record DepartmentCalled(string Department, DateTimeOffset At) : DealingsEvent;

    /// <summary>The account has decided with that room in mind.</summary>
    public sealed record CallAnswered(string Department) : DealingsEvent;

    /// <summary>A handoff was rejected, or nobody accepted it in time, and the account went back.</summary>
    public sealed record HandoffReturned(ReturnedHandoff Handoff) : DealingsEvent;

    /// <summary>A handoff that came back may be made again.</summary>
    public sealed record HandoffReady(string Transition) : DealingsEvent;

    public sealed record NoteTaken(Note Note) : DealingsEvent;

    public sealed record PromiseMade(Promise Promise) : DealingsEvent;

    /// <summary>A promise has its deadline now: the deal it was made for was won.</summary>
    public sealed record PromiseDue(string Promise, DateTimeOffset At) : DealingsEvent;

    /// <param name="Because">Who said so, or the condition with what it saw.</param>
    public sealed record PromiseSettled(string Promise, bool Kept, string Because, DateTimeOffset At) : DealingsEvent;

    public sealed record InsightNoted(Insight Insight) : DealingsEvent;

    public sealed record InsightStale(string About, DateTimeOffset At) : DealingsEvent;

    public sealed record FeedbackGiven(GivenFeedback Feedback) : DealingsEvent;

    public sealed record FeedbackLate(string Feedback, DateTimeOffset At) : DealingsEvent;

    /// <param name="ChangedIn">The version of the playbook that was changed because of it; 0: none.</param>
    public sealed record FeedbackAnswered(string Feedback, string Text, string By, int ChangedIn, DateTimeOffset At) : DealingsEvent;
}
