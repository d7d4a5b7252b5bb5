using System.Collections.Frozen;
using Orchestrator.Grains.BuyingGroups;

namespace Orchestrator.Grains.Playbooks;

/// <remarks>What a playbook says of accounts beside their stage.</remarks>
public sealed partial class PlaybookCompiler
{
    private CompiledBuyingGroup BuyingGroupOf()
    {
        var group = definition.BuyingGroup;
        var weights = group.Roles.Sum(r => r.Weight);
        return new CompiledBuyingGroup(
            [.. group.Roles.Select(r => new GroupRole(r.Id, r.Required, r.Weight, weights > 0 ? r.Weight / weights : 0))],
            group.Engagement is { } engagement ? EngagementOf(engagement) : null,
            names.Groups.AsksJoining);
    }

    private CompiledGroupEngagement EngagementOf(GroupEngagementDefinition engagement)
    {
        const string Path = "buying-group.engagement";
        var points = engagement.Points.Length > 0 ? engagement.Points : definition.Scores.OfType<ScoreDefinition.Engagement>().FirstOrDefault()?.Points ?? [];
        if (points.Length == 0)
        {
            Error(engagement.At, Path, "the buying group's engagement needs `points` by signal, or a score with a half-life whose points count");
        }

        if (definition.BuyingGroup.Roles.Length == 0)
        {
            Error(engagement.At, Path, "the buying group's engagement is weighted by role, but no roles are declared");
        }

        var counting = points.Where(p => p.Add > 0).DistinctBy(p => p.Signal.Id)
            .ToFrozenDictionary(p => p.Signal.Id, p => new ActivityPoints(ConditionOf(p.When, $"{Path}.points.{p.Signal.Id}.when"), p.Add), StringComparer.Ordinal);
        return new CompiledGroupEngagement((int)engagement.Window.TotalDays, engagement.CapPerActivityDay, counting);
    }
}
