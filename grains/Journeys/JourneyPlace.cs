using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Journeys;

/// <summary>Where somebody stands in a journey beside the main one.</summary>
/// <param name="Since">When it was entered.</param>
/// <param name="By">The transition.</param>
public sealed record JourneyPlace(string Stage, DateTimeOffset Since, string By);

/// <summary>A step of a journey beside the main one, with its evidence.</summary>
public sealed record JourneyStep(
    string Journey, string From, string To, string Transition, DateTimeOffset At, IReadOnlyList<Clause> Evidence, int PlaybookVersion, string Reason)
{
    internal JourneyPlace Place => new(To, At, Transition);
}
