using System.Collections.Frozen;
using System.Collections.Immutable;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.Conditions;
using Orchestrator.Grains.Journeys;

namespace Orchestrator.Grains.Playbooks;

/// <remarks>What a playbook says of accounts beside their stage.</remarks>
public sealed partial class PlaybookCompiler
{
    private CompiledBuyingGroup BuyingGroupOf() => new(
        Shares(definition.BuyingGroup.Roles),
        definition.BuyingGroup.Engagement is { } engagement ? EngagementOf(engagement) : null,
        names.Groups.AsksJoining);

    private ImmutableArray<CompiledOffering> OfferingsOf(CompiledBuyingGroup whole)
    {
        var offerings = definition.Offerings.Select(o =>
        {
            var members = ConditionOf(o.Members, $"buying-groups.{o.Id}.members");
            if (members is { IsTemporal: true })
            {
                Error(o.Members!.At, $"buying-groups.{o.Id}.members", "who belongs to a group is judged when something is heard of the person, so time alone may not change it");
            }

            return new CompiledOffering(o, ConditionOf(o.Interest, $"buying-groups.{o.Id}.interest"), members)
            {
                Group = whole with
                {
                    Roles = Shares([.. definition.BuyingGroup.Roles.Where(r => o.Roles.IsEmpty || o.Roles.Any(named => named.Id == r.Id))]),
                    Offering = new OfferingRule(o.Id, members is not null),
                },
            };
        });
        return [.. offerings.OrderByDescending(o => o.Definition.Priority)];
    }

    private ImmutableArray<CompiledJourney> JourneysOf() =>
    [
        .. definition.Journeys.Select(j =>
        {
            var steps = j.Transitions.Select((t, i) => new CompiledStep(
                t,
                ConditionOf(t.When, $"journeys.{j.Id}.transitions[{i}].when"),
                FormulaOf(t.MovesAt, CelType.Timestamp, $"journeys.{j.Id}.transitions[{i}].at"),
                FormulaOf(t.Reason, CelType.String, $"journeys.{j.Id}.transitions[{i}].reason"))).ToList();
            foreach (var step in steps.Where(s => j.Of == JourneyOf.Account && s.When is { IsPersonal: true }))
            {
                Warn(step.Definition.At, $"journeys.{j.Id}.transitions", $"transition `{step.Definition.Id}` of an account's journey asks about a person, so it holds only with a signal of one");
            }

            return new CompiledJourney(j, j.Stages.ToFrozenDictionary(
                s => s.Id,
                s => steps.Where(t => t.Definition.To != s.Id && (t.Definition.From.IsEmpty || t.Definition.From.Contains(s.Id))).ToImmutableArray(),
                StringComparer.Ordinal))
            {
                Per = FormulaOf(j.ReEntry?.Per, CelType.String, $"journeys.{j.Id}.re-entry.per"),
                Entries = [.. j.Entries.Select((e, i) => new CompiledEntry(e, ConditionOf(e.When, $"journeys.{j.Id}.enter[{i}].when")))],
            };
        }),
    ];

    /// <remarks>Journeys of one group are all of accounts, or all of people: places are those of one.</remarks>
    private ImmutableArray<CompiledGroup> GroupsOf(ImmutableArray<CompiledJourney> journeys)
    {
        var groups = ImmutableArray.CreateBuilder<CompiledGroup>();
        foreach (var definition in definition.JourneyGroups)
        {
            var members = journeys.Where(j => j.Definition.Group?.Id == definition.Id).OrderByDescending(j => j.Definition.Priority).ToImmutableArray();
            if (members.IsEmpty)
            {
                Warn(definition.At, $"journey-groups.{definition.Id}", $"no journey belongs to group `{definition.Id}`");
                continue;
            }

            if (members.FirstOrDefault(j => j.IsOfAccount != members[0].IsOfAccount) is { } other)
            {
                Error(other.Definition.At, $"journeys.{other.Id}.group", $"group `{definition.Id}` has journeys of accounts and of people; expected one or the other");
            }

            var group = new CompiledGroup(definition, members);
            foreach (var journey in members)
            {
                journey.Group = group;
            }

            groups.Add(group);
        }

        return groups.ToImmutable();
    }

    private static ImmutableArray<GroupRole> Shares(ImmutableArray<RoleDefinition> roles)
    {
        var weights = roles.Sum(r => r.Weight);
        return [.. roles.Select(r => new GroupRole(r.Id, r.Required, r.Weight, weights > 0 ? r.Weight / weights : 0))];
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
