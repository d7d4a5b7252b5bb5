namespace Orchestrator.Grains.Stages;

/// <summary>A fact about an account's way through the stages, beyond the stage that it entered.</summary>
public abstract record JourneyEvent
{
    private JourneyEvent()
    {
    }

    /// <summary>It came into the recycle pool.</summary>
    /// <param name="Source">The stage that it left.</param>
    /// <param name="Reason">The reason code; may be empty.</param>
    /// <param name="Until">The end of its cool-down.</param>
    /// <param name="Attempt">How often it has been recycled by now, from 1.</param>
    public sealed record Recycled(string Source, string Reason, DateTimeOffset At, DateTimeOffset Until, int Attempt) : JourneyEvent;

    /// <summary>The cool-down is over and something woke it: the transitions out of the pool are open.</summary>
    /// <param name="Condition">As written; empty: the end of the cool-down itself.</param>
    /// <param name="Values">What it saw.</param>
    public sealed record Awoken(DateTimeOffset At, string Condition, string Values) : JourneyEvent;

    /// <summary>A recycled account reached a stage that counts as yield.</summary>
    /// <param name="Saved">What a new lead would have cost, minor currency units.</param>
    public sealed record Returned(string Stage, DateTimeOffset At, long Saved) : JourneyEvent;

    /// <summary>It came by a transition that limits coming again.</summary>
    /// <param name="Key">The business key; empty where the transition has none.</param>
    public sealed record Entered(string Transition, string Key, DateTimeOffset At) : JourneyEvent;

    /// <summary>It left the stage to which that transition had led.</summary>
    public sealed record Exited(string Transition, string Key, DateTimeOffset At) : JourneyEvent;

    /// <summary>It is in this stage for a reason that the playbook lists, or that a person gave.</summary>
    /// <param name="Code">One of the transition's codes.</param>
    public sealed record ReasonGiven(string Stage, string Code, DateTimeOffset At) : JourneyEvent;

    /// <summary>It stayed in a stage for longer than agreed: somebody else of the department must take it over.</summary>
    /// <param name="Department">The one that answers for the stage; empty: none does.</param>
    public sealed record ReassignmentDue(string Stage, string Department, DateTimeOffset At) : JourneyEvent;

    /// <summary>Somebody of us did something with the account for the first time since it entered its stage.</summary>
    public sealed record FirstTouched(string Stage, DateTimeOffset StageSince, DateTimeOffset At) : JourneyEvent;
}
