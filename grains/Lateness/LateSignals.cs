namespace Orchestrator.Grains.Lateness;

/// <summary>The signals of a recorded history that came late, whether the playbook asked for it then or not.</summary>
public static class LateSignals
{
    /// <param name="past">All of an account's history, oldest first.</param>
    /// <returns>In the order they came; history that was loaded as such, or came when it was out of reach, is not among them.</returns>
    public static IReadOnlyList<LateSignal> Of(IReadOnlyList<PastFrame> past, Delays delays)
    {
        var late = new List<LateSignal>();
        foreach (var turn in past.SelectMany(f => f.Turns))
        {
            foreach (var stored in turn.OfAccount)
            {
                if (stored.SignalRecorded is { } recorded && delays.IsLate(recorded.Signal, turn.At, out var happened))
                {
                    late.Add(new LateSignal(recorded.Signal.Id, recorded.Signal.Type, recorded.Contact, happened, turn.At));
                }
            }
        }

        return late;
    }
}
