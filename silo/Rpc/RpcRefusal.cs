using Orchestrator.Protos.Rpc;

namespace Orchestrator.Silo.Rpc;

/// <summary>Answers to what is not a call of ours.</summary>
static class RpcRefusal
{
    public static bool IsGrpc(HttpContext http) =>
        http.Request.ContentType is { } type && type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase)
        && ServerCall.Protocol(type) is not null && HttpMethods.IsPost(http.Request.Method);

    public static Task UnsupportedAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        return http.Response.WriteAsync($"expected content type `application/grpc`, found `{http.Request.ContentType}`\n");
    }

    public static void NeedsHttp2(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
        http.Response.Headers.Upgrade = "h2c";
    }

    /// <summary>A service or method that is not served, trailers only.</summary>
    public static Task UnimplementedAsync(HttpContext http) => EndAsync(http, StatusCode.Unimplemented, $"`{http.Request.Path.Value?.TrimStart('/')}` is not served here");

    /// <summary>Trailers only.</summary>
    public static Task EndAsync(HttpContext http, StatusCode status, string why)
    {
        var call = GrpcCall.Create(http, new RpcOptions(), new ServerCallContext(http), http.RequestAborted);
        RpcTelemetry.End(null, "_OTHER", status, TimeSpan.Zero);
        return call.EndAsync(new(status, why), null);
    }
}
