using Orchestrator.Grains.Accounts;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Lateness;

/// <summary>Which signals came so long after they had happened that something was judged without them, and soon enough that it matters still.</summary>
/// <param name="Tolerance">What came no longer than this after it happened came in time: it counts as having happened when it came.</param>
/// <param name="Reach">What happened longer ago than this is history: nothing is judged anew because of it.</param>
public readonly record struct Delays(TimeSpan Tolerance, TimeSpan Reach)
{
    public static readonly Delays Default = new(LatenessDefinition.DefaultTolerance, LatenessDefinition.DefaultReach);

    /// <summary>By the playbook's section; the defaults where it has none.</summary>
    public static Delays Of(LatenessDefinition? lateness) => lateness is null ? Default : new(lateness.Tolerance, lateness.Reach);

    /// <summary>Whether it came late.</summary>
    /// <param name="happened">When it happened, as far as it is judged anew.</param>
    public bool IsLate(Signal signal, DateTimeOffset came, out DateTimeOffset happened)
    {
        happened = SignalTime.Of(signal, came);
        var late = !signal.BackFill && came - happened > Tolerance && came - happened <= Reach;
        happened = late ? happened : came;
        return late;
    }
}
