using System.Net;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Silo.Rpc;

namespace Orchestrator.Conformance;

/// <summary>A server with gRPC's test service, health and reflection on our adapter.</summary>
public static class Host
{
    /// <param name="port">0 lets the system choose.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="map">Further services.</param>
    /// <param name="address">Null for the loopback.</param>
    public static async Task<WebApplication> StartAsync(int port, RpcOptions? options = null, Action<WebApplication>? map = null, IPAddress? address = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore().AddLogging(log => log.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenRpc(address ?? IPAddress.Loopback, port));
        var app = builder.Build();
        app.UseRouting();
        app.UseRpcUnimplemented();
        app.MapRpc(TestReflection.Descriptor.Services[0], new TestService(), options);
        app.MapRpcHealth();
        app.MapRpcReflection();
        map?.Invoke(app);
        await app.StartAsync();
        return app;
    }

    public static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
}
