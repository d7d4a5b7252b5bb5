using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Journeys;

/// <summary>Whether a journey may be entered again; the rules are those of transitions (<see cref="ReEntryDefinition"/>), whatever the way in.</summary>
internal static class EntryRules
{
    /// <summary>Why it may not be entered; null: it may.</summary>
    /// <param name="before">How often and when it was entered for the same key; null: never.</param>
    /// <param name="active">Whether it is under way, for whatever key.</param>
    public static string? Against(CompiledJourney journey, StageEntry? before, bool active, DateTimeOffset now)
    {
        var rule = journey.Definition.ReEntry;
        if (active && rule?.Rule != ReEntryRule.AnyTime)
        {
            return "it is under way already";
        }

        if (rule is null || before is null)
        {
            return null;
        }

        if (rule.Rule == ReEntryRule.Never)
        {
            return "it is entered once and not again";
        }

        if (rule.AtMost is { } most && before.Count >= most)
        {
            return $"it was entered {before.Count} times, at most {most} are allowed";
        }

        return OpensAt(journey, before, now) is { } until ? $"it is not entered again before {until:yyyy-MM-dd HH:mm:ss} UTC" : null;
    }

    /// <summary>When a cool-down ends that is under way; null: there is none.</summary>
    public static DateTimeOffset? OpensAt(CompiledJourney journey, StageEntry? before, DateTimeOffset now) =>
        journey.Definition.ReEntry is { CoolDown.Ticks: > 0 } rule && before is not null
        && rule.Since switch { ReEntrySince.Start => before.EnteredAt, ReEntrySince.End => before.LeftAt } is { } since
        && since.Forth(rule.CoolDown) is var until && until > now
            ? until
            : null;
}
