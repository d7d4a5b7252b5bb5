namespace Orchestrator.Grains.Stages;

/// <summary>One clause of a criterion as evidence.</summary>
/// <param name="Text">As written.</param>
/// <param name="Held">Whether it was true.</param>
/// <param name="Values">What it saw, for example <c>score.engagement = 61.5</c>.</param>
public sealed record Clause(string Text, bool Held, string Values)
{
    /// <summary>All that it saw was said by people, nothing by machines.</summary>
    public bool AssertedOnly { get; init; }
}
