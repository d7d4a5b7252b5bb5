using Google.Protobuf;

namespace Orchestrator.Protos.Rpc;

/// <summary>Moves messages from a source into a pipe: none is held back, and none is flushed while the next is already there.</summary>
public static class MessagePump
{
    /// <param name="source">Disposed at the end, also when the call ended first; then as soon as its pending move completes.</param>
    /// <param name="writer">Where to; used only in this pump's turn.</param>
    /// <param name="turn">Taken by the pump when this is called.</param>
    /// <param name="compress">Asked before each message.</param>
    /// <param name="start">Called once before the first message; sends headers.</param>
    /// <param name="cancellation">Breaks off a flush that the other end holds up.</param>
    public static Task RunAsync<T>(
        IAsyncEnumerator<T> source, MessageWriter writer, PipeTurn turn, Func<bool> compress, Func<Task>? start, CancellationToken cancellation)
        where T : IMessage =>
        RunAsync(source, static (writer, message, compress) => writer.Write(message, compress), writer, turn, compress, start, cancellation);

    /// <summary>The same for messages that are bytes already.</summary>
    public static Task RunAsync<T>(
        IAsyncEnumerator<Encoded<T>> source, MessageWriter writer, PipeTurn turn, Func<bool> compress, Func<Task>? start, CancellationToken cancellation)
        where T : IMessage<T> =>
        RunAsync(source, static (writer, message, compress) => writer.Write(message.Body.Span, compress), writer, turn, compress, start, cancellation);

    static async Task RunAsync<T>(
        IAsyncEnumerator<T> source, Action<MessageWriter, T, bool> write, MessageWriter writer, PipeTurn turn, Func<bool> compress, Func<Task>? start, CancellationToken cancellation)
    {
        ValueTask<bool> move = default;
        var moving = false;
        try
        {
            while (!turn.IsAbandoned)
            {
                move = source.MoveNextAsync();
                if (!move.IsCompleted)
                {
                    moving = true;
                    if (writer.PendingBytes > 0)
                    {
                        await writer.FlushAsync(cancellation).ConfigureAwait(false);
                    }

                    if (!turn.TryRelease())
                    {
                        return;
                    }

                    moving = false;
                    bool more;
                    try
                    {
                        more = await move.ConfigureAwait(false);
                    }
                    finally
                    {
                        // A fault of the source goes on as it is; whether anybody still listens is the caller's matter.
                        turn.TryTake();
                    }

                    if (!more || turn.IsAbandoned)
                    {
                        return;
                    }
                }
                else if (!move.Result)
                {
                    return;
                }

                if (start is not null)
                {
                    await start().ConfigureAwait(false);
                    start = null;
                }

                write(writer, source.Current, compress());
                if (writer.PendingBytes >= MessageWriter.FlushAtBytes)
                {
                    await writer.FlushAsync(cancellation).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            if (moving)
            {
                // An iterator cannot be disposed while it moves; it is when the move completes, whenever that is.
                _ = DisposeAfterAsync(move, source);
            }
            else
            {
                await source.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    static async Task DisposeAfterAsync<T>(ValueTask<bool> move, IAsyncEnumerator<T> source)
    {
        try
        {
            await move.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The call is over and answered; nobody is left to tell.
        catch (Exception)
#pragma warning restore CA1031
        {
        }

        await source.DisposeAsync().ConfigureAwait(false);
    }
}
