using System.Text.Json;
using Xunit;

namespace Orchestrator.Conformance;

/// <summary>A command-line client that knows nothing of our files and learns all by reflection.</summary>
public sealed class BufCurlTests(Server server)
{
    [Theory]
    [InlineData("grpc-v1")]
    [InlineData("grpc-v1alpha")]
    public async Task A_unary_method_is_found_by_reflection_and_called(string reflection)
    {
        var output = await CurlAsync("grpc.testing.TestService/UnaryCall", """{"responseSize":3}""", "--reflect-protocol", reflection);
        Assert.Equal("AAAA", JsonDocument.Parse(output).RootElement.GetProperty("payload").GetProperty("body").GetString());
    }

    [Fact]
    public async Task A_server_stream_arrives_whole()
    {
        var output = await CurlAsync("grpc.testing.TestService/StreamingOutputCall", """{"responseParameters":[{"size":1},{"size":2}]}""");
        Assert.Equal(2, output.Split("payload").Length - 1);
    }

    [Fact]
    public async Task Every_service_is_listed()
    {
        var output = await RunAsync(0, "--list-services", server.Address.ToString());
        Assert.Equal(
            ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "grpc.testing.TestService"],
            output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith("grpc.", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("", "SERVING")]
    [InlineData("grpc.testing.TestService", "SERVING")]
    public async Task Health_is_told(string service, string status) =>
        Assert.Equal(status, JsonDocument.Parse(await CurlAsync("grpc.health.v1.Health/Check", $$"""{"service":"{{service}}"}""")).RootElement.GetProperty("status").GetString());

    [Fact]
    public async Task Health_of_a_service_that_is_not_served_is_not_found() =>
        Assert.Contains("not_found", await RunAsync(5 * 8, "-d", """{"service":"nope"}""", new Uri(server.Address, "grpc.health.v1.Health/Check").ToString()), StringComparison.Ordinal);

    async Task<string> CurlAsync(string method, string request, params string[] more) =>
        await RunAsync(0, [.. more, "-d", request, new Uri(server.Address, method).ToString()]);

    // buf ends with eight times the status code.
    static async Task<string> RunAsync(int code, params string[] arguments)
    {
        var (folder, reason) = await NodeModules.FindAsync();
        if (folder is null)
        {
            Tool.Missing(reason);
        }

        var run = await Tool.RunAsync(Path.Combine(folder!, "node_modules", ".bin", "buf"), folder!, ["curl", "--http2-prior-knowledge", "--protocol", "grpc", .. arguments]);
        if (run is not { } ended)
        {
            Tool.Missing("buf");
            return "";
        }

        Assert.True(ended.Code == code, $"exit code {ended.Code}: {ended.Output}");
        return ended.Output;
    }
}
