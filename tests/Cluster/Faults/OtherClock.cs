using Orchestrator.Conformance;

namespace Orchestrator.Cluster.Tests.Faults;

/// <summary>Another time for one process. The library is loaded without its own launcher: that would stand between us and the process, and take the signals.</summary>
internal static class OtherClock
{
    /// <summary>What to put before a program.</summary>
    /// <param name="offset">Such as <c>+1h</c> or <c>-90s</c>.</param>
    public static IReadOnlyList<string> By(string offset)
    {
        var library = Directory.GetDirectories("/usr/lib", "*-linux-*").Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists);
        if (library is null)
        {
            Tool.Missing("libfaketime (Debian: faketime)");
        }

        return ["env", $"LD_PRELOAD={library}", $"FAKETIME={offset}"];
    }
}
