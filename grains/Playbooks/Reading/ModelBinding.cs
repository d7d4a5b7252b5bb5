using System.Collections.Immutable;
using Orchestrator.Grains.Journeys;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>Journeys beside the main one, and buying groups of single offerings.</summary>
internal static class ModelBinding
{
    public static ImmutableArray<OfferingDefinition> Offerings(Field field) =>
    [
        .. field.Declared(NameKind.Offering).Select(entry =>
        {
            var section = entry.Section(SectionKind.Offering);
            var offering = new OfferingDefinition(
                entry.Key,
                entry.KeyAt,
                section.Optional("title", title => title.Localized(), LocalizedText.Empty),
                section.Optional("interest", interest => interest.Expression()),
                section.Optional("members", members => members.Expression()),
                section.Many("roles", roles => roles.Names(NameKind.Role)),
                (int)section.Optional("priority", priority => priority.Whole(-1_000, 1_000), absent: 0));
            section.Close();
            return offering;
        }),
    ];

    public static ImmutableArray<SideJourneyDefinition> Journeys(Field field) => [.. field.Declared(NameKind.Journey).Select(Journey)];

    static SideJourneyDefinition Journey(Field field)
    {
        var section = field.Section(SectionKind.SideJourney);
        var title = section.Optional("title", text => text.Localized(), LocalizedText.Empty);
        var of = section.Optional("of", word => word.Choice(("account", JourneyOf.Account), ("contact", JourneyOf.Contact)), JourneyOf.Account);
        var stages = section.Required<ImmutableArray<SideStageDefinition>>("stages", all => [.. all.Entries("a map with the name of each stage").Select(Stage)], []);
        if (stages.IsEmpty && field.IsMap)
        {
            field.RefuseKey("expected at least one stage, found none");
        }

        var start = section.Optional("start", stage => Known(stage, stages), stages.IsEmpty ? "" : stages[0].Id);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var transitions = section.Many<SideTransitionDefinition>("transitions", all => [.. all.Items().Select(item => Transition(item, stages, seen))]);
        var journey = EntryBinding.Read(section, new SideJourneyDefinition(field.Key, field.KeyAt, title, of, stages, start, transitions), name => Known(name, stages));
        section.Close();
        return journey;
    }

    static SideStageDefinition Stage(Field field)
    {
        field.KeyIsName("a stage");
        var section = field.Section(SectionKind.SideStage);
        var stage = new SideStageDefinition(field.Key, field.KeyAt, section.Optional("title", title => title.Localized(), LocalizedText.Empty));
        section.Close();
        return stage;
    }

    static SideTransitionDefinition Transition(Field field, ImmutableArray<SideStageDefinition> stages, HashSet<string> seen)
    {
        var section = field.Section(SectionKind.SideTransition);
        var id = section.Required("id", name => name.Id(), "");
        if (id.Length > 0 && !seen.Add(id))
        {
            field.Refuse($"duplicate transition `{id}` in this journey");
        }

        var from = section.Many<string>("from", names => names.IsText ? [Known(names, stages)] : [.. names.Items("a stage or a list of stages").Select(name => Known(name, stages))]);
        var to = section.Required("to", name => Known(name, stages), "");
        if (to.Length > 0 && from.Contains(to))
        {
            field.Refuse($"transition `{id}` leads from `{to}` to itself");
        }

        var when = section.Optional("when");
        var at = section.Optional("at");
        if ((when is null) == (at is null) && field.IsMap)
        {
            field.Refuse("a transition needs either `when` (a condition) or `at` (an instant)");
        }

        var transition = new SideTransitionDefinition(id, field.At, from, to, when?.Expression(), at?.Expression(), section.Optional("reason", reason => reason.Expression()));
        section.Close();
        return transition;
    }

    /// <summary>A stage of this journey: other journeys, the main one included, may have stages of the same name.</summary>
    static string Known(Field field, ImmutableArray<SideStageDefinition> stages)
    {
        var name = field.Id();
        var ids = stages.Select(stage => stage.Id).ToList();
        if (name.Length > 0 && !ids.Contains(name))
        {
            var nearest = Words.Nearest(name, ids);
            field.Refuse($"unknown stage `{name}`{(nearest is null ? $"; expected one of {Names.Listed(ids)}" : $"; did you mean `{nearest}`?")}");
        }

        return name;
    }
}
