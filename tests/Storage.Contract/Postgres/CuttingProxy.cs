using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Storage.Contract.Tests.Postgres;

/// <summary>A network between a silo and the server that breaks where the test says. All connections through it are cut together.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _server;
    private readonly List<(Socket Client, Socket Server)> _pairs = [];
    private readonly Lock _gate = new();
    private volatile Cut _next;

    public CuttingProxy(int server)
    {
        _server = server;
        _listener.Start();
        _ = AcceptAsync();
    }

    public enum Cut
    {
        /// <summary>All goes through.</summary>
        Nowhere,

        /// <summary>The next thing a client says does not reach the server.</summary>
        BeforeTheRequest,

        /// <summary>The next thing the server says does not reach its client.</summary>
        BeforeTheAnswer,
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Cuts all connections there, once; new ones work.</summary>
    public void Arm(Cut where) => _next = where;

    /// <summary>Cuts all connections now.</summary>
    public void CutNow()
    {
        lock (_gate)
        {
            _next = Cut.Nowhere;
            foreach (var (client, server) in _pairs)
            {
                client.Dispose();
                server.Dispose();
            }
            _pairs.Clear();
        }
    }

    public ValueTask DisposeAsync()
    {
        _listener.Stop();
        CutNow();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync();
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                client.NoDelay = true;
                await server.ConnectAsync(IPAddress.Loopback, _server);
                lock (_gate)
                {
                    _pairs.Add((client, server));
                }
                _ = PumpAsync(client, server, Cut.BeforeTheRequest);
                _ = PumpAsync(server, client, Cut.BeforeTheAnswer);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Cut here)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is var count and > 0)
            {
                if (_next == here)
                {
                    CutNow();
                    return;
                }
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
                }
            }
            to.Dispose();
        }
        catch (Exception cut) when (cut is SocketException or ObjectDisposedException)
        {
            to.Dispose();
        }
    }
}
