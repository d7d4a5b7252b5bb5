using Orchestrator.Grains.Health;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Customers;

/// <summary>A fact about an account as a customer.</summary>
public abstract record CustomerEvent
{
    private CustomerEvent()
    {
    }

    /// <summary>The clock of a set of milestones started.</summary>
    public sealed record MilestonesStarted(string Set, DateTimeOffset At) : CustomerEvent;

    /// <param name="StartedAt">When the set's clock had started: how long it took is readable from the fact alone.</param>
    /// <param name="Signal">Id of the signal at hand; empty = time did it.</param>
    /// <param name="Left">How many of the set are still to be reached; 0 = the set is done.</param>
    public sealed record MilestoneReached(string Set, string Milestone, DateTimeOffset At, DateTimeOffset StartedAt, string Signal, IReadOnlyList<Clause> Evidence, int Left) : CustomerEvent;

    /// <summary>The customer is stuck: the time for a milestone is over.</summary>
    /// <param name="At">When it was due.</param>
    public sealed record MilestoneOverdue(string Set, string Milestone, DateTimeOffset At) : CustomerEvent;

    /// <param name="Amount">Minor units, above 0.</param>
    public sealed record Purchased(DateTimeOffset At, double Amount) : CustomerEvent;

    public sealed record Answered(SurveyAnswer Answer) : CustomerEvent;

    /// <param name="Amount">Minor units; null = the signal did not say.</param>
    /// <param name="RenewsAt">Null = the signal did not say.</param>
    public sealed record ContractSigned(DateTimeOffset At, double? Amount, DateTimeOffset? RenewsAt) : CustomerEvent;

    /// <summary>Value creation turned into value expansion, or back.</summary>
    public sealed record ExpansionPhaseChanged(bool Expanding, DateTimeOffset At, IReadOnlyList<Clause> Evidence) : CustomerEvent;

    /// <summary>A customer in the expansion phase is ready to buy more: a signal of it was sent to the account itself.</summary>
    /// <param name="Signal">Type of that signal.</param>
    /// <param name="Deal">The id it gave the deal; empty if it names none.</param>
    public sealed record ExpansionTriggered(string Trigger, DateTimeOffset At, string Signal, string Deal, IReadOnlyList<Clause> Evidence) : CustomerEvent;

    /// <summary>The account came by word of mouth.</summary>
    /// <param name="By">As the signal said: an account, or an identifier of a person.</param>
    public sealed record ReferredBy(string By, DateTimeOffset At) : CustomerEvent;

    /// <summary>Somebody of this account brought another one.</summary>
    /// <param name="Contact">Who; empty = the account as a whole.</param>
    /// <param name="Account">The one that came.</param>
    /// <param name="At">When it came.</param>
    public sealed record ReferralMade(string Contact, string Account, DateTimeOffset At) : CustomerEvent;

    /// <summary>What customers can do by themselves was offered, and that is over.</summary>
    public sealed record SelfServiceTried(string Play, DateTimeOffset At) : CustomerEvent;

    /// <summary>They did it by themselves.</summary>
    /// <param name="Tried">It was still open, so this was a try too.</param>
    /// <param name="Saved">Working time of ours that was not needed.</param>
    public sealed record SelfServiceSolved(string Play, bool Tried, DateTimeOffset At, TimeSpan Saved) : CustomerEvent;
}
