using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>How often a transition may be taken: a word, or a map.</summary>
internal static class ReEntryBinding
{
    public static ReEntryDefinition ReEntry(Field field)
    {
        if (field.IsText)
        {
            return new ReEntryDefinition(field.At, Rule(field), TimeSpan.Zero, ReEntrySince.Start, null, null);
        }

        var section = field.Section(SectionKind.ReEntry);
        var rule = section.Optional("rule", Rule, ReEntryRule.AfterExit);
        var coolDown = section.Optional("cool-down", time => time.Duration(), TimeSpan.Zero);
        var since = section.Optional("since");
        var atMost = section.Optional<int?>("at-most", count => (int)count.Whole(1, 1_000_000), absent: null);
        var reEntry = new ReEntryDefinition(
            field.At, rule, coolDown, since?.Choice(("start", ReEntrySince.Start), ("end", ReEntrySince.End)) ?? ReEntrySince.Start, atMost, section.Optional("per", key => key.Expression()));
        if (since is not null && coolDown == TimeSpan.Zero)
        {
            since.RefuseKey("`since` says from when `cool-down` counts; give a `cool-down` too");
        }
        else if (rule == ReEntryRule.Never && (coolDown > TimeSpan.Zero || atMost is not null))
        {
            field.Refuse("`rule: never` allows one entry; remove `cool-down` and `at-most`");
        }
        else if (rule == ReEntryRule.AnyTime && reEntry.Since == ReEntrySince.End)
        {
            since!.RefuseKey("`rule: any-time` enters again without leaving, so a cool-down `since: end` would never begin; expected `since: start`");
        }

        section.Close();
        return reEntry;
    }

    static ReEntryRule Rule(Field field) =>
        field.Choice(("after-exit", ReEntryRule.AfterExit), ("never", ReEntryRule.Never), ("any-time", ReEntryRule.AnyTime));
}
