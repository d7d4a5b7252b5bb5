using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Orchestrator.Cluster.Tests;
using Orchestrator.Silo.Engines.Orleans;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orchestrator.Tests;

namespace Orchestrator.Orleans.Tests;

/// <summary>The process as it is shipped, and a collector of OpenTelemetry that takes what it sends.</summary>
public sealed class CollectorTests(PostgresServer server)
{
    [Fact]
    public async Task A_silo_that_is_told_of_a_collector_sends_it_the_traces_and_the_measures_of_orleans_under_its_own_name()
    {
        var taken = new ConcurrentDictionary<string, ConcurrentQueue<string>> { ["/v1/traces"] = new(), ["/v1/metrics"] = new() };
        var port = LoopbackPort.Take();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        await using var collector = builder.Build();
        collector.MapPost("/v1/{kind}", async (HttpRequest request) =>
        {
            // Names travel as they are in protobuf; nothing else of it is looked at.
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            taken[request.Path].Enqueue(Encoding.Latin1.GetString(body.ToArray()));
            return Results.Bytes([], "application/x-protobuf");
        });
        await collector.StartAsync();

        var place = server.NewPlace();
        EngineUnderTest.Prepare(place);
        await using var silo = EngineUnderTest.Told("observed", place, new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{port}",
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
            ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment=staging",
        });
        silo.Start();
        await SiloCluster.UntilAsync(silo.IsReadyAsync, "the silo is ready");
        await silo.Client.Cluster.ListSilos(new(), new());

        // Each partition's grain was asked where it is, by the loop that keeps all of them active; the last is the call just served.
        foreach (var source in new[] { "Microsoft.Orleans.Application", "Microsoft.Orleans.Lifecycle", "Orchestrator.Rpc" })
        {
            await SiloCluster.UntilAsync(() => Task.FromResult(taken["/v1/traces"].Any(t => t.Contains(source, StringComparison.Ordinal))), $"the collector hears of `{source}`");
        }

        await SiloCluster.UntilAsync(() => Task.FromResult(taken["/v1/metrics"].Any(m => m.Contains("Microsoft.Orleans", StringComparison.Ordinal) && m.Contains("orleans-", StringComparison.Ordinal))), "the collector hears of the meter");
        Assert.All(taken.Values.SelectMany(t => t), said =>
        {
            Assert.Contains("observed.", said, StringComparison.Ordinal);
            Assert.Contains("staging", said, StringComparison.Ordinal);
        });
        Assert.Equal(0, (await silo.StopAsync()).Exit);
    }

    [Fact]
    public void Without_a_collector_nothing_listens_and_one_with_a_malformed_address_is_refused()
    {
        Assert.Null(Telemetry.From(_ => null, "a"));
        Assert.Null(Telemetry.From(_ => "", "a"));
        var refused = Assert.Throws<FormatException>(() => Telemetry.From(name => name == "OTEL_EXPORTER_OTLP_ENDPOINT" ? "collector:4317" : null, "a"));
        Assert.Equal("`OTEL_EXPORTER_OTLP_ENDPOINT` is `collector:4317`, an address such as `http://collector:4317` was expected", refused.Message);
    }
}
