using Google.Protobuf.Reflection;
using Orchestrator.Protos.Rpc;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Orchestrator.Silo.Rpc;

/// <summary>Puts services on an application.</summary>
public static class RpcRouting
{
    /// <summary>Serves a service: each of its methods by the handler's public method of the same name.</summary>
    /// <param name="routes">The application.</param>
    /// <param name="service">From the generated code, for example <c>SignalsReflection.Descriptor.Services[0]</c>.</param>
    /// <param name="handler">
    /// A plain object, shared by all calls, with <c>Task&lt;R&gt; Unary(Q, CallContext)</c>, <c>Task&lt;R&gt; Upload(IAsyncEnumerable&lt;Q&gt;, CallContext)</c>,
    /// <c>IAsyncEnumerable&lt;R&gt; Download(Q, CallContext)</c> or <c>IAsyncEnumerable&lt;R&gt; Duplex(IAsyncEnumerable&lt;Q&gt;, CallContext)</c> for each method;
    /// a <c>MessageReader&lt;Q&gt;</c> in the place of the enumerable lets it take batches.
    /// </param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="name">Serves it under another full name; null for its own.</param>
    /// <returns>All its endpoints, to add authorization and the like.</returns>
    /// <exception cref="ArgumentException">The handler lacks a method, or has it in another shape.</exception>
    public static IEndpointConventionBuilder MapRpc(
        this IEndpointRouteBuilder routes, ServiceDescriptor service, object handler, RpcOptions? options = null, string? name = null)
    {
        options ??= new();
        var stopping = routes.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var log = routes.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger(RpcTelemetry.Name);
        var group = routes.MapGroup("");
        foreach (var method in Binder.Bind(service, name ?? service.FullName, handler))
        {
            group.MapPost($"/{method.Name}", new RequestDelegate(new RpcEndpoint(method, options, log, stopping).ServeAsync)).WithMetadata(method);
        }

        return group;
    }

    /// <summary>Serves <c>grpc.health.v1.Health</c>. Every mapped service is serving until told otherwise; none is while the silo stops.</summary>
    /// <param name="routes">The application.</param>
    /// <param name="name">Serves it under another full name; null for its own.</param>
    public static RpcHealth MapRpcHealth(this IEndpointRouteBuilder routes, string? name = null)
    {
        var health = new RpcHealth(routes.Methods, routes.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        routes.MapRpc(Grpc.Health.V1.HealthReflection.Descriptor.Services[0], health, name: name);
        return health;
    }

    /// <summary>Serves <c>grpc.reflection</c>, v1 and v1alpha, over all services mapped before or after.</summary>
    public static IEndpointConventionBuilder MapRpcReflection(this IEndpointRouteBuilder routes)
    {
        var service = Grpc.Reflection.V1.ReflectionReflection.Descriptor.Services[0];
        var reflection = new RpcReflection(routes.Methods);
        var group = routes.MapGroup("");
        group.MapRpc(service, reflection);
        group.MapRpc(service, reflection, name: RpcReflection.AlphaName);
        return group;
    }

    /// <summary>Answers calls of services and methods that are not served with UNIMPLEMENTED rather than HTTP 404. Leaves everything else alone.</summary>
    public static IApplicationBuilder UseRpcUnimplemented(this IApplicationBuilder app) => app.Use((http, next) =>
        RpcRefusal.IsGrpc(http) && http.GetEndpoint()?.Metadata.GetMetadata<RpcMethod>() is null
            ? RpcRefusal.UnimplementedAsync(http)
            : next(http));

    /// <summary>Turns calls away with UNAVAILABLE, before anything of them is read: the caller sends them again, here or elsewhere.</summary>
    /// <param name="why">By the path of the call; null = it is served.</param>
    public static IApplicationBuilder UseRpcUnavailable(this IApplicationBuilder app, Func<PathString, string?> why) => app.Use((http, next) =>
        RpcRefusal.IsGrpc(http) && why(http.Request.Path) is { } reason
            ? RpcRefusal.EndAsync(http, StatusCode.Unavailable, reason)
            : next(http));

    static IEnumerable<RpcMethod> Methods(this IEndpointRouteBuilder routes) =>
        routes.DataSources.SelectMany(source => source.Endpoints)
            .Select(endpoint => endpoint.Metadata.GetMetadata<RpcMethod>())
            .OfType<RpcMethod>();
}
