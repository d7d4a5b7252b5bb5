using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Reflection.V1;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Silo.Rpc;

/// <summary>The reflection service: lets command-line clients call what is served without having its files.</summary>
sealed class RpcReflection(Func<IEnumerable<RpcMethod>> methods)
{
    public const string AlphaName = "grpc.reflection.v1alpha.ServerReflection";

    public async IAsyncEnumerable<ServerReflectionResponse> ServerReflectionInfo(IAsyncEnumerable<ServerReflectionRequest> requests, CallContext call)
    {
        await foreach (var request in requests.ConfigureAwait(false))
        {
            yield return Answer(request);
        }
    }

    ServerReflectionResponse Answer(ServerReflectionRequest request)
    {
        var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                response.ListServicesResponse = new();
                response.ListServicesResponse.Service.AddRange(
                    methods().Select(method => method.Service).Distinct().Order(StringComparer.Ordinal).Select(name => new ServiceResponse { Name = name }));
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                Put(response, request.FileByFilename, Files().FirstOrDefault(file => file.Name == request.FileByFilename));
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                Put(response, request.FileContainingSymbol, Containing(request.FileContainingSymbol));
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension:
                Refuse(response, StatusCode.NotFound, $"`{request.FileContainingExtension.ContainingType}` has no extensions");
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType:
                response.AllExtensionNumbersResponse = new() { BaseTypeName = request.AllExtensionNumbersOfType };
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.None:
            default:
                Refuse(response, StatusCode.InvalidArgument, "expected one of the requests, found none");
                break;
        }

        return response;
    }

    FileDescriptor? Containing(string symbol) => symbol == AlphaName || symbol == AlphaName + ".ServerReflectionInfo"
        ? ReflectionReflection.Descriptor
        : Files().FirstOrDefault(file =>
            file.Services.Any(service => service.FullName == symbol || service.Methods.Any(method => method.FullName == symbol))
            || file.MessageTypes.Any(message => Names(message).Contains(symbol))
            || file.EnumTypes.Any(type => type.FullName == symbol));

    static IEnumerable<string> Names(MessageDescriptor message) =>
        message.NestedTypes.SelectMany(Names)
            .Concat(message.EnumTypes.Select(type => type.FullName))
            .Concat(message.Fields.InDeclarationOrder().Select(field => field.FullName))
            .Append(message.FullName);

    IEnumerable<FileDescriptor> Files() => methods().Select(method => method.Descriptor.File).Distinct().SelectMany(WithImports).Distinct();

    // Imports first: a reader that takes them one by one finds each name declared.
    static IEnumerable<FileDescriptor> WithImports(FileDescriptor file) => file.Dependencies.SelectMany(WithImports).Append(file).Distinct();

    static void Put(ServerReflectionResponse response, string asked, FileDescriptor? file)
    {
        if (file is null)
        {
            Refuse(response, StatusCode.NotFound, $"`{asked}` is not known here");
            return;
        }

        response.FileDescriptorResponse = new();
        response.FileDescriptorResponse.FileDescriptorProto.AddRange(WithImports(file).Reverse().Select(one => one.SerializedData));
        if (asked.StartsWith(AlphaName, StringComparison.Ordinal))
        {
            response.FileDescriptorResponse.FileDescriptorProto[0] = AlphaFile();
        }
    }

    // The same file under the older package's name.
    static ByteString AlphaFile()
    {
        var file = FileDescriptorProto.Parser.ParseFrom(ReflectionReflection.Descriptor.SerializedData);
        file.Name = file.Name.Replace("/v1/", "/v1alpha/", StringComparison.Ordinal);
        file.Package = "grpc.reflection.v1alpha";
        foreach (var field in file.MessageType.SelectMany(message => message.Field).Where(field => field.HasTypeName))
        {
            field.TypeName = Alpha(field.TypeName);
        }

        foreach (var method in file.Service.SelectMany(service => service.Method))
        {
            method.InputType = Alpha(method.InputType);
            method.OutputType = Alpha(method.OutputType);
        }

        return file.ToByteString();
    }

    static string Alpha(string type) => type.Replace(".grpc.reflection.v1.", ".grpc.reflection.v1alpha.", StringComparison.Ordinal);

    static void Refuse(ServerReflectionResponse response, StatusCode code, string message) =>
        response.ErrorResponse = new() { ErrorCode = (int)code, ErrorMessage = message };
}
