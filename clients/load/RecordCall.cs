using System.Threading.Tasks.Sources;
using Orchestrator.Client;
using Orchestrator.V1;

namespace Orchestrator.Load;

/// <summary>One long Record call that sends what its lane lets fall due. All that is due in one tick leaves in one write.</summary>
/// <remarks>
/// The pump of the client writes a message before it asks for the next, so one slate serves the whole call. Written by hand rather than as an
/// iterator: waiting is rare, and taking the next signal must cost next to nothing.
/// </remarks>
sealed class RecordCall(OrchestratorClient client, Workload workload, Lane lane) : IPacedCall, IAsyncEnumerable<RecordRequest>, IAsyncEnumerator<RecordRequest>, IValueTaskSource<bool>
{
    readonly Workload.Slate slate = new();
    ManualResetValueTaskSourceCore<bool> move = new() { RunContinuationsAsynchronously = true };
    bool moving;
    bool ended;

    public RecordRequest Current { get; private set; } = null!;

    public async Task RunAsync()
    {
        await foreach (var response in client.Signals.Record(this, new()).ConfigureAwait(false))
        {
            lane.Settle(response.Acknowledgements);
        }
    }

    public void Tick()
    {
        if (Volatile.Read(ref moving) && (lane.HasDue || Volatile.Read(ref ended)))
        {
            var more = Advance();
            Volatile.Write(ref moving, false);
            move.SetResult(more);
        }
    }

    public void End() => Volatile.Write(ref ended, true);

    public IAsyncEnumerator<RecordRequest> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    public ValueTask<bool> MoveNextAsync()
    {
        if (Advance())
        {
            return new(true);
        }

        // A signal that falls due right here is seen at the next tick.
        move.Reset();
        Volatile.Write(ref moving, true);
        return new(this, move.Version);
    }

    public ValueTask DisposeAsync() => default;

    bool IValueTaskSource<bool>.GetResult(short token) => move.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => move.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        move.OnCompleted(continuation, state, token, flags);

    bool Advance()
    {
        if (!lane.TryTake(out var number))
        {
            return false;
        }

        Current = workload.Fill(slate, number);
        return true;
    }
}

/// <summary>What the pacer drives.</summary>
interface IPacedCall
{
    /// <summary>Sends until <see cref="End"/>; fails as the call fails.</summary>
    Task RunAsync();

    /// <summary>Called by the pacer after its lane's tick.</summary>
    void Tick();

    /// <summary>Nothing more will fall due.</summary>
    void End();
}
