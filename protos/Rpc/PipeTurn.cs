namespace Orchestrator.Protos.Rpc;

/// <summary>
/// Who may touch the outgoing pipe: the pump while it writes, and whoever ends the call while the pump waits for its source.
/// So a deadline ends a call with trailers although its handler still runs, without a lock around the pipe.
/// </summary>
public sealed class PipeTurn(bool writing)
{
    const int Waiting = 0;
    const int Writing = 1;
    const int Abandoned = 2;

    int state = writing ? Writing : Waiting;

    public bool IsAbandoned => Volatile.Read(ref state) == Abandoned;

    /// <summary>The pump is about to write. False: the call ended meanwhile, hands off.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref state, Writing, Waiting) == Waiting;

    /// <summary>The pump is about to wait for its source. False: the call ended meanwhile.</summary>
    public bool TryRelease() => Interlocked.CompareExchange(ref state, Waiting, Writing) == Writing;

    /// <summary>Ends the pump. True: it is waiting and will not touch the pipe again. False: it is writing; await it before the pipe is free.</summary>
    public bool Abandon() => Interlocked.Exchange(ref state, Abandoned) != Writing;
}
