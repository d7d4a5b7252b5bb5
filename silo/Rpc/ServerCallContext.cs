using System.Net;
using System.Net.Sockets;
using System.Security.Claims;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Silo.Rpc;

/// <summary>A served call's context. It lets go of the request when the call ends, since the server pools it and a left-behind handler may not.</summary>
sealed class ServerCallContext(HttpContext http) : CallContext
{
    HttpContext? request = http;
    string? peer;

    public override string Peer => peer ??= Describe(request?.Connection);

    public override ClaimsPrincipal User => request?.User ?? base.User;

    public void Close() => request = null;

    protected override Metadata LoadRequestHeaders()
    {
        var metadata = new Metadata();
        foreach (var (name, values) in request?.Request.Headers ?? new HeaderDictionary())
        {
            if (!Metadata.IsReserved(name))
            {
                foreach (var value in values)
                {
                    metadata.AddAsTravels(name, value ?? "");
                }
            }
        }

        return metadata;
    }

    static string Describe(ConnectionInfo? connection) => connection?.RemoteIpAddress switch
    {
        null => "",
        { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } v6 => $"ipv6:{new IPEndPoint(v6, connection.RemotePort)}",
        var v4 => $"ipv4:{v4.MapToIPv4()}:{connection.RemotePort}",
    };
}
