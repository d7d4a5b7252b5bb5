using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Testing;
using Orchestrator.Protos.Rpc;
using Xunit;

namespace Orchestrator.Conformance;

/// <summary>What no proper client sends: each gets its status, and the server goes on.</summary>
public sealed class RawFrameTests(Server server) : IDisposable
{
    const string Unary = "/grpc.testing.TestService/UnaryCall";
    const string Upload = "/grpc.testing.TestService/StreamingInputCall";
    static readonly byte[] EmptyFrame = [0, 0, 0, 0, 0];
    readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server.Address };

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task An_empty_frame_is_an_empty_message() => Assert.Equal(StatusCode.OK, await StatusAsync(Unary, EmptyFrame));

    [Theory]
    [InlineData(new byte[] { 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0 })]
    public async Task A_stream_that_ends_inside_a_frame_is_INTERNAL(byte[] body)
    {
        Assert.Equal(StatusCode.Internal, await StatusAsync(Unary, body));
        Assert.Equal(StatusCode.Internal, await StatusAsync(Upload, body));
    }

    [Fact]
    public async Task A_flag_above_one_is_INTERNAL() => Assert.Equal(StatusCode.Internal, await StatusAsync(Unary, [2, 0, 0, 0, 0]));

    [Fact]
    public async Task A_compressed_flag_without_an_encoding_is_INTERNAL() => Assert.Equal(StatusCode.Internal, await StatusAsync(Unary, [1, 0, 0, 0, 0]));

    [Fact]
    public async Task Bytes_that_are_no_message_are_INTERNAL() => Assert.Equal(StatusCode.Internal, await StatusAsync(Unary, Framed(0, [0xFF, 0xFF, 0xFF])));

    [Fact]
    public async Task Flagged_bytes_that_are_not_gzip_are_INTERNAL() =>
        Assert.Equal(StatusCode.Internal, await StatusAsync(Unary, Framed(1, [1, 2, 3]), ("grpc-encoding", "gzip")));

    [Fact]
    public async Task Too_large_a_message_is_RESOURCE_EXHAUSTED_at_its_header_before_its_body_comes()
    {
        // The request stays open: only the header has come, and the answer must not wait for more.
        var hold = new TaskCompletionSource();
        using var content = new HeldContent([0, 0xFF, 0xFF, 0xFF, 0xFF], hold.Task);
        Assert.Equal(StatusCode.ResourceExhausted, await StatusAsync(Unary, content));
        hold.SetResult();
    }

    [Fact]
    public async Task A_gzip_bomb_is_RESOURCE_EXHAUSTED()
    {
        using var coded = new MemoryStream();
        await using (var gzip = new GZipStream(coded, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            await gzip.WriteAsync(new byte[64 * 1024 * 1024]);
        }

        Assert.True(coded.Length < 100_000);
        Assert.Equal(StatusCode.ResourceExhausted, await StatusAsync(Unary, Framed(1, coded.ToArray()), ("grpc-encoding", "gzip")));
    }

    [Fact]
    public async Task An_unknown_encoding_is_UNIMPLEMENTED_and_the_known_ones_are_named()
    {
        using var response = await SendAsync(Unary, new ByteArrayContent(EmptyFrame), ("grpc-encoding", "snappy"));
        Assert.Equal("12", Assert.Single(response.Headers.GetValues("grpc-status")));
        Assert.Equal("identity,gzip", Assert.Single(response.Headers.GetValues("grpc-accept-encoding")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_unary_call_with_none_or_two_messages_is_UNIMPLEMENTED(int messages) =>
        Assert.Equal(StatusCode.Unimplemented, await StatusAsync(Unary, [.. Enumerable.Repeat(EmptyFrame, messages).SelectMany(frame => frame)]));

    [Theory]
    [InlineData("5")]
    [InlineData("S")]
    [InlineData("-5S")]
    [InlineData("5 S")]
    [InlineData("123456789S")]
    [InlineData("5X")]
    public async Task A_malformed_timeout_is_no_timeout(string timeout) =>
        Assert.Equal(StatusCode.OK, await StatusAsync(Unary, EmptyFrame, ("grpc-timeout", timeout)));

    [Theory]
    [InlineData("99999999H")]
    [InlineData("99999999M")]
    public async Task A_huge_timeout_is_cut_and_not_overflown(string timeout) =>
        Assert.Equal(StatusCode.OK, await StatusAsync(Unary, EmptyFrame, ("grpc-timeout", timeout)));

    [Fact]
    public async Task A_deadline_ends_a_call_whose_request_never_comes()
    {
        var hold = new TaskCompletionSource();
        using var content = new HeldContent([], hold.Task);
        Assert.Equal(StatusCode.DeadlineExceeded, await StatusAsync(Unary, content, ("grpc-timeout", "20m")));
        hold.SetResult();
    }

    [Fact]
    public async Task Metadata_that_is_not_base64_is_INTERNAL() =>
        Assert.Equal(StatusCode.Internal, await StatusAsync(Unary, EmptyFrame, ("x-grpc-test-echo-trailing-bin", "!!")));

    [Theory]
    [InlineData("q6ur")]
    [InlineData("qw")]
    [InlineData("qw==")]
    [InlineData("qw==,q6s=")]
    public async Task Metadata_comes_with_or_without_padding_and_joined(string value) =>
        Assert.Equal(StatusCode.OK, await StatusAsync(Unary, EmptyFrame, ("x-grpc-test-echo-trailing-bin", value)));

    [Fact]
    public async Task A_header_of_20_kB_is_taken()
    {
        using var response = await SendAsync(Unary, new ByteArrayContent(EmptyFrame), ("x-grpc-test-echo-initial", new string('x', 20_000)));
        Assert.Equal(20_000, Assert.Single(response.Headers.GetValues("x-grpc-test-echo-initial")).Length);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpc-web")]
    [InlineData("application/grpcfoo")]
    public async Task Another_content_type_is_HTTP_415(string type)
    {
        using var content = new ByteArrayContent(EmptyFrame);
        content.Headers.ContentType = new(type);
        using var response = await SendAsync(Unary, content);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task GET_is_HTTP_405()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Unary) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Fact]
    public async Task An_unknown_path_is_UNIMPLEMENTED_in_the_headers() => Assert.Equal(StatusCode.Unimplemented, await StatusAsync("/no.such/Method", EmptyFrame));

    [Fact]
    public async Task A_reset_inside_a_message_leaves_the_connection_usable()
    {
        var hold = new TaskCompletionSource();
        using var content = new HeldContent([0, 0, 0, 0, 9, 1], hold.Task);
        var call = SendAsync(Upload, content);
        hold.SetException(new IOException("the sender broke off"));
        await Assert.ThrowsAsync<HttpRequestException>(() => call);
        Assert.Equal(StatusCode.OK, await StatusAsync(Unary, EmptyFrame));
    }

    [Fact]
    public async Task A_compressed_answer_is_flagged_and_only_when_the_client_takes_it()
    {
        var request = Framed(0, new SimpleRequest { ResponseSize = 5000, ResponseCompressed = new() { Value = true } }.ToByteArray());
        using var taken = await SendAsync(Unary, new ByteArrayContent(request), ("grpc-accept-encoding", "identity,gzip"));
        Assert.Equal("gzip", Assert.Single(taken.Headers.GetValues("grpc-encoding")));
        Assert.Equal(1, (await taken.Content.ReadAsByteArrayAsync())[0]);

        using var refused = await SendAsync(Unary, new ByteArrayContent(request));
        Assert.False(refused.Headers.Contains("grpc-encoding"));
        Assert.Equal(0, (await refused.Content.ReadAsByteArrayAsync())[0]);
    }

    static byte[] Framed(byte flag, byte[] body)
    {
        var frame = new byte[5 + body.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), body.Length);
        body.CopyTo(frame, 5);
        return frame;
    }

    Task<StatusCode> StatusAsync(string path, byte[] body, params (string Name, string Value)[] headers) =>
        StatusAsync(path, new ByteArrayContent(body), headers);

    async Task<StatusCode> StatusAsync(string path, HttpContent content, params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(path, content, headers);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await response.Content.ReadAsByteArrayAsync();
        var status = response.Headers.TryGetValues("grpc-status", out var early) ? early : response.TrailingHeaders.GetValues("grpc-status");
        return (StatusCode)int.Parse(Assert.Single(status), System.Globalization.CultureInfo.InvariantCulture);
    }

    async Task<HttpResponseMessage> SendAsync(string path, HttpContent content, params (string Name, string Value)[] headers)
    {
        content.Headers.ContentType ??= new MediaTypeHeaderValue("application/grpc");
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = content,
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Sends its bytes and then keeps the request open until told.</summary>
    sealed class HeldContent(byte[] bytes, Task hold) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(bytes);
            await stream.FlushAsync();
            await hold;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
