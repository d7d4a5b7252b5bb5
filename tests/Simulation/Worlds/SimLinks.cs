using Google.Protobuf;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.Simulation.Machine;
using Orchestrator.Simulation.Planting;
using Orchestrator.V1;
using Action = System.Action;

namespace Orchestrator.Simulation.Worlds;

/// <summary>
/// Links between silos as <see cref="ISiloLink"/> promises them and no better: in order and at most once while a link holds, slow without limit, broken at any
/// moment, with each end hearing of it at a time of its own, and perhaps late. Messages go through their wire form.
/// </summary>
internal sealed class SimLinks(World world)
{
    private readonly Dictionary<string, End> _ends = [];
    private readonly HashSet<(string, string)> _broken = [];
    private readonly Dictionary<(string From, string To), Line> _lines = [];

    /// <summary>How often one broke.</summary>
    public int Breaks { get; private set; }

    public ISiloLink Of(SimSilo silo) => new End(this, silo);

    /// <summary>The process is gone; the others hear of it some time.</summary>
    public void Died(string silo)
    {
        _ends.Remove(silo);
        foreach (var other in _lines.Keys.Where(l => l.From == silo).Select(l => l.To).ToList())
        {
            Break(silo, other, world.Simulation.Random.Chance(0.7) ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromSeconds(8));
        }
    }

    /// <summary>Breaks the link between two, if there is one; what is on its way is lost.</summary>
    public void Break(string one, string other, TimeSpan heardWithin)
    {
        if (!_lines.Remove((one, other), out var there) | !_lines.Remove((other, one), out var back))
        {
            return;
        }

        Breaks++;
        _broken.UnionWith([(one, other), (other, one)]);
        world.Simulation.Trace.Note(world.Simulation.Now, "link-breaks", text: $"{one} {other}");
        there?.Waiting.Clear();
        back?.Waiting.Clear();
        Hear(one, other, heardWithin);
        Hear(other, one, heardWithin);
    }

    private void Hear(string silo, string gone, TimeSpan within)
    {
        if (_ends.TryGetValue(silo, out var end))
        {
            world.Simulation.After(world.Simulation.Random.Between(TimeSpan.Zero, within), end.Silo.Process, () => end.Receiver!.Broken(gone));
        }
    }

    private bool Send(End from, string to, LinkMessage message)
    {
        var (simulation, random) = (world.Simulation, world.Simulation.Random);
        simulation.MustBeOnItsThread();
        if (!_ends.TryGetValue(to, out var end) || !_ends.ContainsKey(from.Silo.Name))
        {
            return false;
        }

        if (world.Network.Faulty && random.Chance(world.Swarm.Loss / 16))
        {
            // Too much waits for it: the link holds, and nobody hears of anything.
            return false;
        }

        if (world.Network.Faulty && random.Chance(world.Swarm.Loss / 8))
        {
            Break(from.Silo.Name, to, TimeSpan.FromSeconds(3));
            return random.Chance(0.5);
        }

        if ((world.Planted == PlantedBug.RelayNotResumed && message.KindCase == LinkMessage.KindOneofCase.RelayOpen && _broken.Contains((from.Silo.Name, to)))
            || (world.Planted == PlantedBug.RelayEndNotTold && message.RelayNews?.Refused.Length > 0))
        {
            return true;
        }

        if (!_lines.TryGetValue((from.Silo.Name, to), out var line))
        {
            line = Link(from, end);
            Link(end, from);
        }

        var bytes = message.ToByteArray();
        line.Put(() => end.Receiver!.Received(from.Silo.Name, LinkMessage.Parser.ParseFrom(bytes)));
        simulation.Trace.Note(simulation.Now, "link", from.Silo.Process.Id, end.Silo.Process.Id, bytes.Length, message.KindCase.ToString());
        return true;
    }

    private Line Link(End from, End to)
    {
        var line = _lines[(from.Silo.Name, to.Silo.Name)] = new Line(world, from, to);
        line.Put(() => to.Receiver!.Linked(from.Hello!));
        return line;
    }

    /// <summary>One direction of a link: what is put in comes out in that order, whatever the scheduler runs first.</summary>
    private sealed class Line(World world, End from, End to)
    {
        private long _lastAt;

        public Queue<Action> Waiting { get; } = new();

        public void Put(Action arrive)
        {
            Waiting.Enqueue(arrive);
            var at = Math.Max(_lastAt, world.Simulation.Now + world.Network.DelayOf(from.Silo.Process, to.Silo.Process).Ticks);
            _lastAt = at;
            world.Simulation.After(TimeSpan.FromTicks(at - world.Simulation.Now), to.Silo.Process, () =>
            {
                if (Waiting.TryDequeue(out var next))
                {
                    next();
                }
            });
        }
    }

    private sealed class End(SimLinks links, SimSilo silo) : ISiloLink
    {
        public SimSilo Silo => silo;

        public LinkHello? Hello { get; private set; }

        public ILinkReceiver? Receiver { get; private set; }

        public void Open(LinkHello me, ILinkReceiver receiver)
        {
            (Hello, Receiver) = (me, receiver);
            links._ends[silo.Name] = this;
        }

        public bool Send(string to, string address, LinkMessage message) => links.Send(this, to, message);

        public void Close(string other) => links.Break(silo.Name, other, TimeSpan.FromMilliseconds(50));

        public ValueTask DisposeAsync()
        {
            links.Died(silo.Name);
            return default;
        }
    }
}
