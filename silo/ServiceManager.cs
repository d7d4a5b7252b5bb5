using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Silo;

/// <summary>Tells systemd how far the silo is (sd_notify: one datagram to the socket that <c>NOTIFY_SOCKET</c> names). Silent where nobody asks.</summary>
internal static class ServiceManager
{
    /// <summary>It serves: units that wait for it may start.</summary>
    public static void Ready(string status) => Tell($"READY=1\nSTATUS={status}");

    /// <summary>It hands its work over and will exit by itself.</summary>
    public static void Stopping() => Tell("STOPPING=1");

    private static void Tell(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } path)
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // A leading @ stands for the abstract namespace, written with a null character.
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path));
        }
        catch (SocketException gone)
        {
            Console.Error.WriteLine($"warning: the service manager's socket `{path}` does not take messages: {gone.Message}");
        }
    }
}
