using Orchestrator.Grains.Journeys;

namespace Orchestrator.Grains.Standings;

/// <summary>A fact about where a person stands in one account.</summary>
public abstract record PersonEvent
{
    private PersonEvent()
    {
    }

    /// <summary>The person is no longer with the company.</summary>
    public sealed record Left(string Reason, DateTimeOffset At) : PersonEvent;

    public sealed record Returned(DateTimeOffset At) : PersonEvent;

    /// <summary>The person entered a stage of one of the journeys of people.</summary>
    public sealed record JourneyEntered(JourneyStep Step) : PersonEvent;

    /// <summary>How the person enters journeys of people.</summary>
    public sealed record OfEntry(EntryEvent Event) : PersonEvent;
}
