using System.Globalization;

namespace Orchestrator.Bench.Harness;

/// <summary>What a process has used so far, as Linux counts it.</summary>
/// <param name="CpuSeconds">User and kernel time of all threads.</param>
/// <param name="ResidentBytes">Memory in use now, shared pages included.</param>
/// <param name="WrittenBytes">Bytes sent towards the disk.</param>
public readonly record struct ProcessCost(double CpuSeconds, long ResidentBytes, long WrittenBytes)
{
    // USER_HZ is 100 on every Linux that .NET runs on.
    public const double TicksPerSecond = 100;

    public static ProcessCost Of(int process)
    {
        var stat = File.ReadAllText(Invariant($"/proc/{process}/stat"));

        // The name in brackets may hold spaces; fields 14 and 15 are counted from behind it.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new(
            (Number(fields[11]) + Number(fields[12])) / TicksPerSecond,
            Line(Invariant($"/proc/{process}/status"), "VmRSS:") * 1024,
            Line(Invariant($"/proc/{process}/io"), "write_bytes:"));
    }

    /// <summary>Used since an earlier look; memory stays what it is now.</summary>
    public ProcessCost Since(ProcessCost earlier) => new(CpuSeconds - earlier.CpuSeconds, ResidentBytes, WrittenBytes - earlier.WrittenBytes);

    static long Line(string file, string name) =>
        Number(File.ReadLines(file).First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim());

    static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
