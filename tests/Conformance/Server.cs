using Microsoft.AspNetCore.Builder;
using Xunit;

[assembly: AssemblyFixture(typeof(Orchestrator.Conformance.Server))]

namespace Orchestrator.Conformance;

/// <summary>One server for all tests.</summary>
public sealed class Server : IAsyncLifetime
{
    WebApplication? app;

    public Uri Address => Host.AddressOf(app!);

    public async ValueTask InitializeAsync() => app = await Host.StartAsync(port: 0);

    public async ValueTask DisposeAsync() => await app!.DisposeAsync();
}
