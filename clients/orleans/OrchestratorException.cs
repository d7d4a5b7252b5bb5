using Orleans;

namespace Orchestrator.Orleans;

/// <summary>A call was refused or could not be done: the same codes and sentences as over gRPC.</summary>
/// <param name="code">Name of the gRPC status, such as <c>NOT_FOUND</c>.</param>
/// <param name="message">What was expected and what came.</param>
[GenerateSerializer, Alias("orchestrator.exception")]
#pragma warning disable CA1032 // Without a code it says nothing.
public sealed class OrchestratorException(string code, string message) : Exception(message)
#pragma warning restore CA1032
{
    /// <summary>Name of the gRPC status.</summary>
    [Id(0)]
    public string Code { get; private set; } = code;
}
