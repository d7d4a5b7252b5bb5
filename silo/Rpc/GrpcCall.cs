using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Primitives;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Silo.Rpc;

/// <summary>gRPC proper: framed messages over HTTP/2, the status in trailers, or in the headers when nothing else was sent.</summary>
sealed class GrpcCall : ServerCall
{
    const string ContentType = "application/grpc";
    const string Encodings = "identity,gzip";

    GrpcCall(HttpContext http, RpcOptions options)
        : base(http, options)
    {
    }

    public static ServerCall Create(HttpContext http, RpcOptions options, ServerCallContext context, CancellationToken token) =>
        new GrpcCall(http, options) { Context = context, Token = token };

    public override MessageReader<T> Reader<T>(MessageParser<T> parser)
    {
        var encoding = Http.Request.Headers["grpc-encoding"];
        var compressed = encoding.Count switch
        {
            0 => false,
            1 when encoding[0] is "identity" or "" => false,
            1 when encoding[0] is Gzip.Name => true,
            _ => throw UnknownEncoding(encoding),
        };
        return new(RequestPipe, parser, new(Options.MaxReceiveMessageBytes, compressed, ClientIsGone), Context);
    }

    public override Task StartAsync()
    {
        if (Http.Response.HasStarted)
        {
            return Task.CompletedTask;
        }

        // Compression is announced only when it was asked for by now; later messages then may or may not use it.
        if (Context.Compress && Http.Request.Headers["grpc-accept-encoding"].ToString().Contains(Gzip.Name, StringComparison.Ordinal))
        {
            Compressing = true;
            Http.Response.Headers["grpc-encoding"] = Gzip.Name;
        }

        PutHeaders();
        return Http.Response.StartAsync(Token);
    }

    public override Task EndAsync(Status status, Metadata? trailers)
    {
        var response = Http.Response;
        if (response.HasStarted)
        {
            response.AppendTrailer("grpc-status", Number(status.Code));
            if (status.Detail.Length > 0)
            {
                response.AppendTrailer("grpc-message", PercentCoding.Encode(status.Detail));
            }

            foreach (var (name, value) in trailers ?? [])
            {
                response.AppendTrailer(name, value);
            }
        }
        else
        {
            PutHeaders();
            response.Headers["grpc-status"] = Number(status.Code);
            if (status.Detail.Length > 0)
            {
                response.Headers["grpc-message"] = PercentCoding.Encode(status.Detail);
            }

            foreach (var (name, value) in trailers ?? [])
            {
                response.Headers.Append(name, value);
            }
        }

        return Task.CompletedTask;
    }

    static Exception ClientIsGone(IOException cause) => new RpcException(StatusCode.Cancelled, "the client reset the stream or went away", cause);

    static string Number(StatusCode code) => code == StatusCode.OK ? "0" : ((int)code).ToString(CultureInfo.InvariantCulture);

    RpcException UnknownEncoding(StringValues found)
    {
        Http.Response.Headers["grpc-accept-encoding"] = Encodings;
        return new(StatusCode.Unimplemented, $"expected a `grpc-encoding` of identity or gzip, found `{found}`");
    }

    void PutHeaders()
    {
        Http.Response.ContentType = ContentType;
        if (Context.HasResponseHeaders)
        {
            foreach (var (name, value) in Context.ResponseHeaders)
            {
                Http.Response.Headers.Append(name, value);
            }
        }
    }
}
