using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Playbooks.Reading;

namespace Orchestrator.Grains.Milestones;

/// <summary>
/// The section `milestones`: by set a list of milestones, or a map with `from` and `all`. Without `from` the clock starts with the stage that bears the set's name.
/// </summary>
internal static class MilestoneBinding
{
    public static ImmutableArray<MilestoneSetDefinition> Sets(Field field) => [.. field.Declared(NameKind.MilestoneSet).Select(Set)];

    static MilestoneSetDefinition Set(Field field)
    {
        if (!field.IsMap)
        {
            return new MilestoneSetDefinition(field.Key, field.KeyAt, [field.KeyName(NameKind.Stage)], All(field));
        }

        var section = field.Section(SectionKind.MilestoneSet);
        var set = new MilestoneSetDefinition(
            field.Key,
            field.KeyAt,
            section.Optional("from") is { } from ? from.Names(NameKind.Stage) : [field.KeyName(NameKind.Stage)],
            section.Required("all", All, []));
        section.Close();
        return set;
    }

    static ImmutableArray<MilestoneDefinition> All(Field field)
    {
        var items = field.Items("a list of milestones");
        if (items.IsEmpty && field is { IsMap: false, IsText: false })
        {
            field.Refuse("expected at least one milestone, found none");
        }

        return [.. items.Select(Milestone)];
    }

    static MilestoneDefinition Milestone(Field field)
    {
        var section = field.Section(SectionKind.Milestone);
        var milestone = new MilestoneDefinition(
            section.Required("id", name => name.Declares(NameKind.Milestone), ""),
            field.At,
            section.Required("when", when => when.Expression(), CompanyBinding.Always),
            section.Optional<TimeSpan?>("within", time => time.Duration(), absent: null));
        section.Close();
        return milestone;
    }
}
