using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks;

/// <summary>An account passes from one department to another when a transition is gone through; the other one accepts it.</summary>
/// <param name="From">Stays accountable until the other one has accepted.</param>
/// <param name="On">The transition.</param>
/// <param name="Packet">What goes along, in the order of the file; may be empty.</param>
/// <param name="AcceptWithin">How long the other department has.</param>
/// <param name="Else">What happens then.</param>
/// <param name="Reasons">The only reasons with which it may be rejected; empty: any.</param>
public sealed record HandoffDefinition(
    SourcePosition At, Reference From, Reference To, Reference On, ImmutableArray<PacketPart> Packet, TimeSpan AcceptWithin, HandoffElse Else, ImmutableArray<string> Reasons);

/// <summary>What happens with an account that nobody accepts in time.</summary>
public enum HandoffElse
{
    /// <summary>It goes back to the stage it came from.</summary>
    Return,

    /// <summary>The next higher one is told.</summary>
    Escalate,
}

/// <summary>A part of what goes along with a handoff.</summary>
public enum PacketPart
{
    /// <summary>Scores and who was active.</summary>
    Engagement,

    /// <summary>What they looked at most, from scores of momentum by topic.</summary>
    Topics,
    Insights,
    Promises,

    /// <summary>The answers about the deal.</summary>
    Answers,

    /// <summary>The latest signals that carried a note.</summary>
    MeetingNote,

    /// <summary>What people expect at the stage that is entered, from `experience`.</summary>
    Expectations,
}

/// <summary>A kind of promise that can be measured.</summary>
/// <param name="Id">The kind that `promise.made` names.</param>
/// <param name="KeptWhen">It is kept as soon as this holds; null: only somebody's word tells.</param>
/// <param name="Within">How long after the sale, or after it was made where it names no deal; null: no deadline.</param>
public sealed record PromiseDefinition(string Id, SourcePosition At, Expression? KeptWhen, TimeSpan? Within);

/// <summary>A way that feedback may go between departments.</summary>
/// <param name="To">At least one; may name others than departments.</param>
/// <param name="About">Kinds of things it may be about; at least one.</param>
/// <param name="AnswerWithin">Null: an answer may take any time.</param>
public sealed record FeedbackDefinition(SourcePosition At, Reference From, ImmutableArray<Reference> To, ImmutableArray<string> About, TimeSpan? AnswerWithin);
