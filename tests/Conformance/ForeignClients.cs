using Xunit;

namespace Orchestrator.Conformance;

/// <summary>Each foreign client's script, run once; its lines say how each case went.</summary>
public sealed class ForeignClients
{
    readonly Server server;
    readonly Lazy<Task<Dictionary<string, string>>> node;
    readonly Lazy<Task<Dictionary<string, string>>> python;

    public ForeignClients(Server server)
    {
        this.server = server;
        node = new(NodeAsync);
        python = new(PythonAsync);
    }

    public Task<Dictionary<string, string>> Node => node.Value;

    public Task<Dictionary<string, string>> Python => python.Value;

    static string Beside(params string[] path) => Path.Combine([AppContext.BaseDirectory, .. path]);

    async Task<Dictionary<string, string>> NodeAsync()
    {
        var (folder, reason) = await NodeModules.FindAsync();
        if (folder is null)
        {
            Tool.Missing(reason);
        }

        return Parse(await Tool.RunAsync("node", folder!, Beside("node", "interop.mjs"), server.Address.Authority, Beside("protos"), folder!), "Node.js");
    }

    async Task<Dictionary<string, string>> PythonAsync()
    {
        // The system's own interpreter has the distribution's grpcio; a python earlier in the path may not.
        var interpreter = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        if (await Tool.RunAsync(interpreter, Beside("python"), "-c", "import grpc, google.protobuf") is not { Code: 0 })
        {
            Tool.Missing("python3 with grpcio and protobuf (Debian: python3-grpcio, python3-protobuf)");
        }

        if (await Tool.RunAsync("protoc", Beside("python"), "--version") is not { Code: 0 })
        {
            Tool.Missing("protoc (Debian: protobuf-compiler)");
        }

        return Parse(await Tool.RunAsync(interpreter, Beside("python"), Beside("python", "interop.py"), server.Address.Authority, Beside("protos")), "python3");
    }

    static Dictionary<string, string> Parse((int Code, string Output)? run, string program)
    {
        if (run is not { } ended)
        {
            Tool.Missing(program);
            return [];
        }

        Assert.True(ended.Code == 0, ended.Output);
        var results = new Dictionary<string, string>();
        foreach (var line in ended.Output.Split('\n'))
        {
            if (line.StartsWith("ok ", StringComparison.Ordinal))
            {
                results[line[3..].Trim()] = "ok";
            }
            else if (line.StartsWith("not ok ", StringComparison.Ordinal) && line.Split(':', 2) is [var head, var reason])
            {
                results[head[7..]] = reason.Trim();
            }
        }

        return results;
    }
}
