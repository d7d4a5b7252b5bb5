using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Insights;

/// <summary>Something that somebody learnt about an account. It goes stale, and is then to be asked for again.</summary>
/// <param name="About">What it is about, in a word or a few; there is one insight about each thing, the newest.</param>
/// <param name="By">Who noted it, or which system; may be empty.</param>
/// <param name="NotedAt">Event time.</param>
/// <param name="ValidFor">Null: never goes stale.</param>
/// <param name="Signal">The signal that carried it.</param>
public sealed record Insight(string About, string Text, string By, DateTimeOffset NotedAt, TimeSpan? ValidFor, bool Observed, string Signal)
{
    /// <summary>Set by a fact at the exact instant.</summary>
    public DateTimeOffset? StaleSince { get; init; }

    public bool IsStale => StaleSince is not null;

    /// <summary>When it goes stale; null: never.</summary>
    public DateTimeOffset? ValidUntil => ValidFor is { } time ? NotedAt.Forth(time) : null;
}
