using Google.Protobuf;
using Orchestrator.V1;
using Orleans;

namespace Orchestrator.Orleans;

/// <summary>A message of the contract as Orleans carries it: its protobuf bytes, so that a newer silo and an older client understand each other as they do over gRPC.</summary>
[GenerateSerializer, Immutable, Alias("orchestrator.protobuf")]
public record struct ProtobufBytes
{
    /// <summary>The message; never null.</summary>
    [Id(0)]
    public byte[] Bytes { get; set; }
}

/// <summary>Takes one kind of message to Orleans and back.</summary>
public abstract class ProtobufForm<T>(MessageParser<T> parser) : IConverter<T, ProtobufBytes>
    where T : class, IMessage<T>
{
    public T ConvertFromSurrogate(in ProtobufBytes surrogate) => parser.ParseFrom(surrogate.Bytes);

    public ProtobufBytes ConvertToSurrogate(in T value) => new() { Bytes = value.ToByteArray() };
}

// Every message that the grains of this assembly take or give, and what the stream of actions carries.

[RegisterConverter]
internal sealed class SignalForm() : ProtobufForm<Signal>(Signal.Parser);

[RegisterConverter]
internal sealed class AcknowledgementForm() : ProtobufForm<Acknowledgement>(Acknowledgement.Parser);

[RegisterConverter]
internal sealed class GetAccountResponseForm() : ProtobufForm<GetAccountResponse>(GetAccountResponse.Parser);

[RegisterConverter]
internal sealed class GetContactResponseForm() : ProtobufForm<GetContactResponse>(GetContactResponse.Parser);

[RegisterConverter]
internal sealed class TimelineResponseForm() : ProtobufForm<TimelineResponse>(TimelineResponse.Parser);

[RegisterConverter]
internal sealed class ExplainRequestForm() : ProtobufForm<ExplainRequest>(ExplainRequest.Parser);

[RegisterConverter]
internal sealed class ExplainResponseForm() : ProtobufForm<ExplainResponse>(ExplainResponse.Parser);

[RegisterConverter]
internal sealed class DecideResponseForm() : ProtobufForm<DecideResponse>(DecideResponse.Parser);

[RegisterConverter]
internal sealed class SettlementForm() : ProtobufForm<Settlement>(Settlement.Parser);

[RegisterConverter]
internal sealed class SettlementResultForm() : ProtobufForm<SettlementResult>(SettlementResult.Parser);

[RegisterConverter]
internal sealed class LeaseExtensionForm() : ProtobufForm<LeaseExtension>(LeaseExtension.Parser);

[RegisterConverter]
internal sealed class ReserveRequestForm() : ProtobufForm<ReserveRequest>(ReserveRequest.Parser);

[RegisterConverter]
internal sealed class ReserveResponseForm() : ProtobufForm<ReserveResponse>(ReserveResponse.Parser);

[RegisterConverter]
internal sealed class OpenForm() : ProtobufForm<SubscribeRequest.Types.Open>(SubscribeRequest.Types.Open.Parser);

[RegisterConverter]
internal sealed class DeliveryForm() : ProtobufForm<Delivery>(Delivery.Parser);
