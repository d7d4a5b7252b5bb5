using System.Collections.Immutable;
using Orchestrator.Grains.InFlight;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>What happens to accounts under way when a version is published, and whether it runs at all.</summary>
internal static class InFlightBinding
{
    public static InFlightDefinition InFlight(Field field)
    {
        var section = field.Section(SectionKind.InFlight);
        var rule = new InFlightDefinition(
            field.KeyAt,
            section.Optional("default", word => word.Choice(("follow", InFlightDefault.Follow), ("pin", InFlightDefault.Pin)), InFlightDefault.Follow),
            section.Many("map", Map));
        section.Close();
        return rule;
    }

    static ImmutableArray<StageMapping> Map(Field field)
    {
        var map = ImmutableArray.CreateBuilder<StageMapping>();
        foreach (var entry in field.Entries("a map of stages by stage of the version before"))
        {
            // The key is a stage of another version, so it need not be declared in this one.
            entry.KeyIsName("a stage");
            var to = entry.Name(NameKind.Stage);
            if (to.Id == entry.Key)
            {
                entry.Refuse($"stage `{to.Id}` is mapped to itself; leave it out: accounts stay at stages that still exist");
            }

            map.Add(new StageMapping(entry.Key, entry.KeyAt, to));
        }

        return map.ToImmutable();
    }

    public static Pause Paused(Field field) => field.Choice(("hold", Pause.Hold), ("skip", Pause.Skip), ("exit", Pause.Exit));
}
