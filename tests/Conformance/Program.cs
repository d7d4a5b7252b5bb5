using System.Net;
using Microsoft.Extensions.Hosting;

namespace Orchestrator.Conformance;

/// <summary><c>--grpc http://host:port</c> hosts the test service until it is told to stop; anything else runs the tests.</summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is not ["--grpc", var url])
        {
            return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme != "http" || !IPAddress.TryParse(address.Host.Replace("localhost", "127.0.0.1", StringComparison.Ordinal), out var ip))
        {
            await Console.Error.WriteLineAsync($"expected an address like `http://127.0.0.1:10000`, found `{url}`");
            return 2;
        }

        var app = await Host.StartAsync(address.Port, address: ip);
        await Console.Out.WriteLineAsync($"serving grpc.testing.TestService on {Host.AddressOf(app)}");
        await app.WaitForShutdownAsync();
        return 0;
    }
}
