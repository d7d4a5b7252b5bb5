using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Orchestrator.Protos.Rpc;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Orchestrator.Silo.Rpc;

/// <summary>Binds the methods of a service descriptor to the methods of a plain object, by name and shape, once, at start-up.</summary>
static class Binder
{
    static readonly MethodInfo BindOneMethod = typeof(Binder).GetMethod(nameof(BindOne), BindingFlags.Static | BindingFlags.NonPublic)!;

    /// <exception cref="ArgumentException">A method is missing or mis-shaped; the message lists all of them with the signature expected.</exception>
    public static IReadOnlyList<RpcMethod> Bind(ServiceDescriptor service, string name, object handler)
    {
        var bound = service.Methods.Select(method =>
            (Method: method, Bound: (RpcMethod?)BindOneMethod
                .MakeGenericMethod(method.InputType.ClrType, method.OutputType.ClrType)
                .Invoke(null, [name, method, handler]))).ToList();
        var missing = bound.Where(pair => pair.Bound is null).Select(pair => Describe(pair.Method, handler)).ToList();
        return missing.Count == 0
            ? [.. bound.Select(pair => pair.Bound!)]
            : throw new ArgumentException($"`{handler.GetType().Name}` cannot serve `{name}`:\n{string.Join('\n', missing)}", nameof(handler));
    }

    static RpcMethod? BindOne<TRequest, TResponse>(string service, MethodDescriptor method, object handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var parser = (MessageParser<TRequest>)method.InputType.Parser;
        RpcMethod<TRequest, TResponse> bound = (method.IsClientStreaming, method.IsServerStreaming) switch
        {
            (false, false) => new(service, method, parser) { Unary = Find<Func<TRequest, CallContext, Task<TResponse>>>(handler, method) },
            (false, true) => new(service, method, parser) { Download = Find<Func<TRequest, CallContext, IAsyncEnumerable<TResponse>>>(handler, method) },
            (true, false) => new(service, method, parser)
            {
                Upload = Find<Func<MessageReader<TRequest>, CallContext, Task<TResponse>>>(handler, method)
                    ?? Widen(Find<Func<IAsyncEnumerable<TRequest>, CallContext, Task<TResponse>>>(handler, method)),
            },
            (true, true) => new(service, method, parser)
            {
                Duplex = Find<Func<MessageReader<TRequest>, CallContext, IAsyncEnumerable<TResponse>>>(handler, method)
                    ?? Widen(Find<Func<IAsyncEnumerable<TRequest>, CallContext, IAsyncEnumerable<TResponse>>>(handler, method)),
                DuplexEncoded = Find<Func<MessageReader<TRequest>, CallContext, IAsyncEnumerable<Encoded<TResponse>>>>(handler, method),
            },
        };
        return bound is { Unary: null, Upload: null, Download: null, Duplex: null, DuplexEncoded: null } ? null : bound;
    }

    static Func<MessageReader<TRequest>, CallContext, TResult>? Widen<TRequest, TResult>(Func<IAsyncEnumerable<TRequest>, CallContext, TResult>? handler)
        where TRequest : class, IMessage<TRequest> => handler is null ? null : handler.Invoke;

    static TDelegate? Find<TDelegate>(object handler, MethodDescriptor method)
        where TDelegate : Delegate
    {
        var shape = typeof(TDelegate).GetMethod("Invoke")!;
        var found = handler.GetType().GetMethod(method.Name, [.. shape.GetParameters().Select(parameter => parameter.ParameterType)]);
        return found?.ReturnType == shape.ReturnType ? found.CreateDelegate<TDelegate>(handler) : null;
    }

    static string Describe(MethodDescriptor method, object handler)
    {
        var request = method.InputType.ClrType.Name;
        var response = method.OutputType.ClrType.Name;
        var parameter = method.IsClientStreaming ? $"IAsyncEnumerable<{request}> requests" : $"{request} request";
        var result = method.IsServerStreaming ? $"IAsyncEnumerable<{response}>" : $"Task<{response}>";
        var found = handler.GetType().GetMethods().Where(candidate => candidate.Name == method.Name).Select(candidate => $"`{candidate}`").ToList();
        return $"  expected `public {result} {method.Name}({parameter}, CallContext call)`, found {(found.Count == 0 ? "no method of that name" : string.Join(", ", found))}";
    }
}
