using Google.Protobuf;

namespace Orchestrator.Protos.Rpc;

/// <summary>A message that is there as bytes already: where thousands of small parts a second make up messages, an object for each of them only to be written is what costs.</summary>
/// <param name="Body">The message's own fields as protobuf writes them; valid until the source of messages is asked for the next.</param>
public readonly record struct Encoded<T>(ReadOnlyMemory<byte> Body)
    where T : IMessage<T>;
