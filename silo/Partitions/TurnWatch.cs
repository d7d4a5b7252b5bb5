using Microsoft.Extensions.Logging;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Partitions;

/// <summary>
/// Looks from outside at the turns of a silo. One that takes long is named; one that does not end is treated as a crash, so that its account is found out
/// (decisions/0001-quarantine.md) instead of holding the partition's thread for ever.
/// </summary>
/// <remarks>
/// A turn's time is counted in looks, not by the clock: a process that stood still as a whole (SIGSTOP, a machine that slept) has not been looking either, and its turns are not to blame.
/// </remarks>
public sealed partial class TurnWatch : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(125);
    private static readonly int LooksUntilSlow = Looks(TimeSpan.FromMilliseconds(250));
    private static readonly int LooksUntilDead = Looks(TimeSpan.FromSeconds(5));

    private readonly SiloRuntime _runtime;
    private readonly ILogger _log;
    private readonly Action<string> _crash;
    private readonly ITimer _timer;
    private Dictionary<int, (GrainCommand Command, int Looks)> _seen = [];

    /// <param name="machine">Real time.</param>
    /// <param name="crash">Ends the process at once, without letting anything run to its end: otherwise partitions would be left in order. Null = does so.</param>
    public TurnWatch(SiloRuntime runtime, TimeProvider machine, ILogger log, Action<string>? crash = null)
    {
        (_runtime, _log, _crash) = (runtime, log, crash ?? Environment.FailFast);
        _timer = machine.CreateTimer(static watch => ((TurnWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(Every, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    private static int Looks(TimeSpan time) => (int)(time.Ticks / Every.Ticks);

    private void Look()
    {
        try
        {
            var seen = new Dictionary<int, (GrainCommand Command, int Looks)>();
            foreach (var (partition, command) in _runtime.Turning)
            {
                var looks = _seen.TryGetValue(partition, out var before) && ReferenceEquals(before.Command, command) ? before.Looks + 1 : 0;
                seen[partition] = (command, looks);
                if (looks == LooksUntilSlow)
                {
                    var (name, what) = (Partition.NameOf(command.Target), Partition.Describe(command));
                    LogSlow(_log, name, what);
                }
                else if (looks == LooksUntilDead)
                {
                    _crash($"{Partition.NameOf(command.Target)} does not come to an end of deciding {Partition.Describe(command)} within 5 seconds: the silo gives up, so that its partitions go on elsewhere");
                }
            }

            _seen = seen;
        }
        finally
        {
            // One after the other, each after a pause: looks that pile up would count one moment many times.
            _timer.Change(Every, Timeout.InfiniteTimeSpan);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Account} has been deciding {Command} for more than 250 ms")]
    private static partial void LogSlow(ILogger log, string account, string command);
}
