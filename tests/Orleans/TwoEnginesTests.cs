using System.Net;
using Orchestrator.Cluster.Tests;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orchestrator.V1;

namespace Orchestrator.Orleans.Tests;

/// <summary>Silos of both engines on one store would each place all partitions: nothing would be lost, and nothing would stay where it is.</summary>
public sealed class TwoEnginesTests(PostgresServer server)
{
    [Fact]
    public async Task A_silo_of_another_engine_is_refused_while_one_is_alive_and_the_error_names_both()
    {
        var place = server.NewPlace();
        EngineUnderTest.Prepare(place);
        await using var orleans = new SiloMember("first", place);
        await using var postgres = Postgres(place);
        orleans.Start();
        await SiloCluster.UntilAsync(orleans.IsReadyAsync, "the first silo is ready");
        await RefusedAsync(postgres, "this silo has the engine `postgres`, but `first.", "of the engine `orleans` is alive on this store");
        var list = await orleans.Client.Cluster.ListSilos(new(), new());
        Assert.Equal((1, 0), (list.Silos.Count, list.Unowned));

        // When the first has left, the other engine has the store, and it is the other way about.
        Assert.Equal(0, (await orleans.StopAsync()).Exit);
        postgres.Start();
        await SiloCluster.UntilAsync(postgres.IsReadyAsync, "the silo of the other engine is ready");
        await RefusedAsync(orleans, "this silo has the engine `orleans`, but `other.", "of the engine `postgres` is alive on this store");
        await postgres.Client.Playbooks.Publish(new() { Text = Texts.Mails, File = "test.yaml" }, new());
        Assert.Equal(Acknowledgement.Types.Result.Recorded, (await SiloCluster.RecordAsync(postgres, Texts.Bought("s-1", "acme-1", 100))).Result);

        // Killed, it counts as alive until its lease is over; then whoever supervises the refused one succeeds.
        await postgres.KillAsync();
        await SiloCluster.UntilAsync(
            async () =>
            {
                if (!orleans.IsUp)
                {
                    await orleans.StartAgainAsync();
                }

                return await orleans.ProbeAsync("/readyz") is HttpStatusCode.OK;
            },
            "the store is free again");
        Assert.Equal(Acknowledgement.Types.Result.Duplicate, (await SiloCluster.RecordAsync(orleans, Texts.Bought("s-1", "acme-1", 100))).Result);
    }

    private static async Task RefusedAsync(SiloMember silo, params string[] said)
    {
        silo.Start();
        await silo.Process.EndAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(1, silo.Process.ExitCode);
        Assert.All(said, words => Assert.Contains(words, silo.Process.Error, StringComparison.Ordinal));
    }

    private static SiloMember Postgres(string place) => EngineUnderTest.Told("other", place, new Dictionary<string, string> { ["ORCHESTRATOR_ENGINE"] = "postgres" });
}
