using Orchestrator.Grains.StoredForms.Levels;

namespace Orchestrator.Silo.Journal;

/// <summary>
/// The feature level at which this silo may write: the store's, as far as it has heard. To hear of a higher one late costs nothing, for whoever has heard of it writes what every silo
/// reads by then. Any thread.
/// </summary>
public sealed class WritableLevel
{
    private int _now = 1;

    /// <summary>From 1; never goes back.</summary>
    public int Now => Volatile.Read(ref _now);

    /// <summary>Whether something of what this build could write may not be written: only then anything is looked at.</summary>
    public bool IsLow => Now < FormLevels.Highest;

    /// <summary>The store has it now, or has had it all the time.</summary>
    public void Learn(int level)
    {
        for (var known = Now; level > known; known = Now)
        {
            Interlocked.CompareExchange(ref _now, level, known);
        }
    }
}
