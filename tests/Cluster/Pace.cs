using System.Globalization;

namespace Orchestrator.Cluster.Tests;

/// <summary>
/// How fast the machine lets silos run from some moment on. A promise in seconds is one for a machine that has time: where other work takes the cores, a limit is stretched by as much as the silos' own threads waited for
/// one, as the kernel counts it. What the product itself waits for, such as an answer that never comes, stretches nothing.
/// </summary>
internal sealed class Pace
{
    private readonly int[] _processes;
    private readonly Dictionary<string, (long Ran, long Waited)> _before;

    private Pace(int[] processes) => (_processes, _before) = (processes, Read(processes));

    /// <param name="silos">That live on while it is measured.</param>
    public static Pace Of(IEnumerable<SiloMember> silos) => new([.. silos.Where(s => s.IsUp).Select(s => s.Process.Id)]);

    /// <summary>How many times longer than on idle cores everything took that needs one; from 1.</summary>
    public double Slowdown
    {
        get
        {
            var (ran, waited) = (0L, 0L);
            foreach (var (thread, now) in Read(_processes))
            {
                var before = _before.GetValueOrDefault(thread);
                ran += now.Ran - before.Ran;
                waited += now.Waited - before.Waited;
            }

            return ran > 0 ? (double)(ran + waited) / ran : 1;
        }
    }

    /// <param name="took">Since this was made.</param>
    /// <param name="limit">On idle cores.</param>
    public void AssertWithin(TimeSpan took, TimeSpan limit)
    {
        var slowdown = Slowdown;
        Assert.True(took <= limit * slowdown, string.Create(CultureInfo.InvariantCulture, $"it took {took.TotalSeconds:0.00} s, expected at most {limit.TotalSeconds:0} s on a machine that has time; this one made the silos {slowdown:0.0} times slower"));
    }

    private static Dictionary<string, (long Ran, long Waited)> Read(int[] processes)
    {
        var threads = new Dictionary<string, (long, long)>();
        foreach (var process in processes)
        {
            var folder = $"/proc/{process}/task";
            foreach (var thread in Directory.Exists(folder) ? Directory.GetDirectories(folder) : [])
            {
                try
                {
                    // Nanoseconds that it ran, and that it could have run but waited for a core.
                    var counts = File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ');
                    threads[thread] = (long.Parse(counts[0], CultureInfo.InvariantCulture), long.Parse(counts[1], CultureInfo.InvariantCulture));
                }
                catch (IOException)
                {
                    // It has ended since.
                }
            }
        }

        return threads;
    }
}
