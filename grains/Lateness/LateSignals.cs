using Orchestrator.Grains.Accounts;

namespace Orchestrator.Grains.Lateness;

/// <summary>The signals of a recorded history that came late, whether the playbook asked for it then or not.</summary>
public static class LateSignals
{
    /// <param name="past">All of an account's history, oldest first.</param>
    /// <param name="tolerance">What came no longer than this after it happened is not late.</param>
    /// <returns>In the order they came; history that was loaded as such is not among them.</returns>
    public static IReadOnlyList<LateSignal> Of(IReadOnlyList<PastFrame> past, TimeSpan tolerance)
    {
        var late = new List<LateSignal>();
        foreach (var turn in past.SelectMany(f => f.Turns))
        {
            foreach (var stored in turn.OfAccount)
            {
                if (stored.SignalRecorded is { Signal.BackFill: false } recorded && SignalTime.Of(recorded.Signal, turn.At) is var time && turn.At - time > tolerance)
                {
                    late.Add(new LateSignal(recorded.Signal.Id, recorded.Signal.Type, recorded.Contact, time, turn.At));
                }
            }
        }

        return late;
    }
}
