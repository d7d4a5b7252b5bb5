using System.Diagnostics;

namespace Orchestrator.Cluster.Tests.Faults;

/// <summary>
/// Lets time go by in which a fault lasts. Only where time itself is what is shown: that something is still so after a lease would have ended, or that a fault ends at whatever moment the seed drew. There is no condition
/// to wait for then: what must not happen sends no word of it, and a silo that stands still or a server that is down says nothing at all. Where the other silos' take-over tells that the lease is over, wait for that.
/// </summary>
internal static class Rest
{
    /// <summary>A lease of 5 s, and what it takes the others to look and to act upon its end.</summary>
    public static readonly TimeSpan BeyondTheLease = TimeSpan.FromSeconds(8);

    /// <summary>Until this much has gone by since the fault began; not at all if it has.</summary>
    public static Task UntilAsync(Stopwatch since, TimeSpan passed) => Task.Delay(passed > since.Elapsed ? passed - since.Elapsed : TimeSpan.Zero);
}
