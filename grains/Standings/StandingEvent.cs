namespace Orchestrator.Grains.Standings;

/// <summary>A fact about where an account stands beside its stage.</summary>
public abstract record StandingEvent
{
    private StandingEvent()
    {
    }

    /// <summary>One more activity of a person counts for the engagement of the buying group: a result, never computed again.</summary>
    /// <param name="Activity">The signal's type.</param>
    /// <param name="Day">UTC, days since 0001-01-01.</param>
    /// <param name="Points">Above zero.</param>
    /// <param name="Oldest">Activity of days before this one has left the window for good.</param>
    public sealed record Engaged(string Contact, string Activity, int Day, double Points, int Oldest) : StandingEvent;

    /// <summary>Somebody took a role with the signal at hand.</summary>
    public sealed record RoleFilled(string Role, string Contact) : StandingEvent;
}
