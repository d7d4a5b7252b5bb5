using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Playbooks.Reading;

namespace Orchestrator.Grains.Expansion;

/// <summary>The section `expansion-phase`.</summary>
internal static class ExpansionBinding
{
    static readonly TimeSpan UsualCoolDown = TimeSpan.FromDays(90);

    public static ExpansionDefinition Expansion(Field field)
    {
        var section = field.Section(SectionKind.ExpansionPhase);
        var expansion = new ExpansionDefinition(field.KeyAt, section.Required("when", when => when.Expression(), CompanyBinding.Always), section.Many("triggers", Triggers));
        section.Close();
        return expansion;
    }

    static ImmutableArray<TriggerDefinition> Triggers(Field field)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        return [.. field.Items("a list of triggers").Select(item => Trigger(item, ids))];
    }

    static TriggerDefinition Trigger(Field field, HashSet<string> ids)
    {
        var section = field.Section(SectionKind.ExpansionTrigger);
        var id = section.Required("id", name => name.Id(), "");
        if (id.Length > 0 && !ids.Add(id))
        {
            field.Refuse($"duplicate trigger `{id}`");
        }

        var trigger = new TriggerDefinition(
            id,
            field.At,
            section.Required("when", when => when.Expression(), CompanyBinding.Always),
            section.Optional("signal") is { } signal ? signal.Name(NameKind.Signal) : new Reference(BuiltInSignals.ExpansionTriggered, field.At),
            section.Optional("cool-down", time => time.Duration(), UsualCoolDown));
        section.Close();
        return trigger;
    }
}
