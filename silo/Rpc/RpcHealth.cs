using System.Collections.Concurrent;
using Grpc.Health.V1;
using Orchestrator.Protos.Rpc;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Orchestrator.Silo.Rpc;

/// <summary>The health service. Thread-safe; a change wakes every watcher.</summary>
public sealed class RpcHealth
{
    readonly Func<IEnumerable<RpcMethod>> methods;
    readonly CancellationToken stopping;
    readonly ConcurrentDictionary<string, ServingStatus> told = new(StringComparer.Ordinal);
    volatile TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal RpcHealth(Func<IEnumerable<RpcMethod>> methods, CancellationToken stopping)
    {
        this.methods = methods;
        this.stopping = stopping;
        told[""] = ServingStatus.Serving;
    }

    /// <summary>Says whether a service can be called; the empty name is the silo as a whole, which the others follow unless told apart.</summary>
    public void Set(string service, bool serving)
    {
        told[service] = serving ? ServingStatus.Serving : ServingStatus.NotServing;
        Interlocked.Exchange(ref changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    public Task<HealthCheckResponse> Check(HealthCheckRequest request, CallContext call) => StatusOf(request.Service) is { } status
        ? Task.FromResult(new HealthCheckResponse { Status = status })
        : throw new RpcException(StatusCode.NotFound, $"`{request.Service}` is not served here");

    public Task<HealthListResponse> List(HealthListRequest request, CallContext call)
    {
        var response = new HealthListResponse();
        foreach (var service in methods().Select(method => method.Service).Concat(told.Keys).Distinct())
        {
            response.Statuses[service] = new() { Status = StatusOf(service) ?? ServingStatus.Unknown };
        }

        return Task.FromResult(response);
    }

    public async IAsyncEnumerable<HealthCheckResponse> Watch(HealthCheckRequest request, CallContext call)
    {
        ServingStatus? last = null;
        while (true)
        {
            // Taken before the status is read: a change in between is then not slept through.
            var next = changed.Task;
            var status = StatusOf(request.Service) ?? ServingStatus.ServiceUnknown;
            if (status != last)
            {
                last = status;
                yield return new() { Status = status };
            }

            // At shutdown the token fires; the watcher hears NOT_SERVING before its stream ends.
            call.CancellationToken.ThrowIfCancellationRequested();
            await next.WaitAsync(call.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    ServingStatus? StatusOf(string service)
    {
        if (!told.TryGetValue(service, out var status))
        {
            if (!methods().Any(method => method.Service == service))
            {
                return null;
            }

            status = told[""];
        }

        return stopping.IsCancellationRequested ? ServingStatus.NotServing : status;
    }
}
