using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Orchestrator.Silo.Rpc;

/// <summary>Opens the port that gRPC is served on.</summary>
public static class RpcListening
{
    /// <summary>
    /// Lets a connection's reading and writing go on on the thread that they are on. A call's own code is handed to another one in any case; without this each read and each write is handed
    /// over once more, and waking a thread costs more than a small write.
    /// </summary>
    public static IWebHostBuilder UseRpcSockets(this IWebHostBuilder host) => host.UseSockets(static sockets => sockets.UnsafePreferInlineScheduling = true);

    /// <summary>Listens for cleartext HTTP/2 with prior knowledge, as every gRPC client speaks it. HTTP/1.1 needs a port of its own.</summary>
    /// <param name="kestrel">The server's options; limits that hold for the whole server are set on them.</param>
    /// <param name="address">Where to listen.</param>
    /// <param name="port">0 lets the system choose.</param>
    public static void ListenRpc(this KestrelServerOptions kestrel, IPAddress address, int port)
    {
        kestrel.AddServerHeader = false;
        var http2 = kestrel.Limits.Http2;

        // A dead peer is noticed within 40 s although its streams are silent; a heartbeat passes every 15 s on those that matter.
        http2.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
        http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);

        // Windows and frame size stay at the defaults: larger ones were measured and win nothing on short links.
        // Metadata of 16 kB is common with tokens in it; the defaults of 32 kB stay.
        kestrel.Listen(address, port, listen => listen.Protocols = HttpProtocols.Http2);
    }
}
