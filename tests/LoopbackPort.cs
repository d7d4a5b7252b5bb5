using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Tests;

/// <summary>Ports of this machine for processes that a test starts, each given once.</summary>
/// <remarks>
/// A port that the system gave and that was let go again may be given to the next who asks, or to an outgoing connection, before the process that is to have it listens: two silos of a cluster were
/// told the same one. These are below the range from which the system gives (32,768 on Linux).
/// </remarks>
internal static class LoopbackPort
{
    private const int First = 10_000;
    private const int Behind = 32_768;
    private static readonly ConcurrentDictionary<int, bool> Given = new();

    /// <returns>A port at which nobody listens, and which nobody else in this process is given.</returns>
    public static int Take()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, Behind);
            if (Given.TryAdd(port, true) && IsFree(port))
            {
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Any, port) { ExclusiveAddressUse = true };
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
