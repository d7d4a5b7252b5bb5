using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Orchestrator.Protos.Parsing;
using Orchestrator.V1;

namespace Orchestrator.Protos.Rpc;

/// <summary>Takes framed messages off a pipe, as many as have arrived without waiting in between.</summary>
/// <remarks>
/// One reader at a time. The pipe's buffer is kept across messages and given back only when no whole frame is left in it: one
/// read of the pipe for each batch rather than each message. <see cref="CloseAsync"/> may come from another thread.
/// </remarks>
public sealed class MessageReader<T> : IAsyncEnumerable<T>
    where T : class, IMessage<T>
{
    const int Idle = 0;
    const int Busy = 1;
    const int Closed = 2;

    readonly PipeReader pipe;
    readonly MessageParser<T> parser;
    readonly MessageReaderOptions options;
    readonly CallContext call;
    ReadOnlySequence<byte> buffer;
    ReadOnlyMemory<byte> segment;
    int offset;
    bool holding;
    bool ended;
    int turn;
    volatile bool waiting;

    public MessageReader(PipeReader pipe, MessageParser<T> parser, MessageReaderOptions options, CallContext call)
    {
        this.pipe = pipe;
        this.parser = parser;
        this.options = options;
        this.call = call;
    }

    /// <summary>Takes the next message if it has arrived whole.</summary>
    /// <exception cref="RpcException">The frame or the message in it is malformed or too large.</exception>
    /// <exception cref="OperationCanceledException">The call is over.</exception>
    public bool TryRead([NotNullWhen(true)] out T? message)
    {
        Enter();
        try
        {
            // The common case: header and body lie in one segment.
            var span = segment.Span;
            var available = span.Length - offset;
            if (available >= Frame.HeaderBytes)
            {
                var length = CheckHeader(span.Slice(offset, Frame.HeaderBytes), out var compressed);
                if (length <= available - Frame.HeaderBytes)
                {
                    message = compressed
                        ? Inflate(new ReadOnlySequence<byte>(segment.Slice(offset + Frame.HeaderBytes, length)))
                        : Parse(span.Slice(offset + Frame.HeaderBytes, length));
                    offset += Frame.HeaderBytes + length;
                    call.ReceivedCompressed = compressed;
                    return true;
                }
            }

            return TryReadAcross(out message);
        }
        finally
        {
            Volatile.Write(ref turn, Idle);
        }
    }

    /// <summary>True when <see cref="TryRead"/> will give a message, false at the end of the stream.</summary>
    /// <exception cref="RpcException">As in <see cref="TryRead"/>, or the stream ended inside a frame or was reset.</exception>
    /// <exception cref="OperationCanceledException">The call is over.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WaitToReadAsync(CancellationToken cancellation = default)
    {
        while (true)
        {
            ValueTask<ReadResult> read;
            Enter();
            try
            {
                if (HasWholeFrame())
                {
                    return true;
                }

                if (ended)
                {
                    if (buffer.Length - offset > 0)
                    {
                        throw new RpcException(StatusCode.Internal, "the stream ended inside a message");
                    }

                    GiveBack();
                    return false;
                }

                GiveBack();
                read = pipe.ReadAsync(cancellation);
                waiting = true;
            }
            catch (IOException cause)
            {
                throw options.Fault(cause);
            }
            finally
            {
                Volatile.Write(ref turn, Idle);
            }

            ReadResult result;
            try
            {
                result = await read.ConfigureAwait(false);
            }
            catch (IOException cause)
            {
                throw options.Fault(cause);
            }
            finally
            {
                waiting = false;
            }

            Enter();
            try
            {
                buffer = result.Buffer;
                segment = buffer.First;
                offset = 0;
                holding = true;
                ended = result.IsCompleted;
                if (result.IsCanceled)
                {
                    throw new OperationCanceledException("the call is over");
                }
            }
            finally
            {
                Volatile.Write(ref turn, Idle);
            }
        }
    }

    /// <summary>Reads the one message of a stream that must hold exactly one.</summary>
    /// <exception cref="RpcException">UNIMPLEMENTED: there are none, or two.</exception>
    public async ValueTask<T> ReadSingleAsync(CancellationToken cancellation = default)
    {
        if (!await WaitToReadAsync(cancellation).ConfigureAwait(false) || !TryRead(out var message))
        {
            throw new RpcException(StatusCode.Unimplemented, "expected one message, found none");
        }

        if (await WaitToReadAsync(cancellation).ConfigureAwait(false))
        {
            throw new RpcException(StatusCode.Unimplemented, "expected one message, found two or more");
        }

        return message;
    }

    /// <summary>
    /// Cuts the reader off its pipe. A handler that is left behind gets <see cref="OperationCanceledException"/> and can never read what
    /// the pooled stream carries next; when this returns, no code of the reader is inside the pipe.
    /// </summary>
    public async ValueTask CloseAsync()
    {
        var spin = default(SpinWait);
        while (Interlocked.CompareExchange(ref turn, Closed, Idle) == Busy)
        {
            spin.SpinOnce();
        }

        if (waiting)
        {
            pipe.CancelPendingRead();
            while (waiting)
            {
                await Task.Yield();
            }
        }
    }

    /// <summary>The rest of the messages; the reader is its own cursor, so enumerating twice goes on where the first left off.</summary>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumerator(this, cancellationToken);

    void Enter()
    {
        if (Interlocked.CompareExchange(ref turn, Busy, Idle) != Idle)
        {
            throw Volatile.Read(ref turn) == Closed
                ? new OperationCanceledException("the call is over")
                : new InvalidOperationException("a stream of messages has one reader at a time");
        }
    }

    bool TryReadAcross([NotNullWhen(true)] out T? message)
    {
        message = null;
        if (!HasWholeFrame())
        {
            return false;
        }

        var rest = buffer.Slice(offset);
        Span<byte> header = stackalloc byte[Frame.HeaderBytes];
        rest.Slice(0, Frame.HeaderBytes).CopyTo(header);
        var length = CheckHeader(header, out var compressed);
        var body = rest.Slice(Frame.HeaderBytes, length);
        message = compressed ? Inflate(body) : body.IsSingleSegment ? Parse(body.FirstSpan) : Parse(body);
        buffer = buffer.Slice(body.End);
        segment = buffer.First;
        offset = 0;
        call.ReceivedCompressed = compressed;
        return true;
    }

    bool HasWholeFrame()
    {
        var available = buffer.Length - offset;
        if (available < Frame.HeaderBytes)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[Frame.HeaderBytes];
        buffer.Slice(offset, Frame.HeaderBytes).CopyTo(header);
        return CheckHeader(header, out _) <= available - Frame.HeaderBytes;
    }

    // Too large a message is refused by its header, before its body is on its way into memory.
    int CheckHeader(ReadOnlySpan<byte> header, out bool compressed)
    {
        if (header[0] > 1)
        {
            throw new RpcException(StatusCode.Internal, $"expected a frame flag of 0 or 1, found {header[0]}");
        }

        compressed = header[0] == 1;
        if (compressed && !options.Compressed)
        {
            throw new RpcException(StatusCode.Internal, "a message is flagged as compressed, but `grpc-encoding` names no compression");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        return length <= (uint)options.LimitBytes
            ? (int)length
            : throw new RpcException(StatusCode.ResourceExhausted, $"expected a message of at most {options.LimitBytes} bytes, found {length}");
    }

    T Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            // A constant for each type: whoever reads other messages asks nothing.
            return typeof(T) == typeof(RecordRequest) && SignalParser.TryParse(body) is { } request ? (T)(object)request : parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException cause)
        {
            throw Malformed(cause);
        }
    }

    T Parse(ReadOnlySequence<byte> body)
    {
        try
        {
            return parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException cause)
        {
            throw Malformed(cause);
        }
    }

    T Inflate(ReadOnlySequence<byte> body)
    {
        var (plain, count) = Gzip.Inflate(body, options.LimitBytes);
        try
        {
            return Parse(plain.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    void GiveBack()
    {
        if (holding)
        {
            pipe.AdvanceTo(buffer.GetPosition(offset), buffer.End);
            holding = false;
            buffer = default;
            segment = default;
            offset = 0;
        }
    }

    static RpcException Malformed(InvalidProtocolBufferException cause) =>
        new(StatusCode.Internal, $"the message is not a valid `{typeof(T).Name}`", cause);

    // Written by hand: a compiler-made iterator would add a state machine to each message.
    sealed class Enumerator(MessageReader<T> reader, CancellationToken cancellation) : IAsyncEnumerator<T>
    {
        T? current;

        public T Current => current!;

        public ValueTask<bool> MoveNextAsync() => reader.TryRead(out current) ? new(true) : WaitAsync();

        public ValueTask DisposeAsync() => default;

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        async ValueTask<bool> WaitAsync() =>
            await reader.WaitToReadAsync(cancellation).ConfigureAwait(false) && reader.TryRead(out current);
    }
}
