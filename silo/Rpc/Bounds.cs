using Orchestrator.Protos.Rpc;

namespace Orchestrator.Silo.Rpc;

/// <summary>What ends a call from outside: its client, its deadline and, for a stream, the silo's shutdown. One token for all three.</summary>
sealed class Bounds : IDisposable
{
    readonly CancellationToken client;
    readonly CancellationToken stopping;
    readonly CancellationTokenSource? deadline;
    readonly CancellationTokenSource? all;

    Bounds(TimeSpan? timeout, TimeProvider clock, CancellationToken client, CancellationToken stopping)
    {
        this.client = client;
        this.stopping = stopping;
        deadline = timeout is { } time ? new CancellationTokenSource(time, clock) : null;
        all = deadline is null && !stopping.CanBeCanceled
            ? null
            : CancellationTokenSource.CreateLinkedTokenSource(client, stopping, deadline?.Token ?? default);
        Token = all?.Token ?? client;
    }

    public CancellationToken Token { get; }

    /// <summary>Whether the call can end while its client listens. Otherwise nobody is kept waiting by a handler that ignores its token.</summary>
    public bool MayAbandon => all is not null;

    /// <summary>Shutdown is the only reason so far.</summary>
    public bool StopsOnly =>
        stopping.IsCancellationRequested && !client.IsCancellationRequested && deadline is not { IsCancellationRequested: true };

    public Status Why => deadline is { IsCancellationRequested: true } && !client.IsCancellationRequested
        ? new(StatusCode.DeadlineExceeded, "the deadline has passed")
        : StopsOnly ? new(StatusCode.Unavailable, "the silo is stopping; try another") : new(StatusCode.Cancelled, "the client cancelled the call");

    public static Bounds Of(TimeSpan? timeout, TimeProvider clock, CancellationToken client, CancellationToken stopping) =>
        new(timeout, clock, client, stopping);

    public void Dispose()
    {
        all?.Dispose();
        deadline?.Dispose();
    }
}
