using Orchestrator.Grains.Lateness;

namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>What happens when signals come after what happened later has been judged.</summary>
internal static class LatenessBinding
{
    public static LatenessDefinition Lateness(Field field)
    {
        var section = field.Section(SectionKind.Lateness);
        var lateness = new LatenessDefinition(
            field.KeyAt,
            section.Optional("tolerance", time => time.Duration(), LatenessDefinition.DefaultTolerance),
            section.Optional("correct-after", time => time.Duration(), LatenessDefinition.DefaultCorrectAfter),
            section.Optional("reach", time => time.Duration(), LatenessDefinition.DefaultReach));
        if (lateness.Reach <= lateness.Tolerance)
        {
            field.Refuse("`reach` must be longer than `tolerance`: what is not late needs no putting right, and what is beyond reach gets none");
        }

        section.Close();
        return lateness;
    }
}
