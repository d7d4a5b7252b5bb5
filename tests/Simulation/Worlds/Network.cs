using Orchestrator.Simulation.Machine;

namespace Orchestrator.Simulation.Worlds;

/// <summary>What runs between processes: late, lost, doubled, out of order, cut in one direction, or clogged and then all at once.</summary>
internal sealed class Network(SimMachine simulation, Swarm swarm)
{
    private readonly Dictionary<(Process From, Process To), (long Until, bool Clogs)> _cuts = [];

    /// <summary>False in the healing phase.</summary>
    public bool Faulty { get; set; } = true;

    /// <summary>Has something done in another process, perhaps.</summary>
    public void Send(Process from, Process to, string what, Action action)
    {
        simulation.MustBeOnItsThread();
        var random = simulation.Random;
        var delay = random.Between(TimeSpan.Zero, swarm.NetDelay);
        if (Faulty)
        {
            if (_cuts.TryGetValue((from, to), out var cut) && cut.Until > simulation.Now)
            {
                if (!cut.Clogs)
                {
                    return;
                }

                delay += TimeSpan.FromTicks(cut.Until - simulation.Now);
            }

            if (random.Chance(swarm.Loss))
            {
                simulation.Trace.Note(simulation.Now, "lost", from.Id, to.Id, text: what);
                return;
            }

            if (random.Chance(swarm.Slow))
            {
                delay += random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(8));
            }

            if (random.Chance(swarm.Double))
            {
                simulation.After(random.Between(TimeSpan.Zero, swarm.NetDelay * 3), to, action);
            }
        }

        simulation.Trace.Note(simulation.Now, "sent", from.Id, to.Id, text: what);
        simulation.After(delay, to, action);
    }

    /// <summary>How long a message of a link takes: a link does not lose what it carries, so where the way is cut it waits.</summary>
    public TimeSpan DelayOf(Process from, Process to)
    {
        var random = simulation.Random;
        var delay = random.Between(TimeSpan.Zero, swarm.NetDelay);
        if (Faulty && _cuts.TryGetValue((from, to), out var cut) && cut.Until > simulation.Now)
        {
            delay += TimeSpan.FromTicks(cut.Until - simulation.Now);
        }

        return Faulty && random.Chance(swarm.Slow / 4) ? delay + random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(8)) : delay;
    }

    /// <summary>Cuts one direction for a while.</summary>
    public void Cut(Process from, Process to, TimeSpan time, bool clogs)
    {
        simulation.Trace.Note(simulation.Now, clogs ? "clogged" : "cut", from.Id, to.Id, time.Ticks);
        _cuts[(from, to)] = (simulation.Now + time.Ticks, clogs);
    }
}
