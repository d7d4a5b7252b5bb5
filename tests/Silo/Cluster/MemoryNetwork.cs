using System.Threading.Channels;
using Google.Protobuf;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Cluster;

/// <summary>Links between silos of one process. Messages go through their wire form; links break when the test says so.</summary>
internal sealed class MemoryNetwork
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, End> _ends = [];
    private readonly Dictionary<(string From, string To), Channel<byte[]>> _lines = [];
    private readonly HashSet<string> _cut = [];

    /// <summary>Every message on its way: from, to, what. May be called from any thread.</summary>
    public Action<string, string, LinkMessage> OnMessage { get; set; } = (_, _, _) => { };

    public ISiloLink Of(string silo) => new End(this, silo);

    /// <summary>Nobody reaches this silo any more, and both ends of its links hear of it.</summary>
    public void Cut(string silo)
    {
        lock (_gate)
        {
            _cut.Add(silo);
        }

        foreach (var other in Names())
        {
            Break(silo, other);
        }
    }

    public void Mend(string silo)
    {
        lock (_gate)
        {
            _cut.Remove(silo);
        }
    }

    public void Break(string one, string other)
    {
        End?[] ends;
        lock (_gate)
        {
            if (!_lines.Remove((one, other), out var there) | !_lines.Remove((other, one), out var back))
            {
                return;
            }

            there?.Writer.TryComplete();
            back?.Writer.TryComplete();
            while (there?.Reader.TryRead(out _) == true || back?.Reader.TryRead(out _) == true)
            {
                // What was on its way is lost.
            }

            ends = [_ends.GetValueOrDefault(one), _ends.GetValueOrDefault(other)];
        }

        ends[0]?.Receiver?.Broken(other);
        ends[1]?.Receiver?.Broken(one);
    }

    private string[] Names()
    {
        lock (_gate)
        {
            return [.. _ends.Keys];
        }
    }

    private bool Send(string from, string to, LinkMessage message)
    {
        Channel<byte[]>? line;
        lock (_gate)
        {
            if (_cut.Contains(from) || _cut.Contains(to) || !_ends.ContainsKey(to) || !_ends.ContainsKey(from))
            {
                return false;
            }

            if (!_lines.TryGetValue((from, to), out line))
            {
                Link(from, to);
                Link(to, from);
                line = _lines[(from, to)];
            }
        }

        OnMessage(from, to, message);
        return line.Writer.TryWrite(message.ToByteArray());
    }

    private void Link(string from, string to)
    {
        var line = Channel.CreateUnbounded<byte[]>();
        _lines[(from, to)] = line;
        _ = Task.Run(async () =>
        {
            var receiver = _ends[to].Receiver!;
            receiver.Linked(_ends[from].Hello!);
            await foreach (var message in line.Reader.ReadAllAsync())
            {
                receiver.Received(from, LinkMessage.Parser.ParseFrom(message));
            }
        });
    }

    private sealed class End(MemoryNetwork network, string silo) : ISiloLink
    {
        public LinkHello? Hello { get; private set; }

        public ILinkReceiver? Receiver { get; private set; }

        public void Open(LinkHello me, ILinkReceiver receiver)
        {
            (Hello, Receiver) = (me, receiver);
            lock (network._gate)
            {
                network._ends[silo] = this;
            }
        }

        public bool Send(string to, string address, LinkMessage message) => network.Send(silo, to, message);

        public void Close(string other) => network.Break(silo, other);

        public ValueTask DisposeAsync()
        {
            network.Cut(silo);
            return default;
        }
    }
}
