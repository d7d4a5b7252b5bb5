using Grpc.Reflection.V1;
using Orchestrator.Client;
using Orchestrator.Cluster.Tests;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Protos.Rpc;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orchestrator.V1;

namespace Orchestrator.Orleans.Tests;

/// <summary>What stands above the engine does not know which one it is.</summary>
public sealed class SeamTests(PostgresServer server)
{
    [Fact]
    public async Task A_silo_of_this_engine_serves_what_one_of_the_embedded_engine_serves_over_grpc_and_over_http()
    {
        var place = server.NewPlace();
        EngineUnderTest.Prepare(place);
        await using var orleans = new SiloMember("a", place);
        orleans.Start();
        await SiloCluster.UntilAsync(orleans.IsReadyAsync, "the silo is ready");
        await using var embedded = await SiloProcess.StartAsync(playbook: null);

        var services = await ServicesAsync(embedded.Client);
        Assert.InRange(services.Count, 10, 100);
        Assert.Equal(services, await ServicesAsync(orleans.Client));
        foreach (var path in new[] { "/livez", "/readyz", "/", "/nowhere" })
        {
            Assert.Equal(await PageAsync(embedded.HttpPort, path), await PageAsync(orleans.HttpPort, path));
        }
    }

    [Fact]
    public async Task Orc_makes_the_tables_without_which_a_silo_is_refused_and_does_with_a_silo_of_this_engine_what_it_does_with_any()
    {
        var place = server.NewPlace();
        using var folder = new Folder();
        await using var silo = new SiloMember("a", place);
        silo.Start();
        await silo.Process.EndAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(1, silo.Process.ExitCode);
        Assert.Contains("are not there: make them with `orc store migrate --orleans postgres`", silo.Process.Error, StringComparison.Ordinal);

        await OrcAsync("store", "migrate", "--orleans", "postgres");
        await silo.StartAgainAsync();
        await SiloCluster.UntilAsync(silo.IsReadyAsync, "the silo is ready");
        await OrcAsync("playbook", "publish", folder.Write("mails.yaml", Texts.Mails));
        await SiloCluster.UntilAsync(async () => (await SiloCluster.RecordAsync(silo, Texts.Bought("b-1", "acme", 100))).Result is Acknowledgement.Types.Result.Recorded, "a signal is recorded");
        Assert.Contains("acme", await OrcAsync("account", "show", "acme"), StringComparison.Ordinal);
        Assert.Contains("purchase.made", await OrcAsync("account", "timeline", "acme"), StringComparison.Ordinal);
        Assert.Contains("a.", await OrcAsync("cluster", "ls"), StringComparison.Ordinal);
        Assert.Contains("serving", await OrcAsync("doctor"), StringComparison.Ordinal);

        async Task<string> OrcAsync(params string[] arguments)
        {
            var (exit, output, error) = await Child.RunAsync(Place.Orc, arguments, new Dictionary<string, string> { ["ORCHESTRATOR_GRPC"] = silo.Address.ToString(), ["ORCHESTRATOR_POSTGRES"] = place, ["NO_COLOR"] = "1" });
            Assert.True(exit == 0, $"orc {string.Join(' ', arguments)} ended with {exit}: {output}{error}");
            return output;
        }
    }

    /// <summary>Names of the services, as a client that knows nothing asks for them.</summary>
    private static async Task<IReadOnlyList<string>> ServicesAsync(OrchestratorClient client)
    {
        var asking = client.Channel.Create<IReflection>(ReflectionReflection.Descriptor.Services[0]);
        await foreach (var answer in asking.ServerReflectionInfo(One(new ServerReflectionRequest { ListServices = "" }), new CallContext()))
        {
            return [.. answer.ListServicesResponse.Service.Select(service => service.Name).Order(StringComparer.Ordinal)];
        }

        return [];

        static async IAsyncEnumerable<ServerReflectionRequest> One(ServerReflectionRequest request)
        {
            await Task.CompletedTask;
            yield return request;
        }
    }

    private static async Task<string> PageAsync(int port, string path)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{port}{path}"));
        return $"{answer.StatusCode} {answer.Content.Headers.ContentType} {await answer.Content.ReadAsStringAsync()}";
    }

    public interface IReflection
    {
        IAsyncEnumerable<ServerReflectionResponse> ServerReflectionInfo(IAsyncEnumerable<ServerReflectionRequest> requests, CallContext call);
    }
}
