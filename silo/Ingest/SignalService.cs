using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Ingest;

/// <summary>Takes in signals over gRPC. One object serves all calls; each stream has a <see cref="RecordStream"/> of its own.</summary>
public sealed class SignalService(SiloRuntime runtime, PlaybookShelf shelf, TimeProvider clock)
{
    public const int MostInBatch = 1_000;

    /// <summary>What was refused here.</summary>
    public RejectedSignals Rejected { get; } = new(clock.GetUtcNow());

    /// <summary>How much each stream may have in hand.</summary>
    internal StreamShares Streams { get; } = new();

    public IAsyncEnumerable<Encoded<RecordResponse>> Record(MessageReader<RecordRequest> requests, CallContext call) =>
        new RecordStream(this).RunAsync(requests, call.CancellationToken);

    public async Task<RecordBatchResponse> RecordBatch(RecordBatchRequest request, CallContext call)
    {
        if (request.Signals.Count > MostInBatch)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"at most {MostInBatch} signals fit in a batch, {request.Signals.Count} came");
        }

        var batch = new RecordBatch(this, request.Signals.Count);
        for (var i = 0; i < request.Signals.Count; i++)
        {
            Take(request.Signals[i], batch, new RecordBatch.Slot(i, request.Signals[i]));
        }

        var answer = new RecordBatchResponse();
        answer.Acknowledgements.AddRange(await batch.AllAsync.WaitAsync(call.CancellationToken));
        return answer;
    }

    /// <summary>Checks a signal and hands it to its partition; <paramref name="to"/> hears of it exactly once, at once if it is refused.</summary>
    internal void Take(Signal? signal, IAcknowledged to, object? state)
    {
        var playbook = shelf.Current.Current(Tenants.Default);
        if (SignalSchema.Fault(signal, playbook) is { } fault)
        {
            to.Answered(state, new Outcome.Rejected(new Rejection.BadSignal(fault)));
            return;
        }

        runtime.Tell(CommandOf(signal!), to, state);
    }

    /// <summary>The answer to a signal; what is refused is counted and kept for whoever looks.</summary>
    internal Acknowledgement Acknowledge(Signal? signal, Outcome outcome)
    {
        var acknowledgement = Acknowledging.Of(signal?.Id ?? "", outcome);
        if (acknowledgement.Result == Acknowledgement.Types.Result.Refused)
        {
            Rejected.Add(signal, acknowledgement.Reason, clock.GetUtcNow());
        }

        return acknowledgement;
    }

    private Grains.Partitioning.GrainCommand CommandOf(Signal signal)
    {
        if (signal.Account.Length > 0)
        {
            return new AccountCommand.Record(GrainKey.Account(Tenants.Default, signal.Account), signal, "", clock.GetUtcNow());
        }

        var first = PersonName.Normalise(signal.Identifiers[0].Kind, signal.Identifiers[0].Value);
        return new IdentityCommand.Route(GrainKey.Identity(Tenants.Default, first.ToString()), signal, clock.GetUtcNow());
    }
}

/// <summary>Hears what became of signals.</summary>
internal interface IAcknowledged : IAnswered;

/// <summary>Whose data it is. One for now; tenants come with their credentials.</summary>
public static class Tenants
{
    public const string Default = "default";
}
