using Xunit;

namespace Orchestrator.Conformance;

/// <summary>gRPC's standard interoperability cases by clients that others wrote.</summary>
public sealed class ForeignClientTests(ForeignClients clients) : IClassFixture<ForeignClients>
{
    public static TheoryData<string> Cases => new(
        "empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream", "timeout_on_sleeping_server",
        "cancel_after_begin", "cancel_after_first_response", "custom_metadata", "status_code_and_message", "special_status_message",
        "unimplemented_method", "unimplemented_service", "client_compressed_unary", "client_compressed_streaming",
        "server_compressed_unary", "server_compressed_streaming");

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_client_for_Node_passes(string name) => Assert.Equal("ok", (await clients.Node).GetValueOrDefault(name, "the script did not run it"));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_client_for_Python_passes(string name) => Assert.Equal("ok", (await clients.Python).GetValueOrDefault(name, "the script did not run it"));
}
