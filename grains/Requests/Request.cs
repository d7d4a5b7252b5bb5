using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Requests;

/// <summary>
/// What a person of a department must answer with yes or no: an open action that does not come from a play but from the model. It is offered, leased and
/// settled as every action is; done is a yes, declined is a no.
/// </summary>
public abstract record Request
{
    private Request()
    {
    }

    /// <summary>What it is about: a transition, a handoff or a stage of the playbook.</summary>
    public required string Subject { get; init; }

    /// <summary>What whoever answers must know, in the order to read it; may be empty.</summary>
    public ImmutableArray<PacketItem> Packet { get; init; } = [];

    /// <summary>The only reasons with which it may be declined, as the playbook lists them; empty: any.</summary>
    public ImmutableArray<string> Reasons { get; init; } = [];

    /// <summary>How long it may stay unanswered.</summary>
    public required TimeSpan Within { get; init; }

    /// <summary>The word for its kind in the contract.</summary>
    public string Kind => this switch
    {
        Confirmation => "confirmation",
        Handoff => "handoff",
        Escalation => "escalation",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The criterion of a transition holds; a person is to say whether the account moves. <see cref="Subject"/> is the transition.</summary>
    /// <param name="To">The stage that a yes leads to.</param>
    /// <param name="RejectTo">The stage that a no leads to.</param>
    /// <param name="Evidence">The criterion as it held when the request was made.</param>
    /// <param name="Reason">The transition's reason, worked out then; may be empty.</param>
    public sealed record Confirmation(string To, string RejectTo, IReadOnlyList<Clause> Evidence, string Reason) : Request
    {
        /// <summary>The business key for which the entry counts; null: the transition does not limit coming again.</summary>
        public string? Key { get; init; }
    }

    /// <summary>A department is to take the account over. <see cref="Subject"/> is the transition by which it came.</summary>
    /// <param name="From">The department that hands over, and stays accountable until the other one has accepted.</param>
    /// <param name="To">The department that is asked.</param>
    /// <param name="Stage">Where the account came from, and goes back to if it is rejected.</param>
    /// <param name="Else">What happens if nobody answers.</param>
    public sealed record Handoff(string From, string To, string Stage, HandoffElse Else) : Request;

    /// <summary>Somebody did not act in time. <see cref="Subject"/> is that of what was not answered, or else the stage.</summary>
    /// <param name="Of">What was not answered: an answer to this answers it. Null: the account stayed in its stage for too long.</param>
    /// <param name="Level">From 1; each level waits twice as long as the one before.</param>
    public sealed record Escalation(Request? Of, int Level) : Request;
}

/// <summary>One thing that whoever answers a request must know.</summary>
public readonly record struct PacketItem(string Name, string Text);
