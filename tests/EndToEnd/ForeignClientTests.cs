using System.Text.Json;
using Orchestrator.Conformance;
using Orchestrator.EndToEnd.Harness;

namespace Orchestrator.EndToEnd;

/// <summary>Clients that others wrote, against the real silo and the real contract.</summary>
public sealed class ForeignClientTests
{
    static readonly string Protos = Place.In("protos");

    [Fact]
    public async Task Node_publishes_records_receives_an_action_and_settles_it()
    {
        var modules = await ModulesAsync();
        using var folder = new Folder();
        await using var silo = await SiloProcess.StartAsync(playbook: null);
        var said = Json(await Tool.RunAsync("node", modules, Beside("node", "lifecycle.mjs"), silo.Authority, Protos, modules, folder.Write("mails.yaml", Texts.Mails)), "Node.js");
        Assert.Equal((20, 1), (said.GetProperty("recorded").GetInt32(), said.GetProperty("duplicates").GetInt32()));
        Assert.Equal(
            ("mail", "node.example", "ann@node.example", "RESULT_SETTLED"),
            (said.GetProperty("play").GetString(), said.GetProperty("account").GetString(), said.GetProperty("identifier").GetString(), said.GetProperty("result").GetString()));
        Assert.Equal(20, (await silo.AccountAsync("node.example")).SignalCount);
    }

    [Fact]
    public async Task Python_records_a_batch_and_asks_for_the_account_and_the_reasons()
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

        await using var silo = await SiloProcess.StartAsync(Texts.Mails);
        var said = Json(await Tool.RunAsync(interpreter, Beside("python"), Beside("python", "asking.py"), silo.Authority, Protos), "python3");
        Assert.Equal([.. Enumerable.Repeat(1, 10), 3], said.GetProperty("results").EnumerateArray().Select(r => r.GetInt32()));
        Assert.Equal("unknown signal type `page.viewd`; did you mean `page.viewed`?", said.GetProperty("reason").GetString());
        Assert.Equal((10, true, "NOT_FOUND"), (said.GetProperty("signals").GetInt32(), said.GetProperty("reproduced").GetBoolean(), said.GetProperty("missing").GetString()));
        Assert.Equal(said.GetProperty("chosen").GetString(), Assert.Single(said.GetProperty("open").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task Buf_curl_lists_the_services_by_reflection_and_calls_one()
    {
        await using var silo = await SiloProcess.StartAsync(Texts.Mails);
        await silo.RecordAsync(Texts.Viewed("a", "acme"));
        string[] curl = ["curl", "--http2-prior-knowledge", "--protocol", "grpc"];
        var services = await BufAsync(0, [.. curl, "--list-services", silo.Address.ToString()]);
        foreach (var service in new[] { "Signal", "Action", "Playbook", "Account", "ContactPolicy" })
        {
            Assert.Contains($"orchestrator.v1.{service}Service\n", services, StringComparison.Ordinal);
        }

        var account = JsonDocument.Parse(await BufAsync(0, [.. curl, "-d", """{"account":"acme"}""", new Uri(silo.Address, "orchestrator.v1.AccountService/GetAccount").ToString()])).RootElement;
        Assert.Equal("1", account.GetProperty("account").GetProperty("signalCount").GetString());
    }

    [Fact]
    public async Task Buf_finds_nothing_to_say_about_the_contract() => Assert.Equal("", await BufAsync(0, ["lint", Place.Root]));

    // protos/orchestrator.binpb is the contract as it was last released. It is written anew, by `buf build -o protos/orchestrator.binpb`, only with a release.
    [Fact]
    public async Task The_contract_breaks_nobody_who_was_built_against_the_last_one() =>
        Assert.Equal("", await BufAsync(0, ["breaking", Place.Root, "--against", Place.In("protos", "orchestrator.binpb")]));

    [Fact]
    public async Task A_removed_field_would_be_found()
    {
        using var folder = new Folder();
        foreach (var file in Directory.GetFiles(Protos, "*.proto", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal)))
        {
            var copy = folder[Path.Combine("protos", Path.GetRelativePath(Protos, file))];
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            await File.WriteAllTextAsync(copy, (await File.ReadAllTextAsync(file)).Replace("  int64 signal_count = 17;\n", "", StringComparison.Ordinal));
        }

        File.Copy(Place.In("buf.yaml"), folder["buf.yaml"]);
        Assert.Contains("\"17\" with name \"signal_count\" on message \"Account\"", await BufAsync(100, ["breaking", folder.Path, "--against", Place.In("protos", "orchestrator.binpb")]), StringComparison.Ordinal);
    }

    static string Beside(params string[] path) => Path.Combine([AppContext.BaseDirectory, .. path]);

    internal static async Task<string> ModulesAsync()
    {
        var (folder, reason) = await NodeModules.FindAsync();
        if (folder is null)
        {
            Tool.Missing(reason);
        }

        return folder!;
    }

    static async Task<string> BufAsync(int code, string[] arguments)
    {
        var folder = await ModulesAsync();
        var run = await Tool.RunAsync(Path.Combine(folder, "node_modules", ".bin", "buf"), folder, arguments);
        Assert.True(run?.Code == code, $"exit code {run?.Code}: {run?.Output}");
        return run!.Value.Output;
    }

    internal static JsonElement Json((int Code, string Output)? run, string program)
    {
        if (run is not { } ended)
        {
            Tool.Missing(program);
            return default;
        }

        Assert.True(ended.Code == 0, ended.Output);
        return JsonDocument.Parse(ended.Output.Trim().Split('\n')[^1]).RootElement;
    }
}
