using Google.Protobuf;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Client;

/// <summary>The responses of a streaming call. The call starts at the first move; leaving the loop early cancels it.</summary>
/// <remarks>Written by hand: a compiler-made iterator would add a state machine to each message.</remarks>
sealed class ResponseStream<TResponse>(Func<ClientCall<TResponse>> open, Func<ClientCall<TResponse>, Task> start) : IAsyncEnumerable<TResponse>
    where TResponse : class, IMessage<TResponse>
{
    public IAsyncEnumerator<TResponse> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Cursor(open(), start, cancellationToken);

    sealed class Cursor(ClientCall<TResponse> call, Func<ClientCall<TResponse>, Task> start, CancellationToken cancellation) : IAsyncEnumerator<TResponse>
    {
        bool started;
        bool ended;
        TResponse? current;

        public TResponse Current => current!;

        public ValueTask<bool> MoveNextAsync() => call.Reader?.TryRead(out current) == true ? new(true) : WaitAsync();

        public ValueTask DisposeAsync()
        {
            call.Dispose();
            return default;
        }

        async ValueTask<bool> WaitAsync()
        {
            if (ended)
            {
                return false;
            }

            // A token given to the loop, besides the call's own, gives the call up too.
            using var registration = cancellation.UnsafeRegister(static state => ((ClientCall<TResponse>)state!).Cancel(), call);
            if (!started)
            {
                started = true;
                await start(call).ConfigureAwait(false);
            }

            ended = !await call.WaitToReadAsync().ConfigureAwait(false);
            return !ended && call.Reader!.TryRead(out current);
        }
    }
}
