using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Orchestrator.V1;

namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>One stream to another silo, whoever opened it: what waits to be written, and its end. Safe from any thread.</summary>
internal sealed class Way(string silo, bool isOurs, Channel<LinkMessage>? waiting = null) : IDisposable
{
    // Answers and questions are bounded by credit; what goes beyond is a flood of messages that may be lost.
    private const int MostWaiting = 65_536;

    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource _linked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Silo => silo;

    /// <summary>Opened by this silo.</summary>
    public bool IsOurs => isOurs;

    /// <summary>Both ends have said hello.</summary>
    public bool IsLinked => _linked.Task.IsCompleted;

    public void Linked() => _linked.TrySetResult();

    public CancellationToken Over => _over.Token;

    /// <summary>Not sent yet; goes on over the next stream if this one was never linked.</summary>
    public Channel<LinkMessage> Waiting { get; } = waiting ?? Channel.CreateUnbounded<LinkMessage>();

    public bool Send(LinkMessage message) => Waiting.Reader.Count < MostWaiting && Waiting.Writer.TryWrite(message);

    public void End()
    {
        try
        {
            _over.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Over before.
        }
    }

    public void Dispose() => _over.Dispose();

    /// <summary>Hello, then what waits and comes, until the way is over.</summary>
    public async IAsyncEnumerable<LinkMessage> MessagesAsync(LinkHello me, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        yield return new LinkMessage { Hello = me };
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, cancel);

        // Nothing but hello goes out before the other end has taken the stream: what it refuses would be lost without anybody hearing of it.
        if (await Task.WhenAny(_linked.Task, Task.Delay(Timeout.Infinite, either.Token)).ConfigureAwait(false) != _linked.Task)
        {
            yield break;
        }

        while (true)
        {
            try
            {
                if (!await Waiting.Reader.WaitToReadAsync(either.Token).ConfigureAwait(false))
                {
                    yield break;
                }
            }
            catch (OperationCanceledException)
            {
                yield break;
            }

            while (Waiting.Reader.TryRead(out var message))
            {
                yield return message;
            }
        }
    }
}
