using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Lateness;

/// <summary>What a playbook says of signals that come after what happened later has been judged.</summary>
/// <param name="At">Where it stands in the file.</param>
/// <param name="Tolerance">A signal that comes no longer than this after it happened is not late: clocks and networks differ by so much.</param>
/// <param name="CorrectAfter">How long others are waited for before everything is judged anew.</param>
/// <param name="Reach">What happened longer ago than this is history: it counts, as ever, and nothing is judged anew.</param>
public sealed record LatenessDefinition(SourcePosition At, TimeSpan Tolerance, TimeSpan CorrectAfter, TimeSpan Reach)
{
    public static readonly TimeSpan DefaultTolerance = TimeSpan.FromMinutes(5);

    public static readonly TimeSpan DefaultCorrectAfter = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan DefaultReach = TimeSpan.FromDays(30);
}
