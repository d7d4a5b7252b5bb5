using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;
using Grpc.Testing;
using Orchestrator.Protos.Rpc;
using Xunit;

namespace Orchestrator.Conformance;

public sealed class MessageReaderTests
{
    static readonly int[] Sizes = [0, 1, 5, 0, 0, 130, 3, 17, 1000, 2];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task However_the_bytes_are_cut_into_segments_the_messages_are_the_same(bool compress)
    {
        var bytes = await FramesAsync(compress);
        for (var segment = 1; segment <= 64; segment++)
        {
            var reader = Over(Cut(bytes, segment));
            var sizes = new List<int>();
            await foreach (var message in reader)
            {
                sizes.Add(message.Payload.Body.Length);
            }

            Assert.Equal(Sizes, sizes);
        }
    }

    [Fact]
    public async Task Wherever_a_stream_is_cut_off_inside_a_frame_it_is_INTERNAL()
    {
        var bytes = await FramesAsync(compress: false);
        var ends = Sizes.Select(size => Frame.HeaderBytes + Message(size).CalculateSize()).ToList();
        var whole = ends.Select((_, i) => ends.Take(i + 1).Sum()).Prepend(0).ToHashSet();
        for (var length = 0; length < bytes.Length; length++)
        {
            var reader = Over(new ReadOnlySequence<byte>(bytes, 0, length));
            async Task DrainAsync()
            {
                await foreach (var _ in reader)
                {
                }
            }

            if (whole.Contains(length))
            {
                await DrainAsync();
            }
            else
            {
                Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(DrainAsync)).Code);
            }
        }
    }

    [Fact]
    public async Task A_closed_reader_gives_nothing_more_although_messages_wait_in_it()
    {
        var reader = Over(new ReadOnlySequence<byte>(await FramesAsync(compress: false)));
        Assert.True(await reader.WaitToReadAsync());
        await reader.CloseAsync();
        Assert.Throws<OperationCanceledException>(() => reader.TryRead(out _));
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await reader.WaitToReadAsync());
    }

    [Fact]
    public async Task Closing_wakes_a_reader_that_waits_and_the_pipe_is_free_afterwards()
    {
        var pipe = new Pipe();
        var reader = new MessageReader<StreamingInputCallRequest>(pipe.Reader, StreamingInputCallRequest.Parser, new(100, false, cause => cause), new());
        var wait = reader.WaitToReadAsync().AsTask();
        await reader.CloseAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => wait);
    }

    static StreamingInputCallRequest Message(int size) => new() { Payload = new() { Body = ByteString.CopyFrom(new byte[size]) } };

    static async Task<byte[]> FramesAsync(bool compress)
    {
        using var stream = new MemoryStream();
        var pipe = PipeWriter.Create(stream);
        var writer = new MessageWriter(pipe);
        foreach (var size in Sizes)
        {
            writer.Write(Message(size), compress);
        }

        await writer.FlushAsync();
        return stream.ToArray();
    }

    static MessageReader<StreamingInputCallRequest> Over(ReadOnlySequence<byte> bytes) =>
        new(PipeReader.Create(bytes), StreamingInputCallRequest.Parser, new(MessageReaderOptions.DefaultLimitBytes, Compressed: true, cause => cause), new());

    static ReadOnlySequence<byte> Cut(byte[] bytes, int size)
    {
        var first = new Segment(bytes.AsMemory(0, Math.Min(size, bytes.Length)), null);
        var last = first;
        for (var at = size; at < bytes.Length; at += size)
        {
            last = new(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)), last);
        }

        return new(first, 0, last, last.Memory.Length);
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            RunningIndex = before is null ? 0 : before.RunningIndex + before.Memory.Length;
            before?.Next = this;
        }
    }
}
