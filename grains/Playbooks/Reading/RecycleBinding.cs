using System.Collections.Immutable;
using Orchestrator.Grains.Recycling;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>The recycle section.</summary>
internal static class RecycleBinding
{
    const string OtherReasons = "default";

    public static RecycleDefinition Recycle(Field field)
    {
        var section = field.Section(SectionKind.Recycle);
        var sources = section.Required("sources", names => names.Names(NameKind.Stage), []);
        var coolDown = section.Required("cool-down", CoolDowns, []);
        var recycle = new RecycleDefinition(
            field.KeyAt,
            sources,
            section.Optional<Reference?>("stage", stage => stage.Name(NameKind.Stage), absent: null),
            [.. coolDown.Where(c => c.Reason != OtherReasons)],
            coolDown.FirstOrDefault(c => c.Reason == OtherReasons)?.For ?? TimeSpan.Zero,
            section.Many<Expression>("wake-on", list => [.. (list.IsText ? [list] : list.Items("a condition or a list of conditions")).Select(condition => condition.Expression())]),
            section.Optional<int?>("attempts", count => (int)count.Whole(1, 1_000), absent: null),
            section.Optional<Reference?>("then", stage => stage.Name(NameKind.Stage), absent: null),
            section.Many("yield", names => names.Names(NameKind.Stage)),
            section.Optional("acquisition-cost", cost => cost.Whole(0, 1_000_000_000_000_000), absent: 0));
        if (recycle is { Then: { } then, Attempts: null })
        {
            field.Refuse($"`then: {then.Id}` says where an account goes after so many attempts; say how many with `attempts`");
        }

        section.Close();
        return recycle;
    }

    static ImmutableArray<CoolDown> CoolDowns(Field field)
    {
        var entries = field.Entries("a map of durations by reason, with `default` for all others");
        if (field.IsMap && entries.All(entry => entry.Key != OtherReasons))
        {
            field.Refuse("a cool-down needs `default`, for reasons that are not listed");
        }

        return [.. entries.Where(entry => entry.KeyIsName("a reason")).Select(entry => new CoolDown(entry.Key, entry.Duration()))];
    }

    /// <summary>What can be judged only when the whole playbook is known.</summary>
    public static void Check(PlaybookDefinition playbook, Findings findings)
    {
        if (playbook.Recycle is not { } recycle)
        {
            return;
        }

        foreach (var (at, key, message) in RecyclePool.Of(playbook, recycle).Mistakes)
        {
            findings.Error(at, DocumentPath.Root.Key("recycle").Key(key), message);
        }
    }
}
