using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Silo.Rpc;

/// <summary>Serves the calls of one method: chooses the protocol, bounds the call by deadline, client and shutdown, and says how it ended.</summary>
sealed partial class RpcEndpoint(RpcMethod method, RpcOptions options, ILogger log, CancellationToken stopping)
{
    public async Task ServeAsync(HttpContext http)
    {
        if (ServerCall.Protocol(http.Request.ContentType) is not { } protocol)
        {
            await RpcRefusal.UnsupportedAsync(http).ConfigureAwait(false);
            return;
        }

        if (!HttpProtocol.IsHttp2(http.Request.Protocol))
        {
            RpcRefusal.NeedsHttp2(http);
            return;
        }

        var started = Stopwatch.GetTimestamp();
        using var activity = RpcTelemetry.Start(method.Name);
        LiftLimits(http);
        var status = await ServeAsync(http, protocol).ConfigureAwait(false);
        RpcTelemetry.End(activity, method.Name, status.Code, Stopwatch.GetElapsedTime(started));
    }

    async Task<Status> ServeAsync(HttpContext http, Func<HttpContext, RpcOptions, ServerCallContext, CancellationToken, ServerCall> protocol)
    {
        var hasDeadline = TimeoutCoding.TryParse(http.Request.Headers["grpc-timeout"].ToString(), out var timeout);
        using var bounds = Bounds.Of(hasDeadline ? timeout : null, options.Clock, http.RequestAborted, method.Streams ? stopping : default);
        var context = new ServerCallContext(http)
        {
            Method = http.Request.Path,
            CancellationToken = bounds.Token,
            Deadline = hasDeadline ? options.Clock.GetUtcNow() + timeout : null,
        };
        var call = protocol(http, options, context, bounds.Token);
        Exception? fault = null;
        Task? run = null;
        try
        {
            run = method.RunAsync(call);
            if (bounds.MayAbandon && !run.IsCompleted)
            {
                await run.WaitAsync(bounds.Token).ConfigureAwait(false);
            }
            else
            {
                await run.ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // The one place where whatever a handler throws becomes a status.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            fault = exception;
        }

        if (fault is OperationCanceledException && run is { IsCompleted: false })
        {
            fault = await LeaveAsync(call, run, bounds).ConfigureAwait(false);
        }

        await method.CloseAsync(call).ConfigureAwait(false);
        var status = fault is null ? Status.Ok : StatusOf(fault, bounds, http);
        if (!http.RequestAborted.IsCancellationRequested)
        {
            await call.EndAsync(status, TrailersOf(fault, context)).ConfigureAwait(false);
        }

        context.Close();
        return status;
    }

    // The call's time is up and its handler still runs. It gets no more to read, at shutdown a moment to end by itself, and is left behind.
    async Task<Exception?> LeaveAsync(ServerCall call, Task run, Bounds bounds)
    {
        await method.CloseAsync(call).ConfigureAwait(false);
        if (bounds.StopsOnly)
        {
            await Task.WhenAny(run, Task.Delay(options.StopGrace, options.Clock, call.Http.RequestAborted)).ConfigureAwait(false);
        }

        if (!call.Turn.Abandon())
        {
            await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!run.IsCompleted)
        {
            _ = run.ContinueWith(
                static left => _ = left.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return run.IsCompletedSuccessfully && bounds.StopsOnly ? null : run.Exception?.InnerException ?? new OperationCanceledException();
    }

    static Metadata? TrailersOf(Exception? fault, ServerCallContext context)
    {
        if (fault is not RpcException { Trailers: { Count: > 0 } trailers })
        {
            return context.HasResponseTrailers ? context.ResponseTrailers : null;
        }

        foreach (var (name, value) in context.HasResponseTrailers ? context.ResponseTrailers : [])
        {
            trailers.AddAsTravels(name, value);
        }

        return trailers;
    }

    Status StatusOf(Exception fault, Bounds bounds, HttpContext http)
    {
        switch (fault)
        {
            // Whatever a handler makes of its fired token, the reason that it fired is the truth.
            case OperationCanceledException or RpcException { Code: StatusCode.Cancelled } when bounds.Token.IsCancellationRequested:
            case OperationCanceledException when http.RequestAborted.IsCancellationRequested:
            case IOException when http.RequestAborted.IsCancellationRequested:
                return bounds.Why;
            case RpcException told:
                return told.Status;
            case Partitions.PartitionUnavailableException nobody:
                return new(StatusCode.Unavailable, nobody.Message);
            case NotImplementedException:
                return new(StatusCode.Unimplemented, $"`{method.Name}` is not implemented");
            case OperationCanceledException:
                return new(StatusCode.Cancelled, "the call was cancelled");
            default:
                LogUnforeseen(method.Name, fault);
                return new(StatusCode.Unknown, options.DetailedErrors ? fault.Message : "the handler failed; see the silo's log");
        }
    }

    // Messages bound themselves, by their headers; and a silent stream is not a slow attack.
    void LiftLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (method.Descriptor.IsClientStreaming && http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} failed")]
    partial void LogUnforeseen(string method, Exception fault);
}
