using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Client;

/// <summary>Implements a service's C# interface by calling the service. Methods are bound when the client is made, not when it is called.</summary>
#pragma warning disable CA1852 // The runtime derives the proxy from it.
class RpcProxy : DispatchProxy
#pragma warning restore CA1852
{
    static readonly MethodInfo BindMethod = typeof(RpcProxy).GetMethod(nameof(Bind), BindingFlags.Static | BindingFlags.NonPublic)!;

    Dictionary<MethodInfo, Func<object?[], object>> calls = [];

    public static T Create<T>(RpcChannel channel, ServiceDescriptor service, IReadOnlyCollection<string> idempotent)
        where T : class
    {
        var proxy = Create<T, RpcProxy>();
        ((RpcProxy)(object)proxy).calls = typeof(T).GetMethods().ToDictionary(method => method, method =>
            service.FindMethodByName(method.Name) is { } found
                ? BindOrRefuse(channel, found, method, idempotent.Contains(method.Name))
                : throw new ArgumentException($"`{service.FullName}` has no method `{method.Name}`, which `{typeof(T).Name}` asks for"));
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => calls[targetMethod!](args!);

    static Func<object?[], object> BindOrRefuse(RpcChannel channel, MethodDescriptor method, MethodInfo asked, bool idempotent)
    {
        var request = method.IsClientStreaming ? typeof(IAsyncEnumerable<>).MakeGenericType(method.InputType.ClrType) : method.InputType.ClrType;
        var result = (method.IsServerStreaming ? typeof(IAsyncEnumerable<>) : typeof(Task<>)).MakeGenericType(method.OutputType.ClrType);
        return asked.ReturnType == result && asked.GetParameters().Select(parameter => parameter.ParameterType).SequenceEqual([request, typeof(CallContext)])
            ? (Func<object?[], object>)BindMethod.MakeGenericMethod(method.InputType.ClrType, method.OutputType.ClrType).Invoke(null, [channel, method, idempotent])!
            : throw new ArgumentException($"`{asked}` does not have the shape of `{method.FullName}`");
    }

    static Func<object?[], object> Bind<TRequest, TResponse>(RpcChannel channel, MethodDescriptor method, bool idempotent)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var path = $"/{method.Service.FullName}/{method.Name}";
        var parser = (MessageParser<TResponse>)method.OutputType.Parser;
        return (method.IsClientStreaming, method.IsServerStreaming) switch
        {
            (false, false) => args => channel.UnaryAsync(path, (TRequest)args[0]!, parser, Marked((CallContext)args[1]!)),
            (true, false) => args => channel.UploadAsync(path, (IAsyncEnumerable<TRequest>)args[0]!, parser, (CallContext)args[1]!),
            (false, true) => args => channel.Download(path, (TRequest)args[0]!, parser, (CallContext)args[1]!),
            (true, true) => args => channel.Duplex(path, (IAsyncEnumerable<TRequest>)args[0]!, parser, (CallContext)args[1]!),
        };

        CallContext Marked(CallContext call)
        {
            call.Idempotent |= idempotent;
            return call;
        }
    }
}
