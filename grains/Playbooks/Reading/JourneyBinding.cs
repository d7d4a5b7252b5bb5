using System.Collections.Immutable;
using Orchestrator.Grains.Stages;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>Stages and the transitions between them.</summary>
internal static class JourneyBinding
{
    public static ImmutableArray<StageDefinition> Stages(Field field)
    {
        var stages = field.Declared(NameKind.Stage).Select(Stage).ToImmutableArray();
        if (stages.IsEmpty && field.IsMap)
        {
            field.Refuse("expected at least one stage, found none");
        }

        return stages;
    }

    static StageDefinition Stage(Field field)
    {
        var section = field.Section(SectionKind.Stage);
        var title = section.Optional("title", text => text.Localized(), LocalizedText.Empty);
        var kind = section.Required(
            "kind",
            word => word.Choice(
                ("inventory", StageKind.Inventory), ("gate", StageKind.Gate), ("sla", StageKind.Sla), ("end-of-effort", StageKind.EndOfEffort)),
            StageKind.Inventory);
        var accountable = section.Optional<Reference?>("accountable", by => by.Name(NameKind.Department), absent: null);
        var slaField = section.Optional("sla");
        if (kind is StageKind.Sla && slaField is null)
        {
            field.RefuseKey("a stage of kind `sla` needs `sla`, such as {within: 1d, then: escalate}");
        }
        else if (kind is not StageKind.Sla && slaField is not null)
        {
            slaField.RefuseKey("only a stage of kind `sla` has an `sla`");
        }

        section.Close();
        return new StageDefinition(field.Key, field.KeyAt, title, kind, accountable, slaField is null ? null : Sla(slaField));
    }

    static StageSla Sla(Field field)
    {
        var section = field.Section(SectionKind.StageSla);
        var sla = new StageSla(
            section.Required("within", within => within.Duration(), TimeSpan.FromDays(1)),
            section.Required("then", then => then.Choice(("escalate", SlaBreach.Escalate), ("reassign", SlaBreach.Reassign)), SlaBreach.Escalate));
        section.Close();
        return sla;
    }

    public static Reference Start(Section playbook, ImmutableArray<StageDefinition> stages)
    {
        var first = stages.IsEmpty ? default : new Reference(stages[0].Id, stages[0].At);
        if (playbook.Optional("journey") is not { } field)
        {
            return first;
        }

        var section = field.Section(SectionKind.Journey);
        var start = section.Optional("start", stage => stage.Name(NameKind.Stage), first);
        section.Close();
        return start;
    }

    public static ImmutableArray<TransitionDefinition> Transitions(Field field) => [.. field.Items().Select(Transition)];

    static TransitionDefinition Transition(Field field)
    {
        var section = field.Section(SectionKind.Transition);
        var id = section.Required("id", name => name.Declares(NameKind.Transition), "");
        var from = section.Many("from", stages => stages.Names(NameKind.Stage));
        var to = section.Required("to", stage => stage.Name(NameKind.Stage), default);
        if (from.FirstOrDefault(stage => stage.Id == to.Id && to.Id is { Length: > 0 }) is { Id: not null } same)
        {
            field.Refuse($"transition `{id}` leads from `{same.Id}` to itself");
        }

        var when = section.Optional("when");
        var at = section.Optional("at");
        if (when is null && at is null && field.IsMap)
        {
            field.Refuse("a transition needs `when` (a condition) or `at` (an instant)");
        }
        else if (when is not null && at is not null)
        {
            at.RefuseKey($"a transition has `when` or `at`, not both; `when` is at line {when.KeyAt.Line}");
        }

        var transition = new TransitionDefinition(
            id,
            field.At,
            from,
            to,
            when?.Expression(),
            at?.Expression(),
            section.Optional("reason", reason => reason.Expression()),
            section.Many("agreed-by", departments => departments.Names(NameKind.Department)))
        {
            RequiresAnswers = (int)section.Optional("requires-answers", answers => answers.Whole(1, 1_000), absent: 0),
            Confirm = section.Optional("confirm", Confirm),
            Reasons = section.Many("reasons", Reasons),
            ReEntry = section.Optional("re-entry", ReEntryBinding.ReEntry),
        };
        if (transition.Reasons.Length > 0 && transition.Reason is null)
        {
            field.Refuse($"`reasons` lists what the reason of transition `{id}` may be; give the `reason` too");
        }
        else if (transition.Reasons.Length > 0 && !transition.Reasons.Contains(ReasonCodes.Other) && !transition.Reasons.Any(code => transition.Reason?.Text == $"'{code}'"))
        {
            field.Refuse($"a reason that is computed may be none of the codes; add `{ReasonCodes.Other}` to `reasons`");
        }

        section.Close();
        return transition;
    }

    static ConfirmDefinition Confirm(Field field)
    {
        var section = field.Section(SectionKind.Confirm);
        var confirm = new ConfirmDefinition(
            field.At,
            section.Required("by", by => by.Name(NameKind.Department), default),
            section.Required("within", within => within.Duration(), TimeSpan.FromDays(1)),
            section.Required("reject-to", stage => stage.Name(NameKind.Stage), default),
            section.Many("reasons", Reasons));
        section.Close();
        return confirm;
    }

    /// <summary>Reason codes, each once.</summary>
    static ImmutableArray<string> Reasons(Field field)
    {
        var reasons = ImmutableArray.CreateBuilder<string>();
        foreach (var item in field.Items("a list of reasons"))
        {
            var reason = item.Id();
            if (reasons.Contains(reason))
            {
                item.Refuse($"`{reason}` is named twice");
            }

            reasons.Add(reason);
        }

        return reasons.ToImmutable();
    }
}
