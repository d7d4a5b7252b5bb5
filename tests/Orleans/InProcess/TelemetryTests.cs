using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Orleans;
using Orchestrator.Storage.Contract.Tests.Postgres;

namespace Orchestrator.Orleans.Tests.InProcess;

public sealed class TelemetryTests(PostgresServer server)
{
    [Fact]
    public async Task Whoever_listens_in_the_process_sees_the_activities_and_the_meter_of_orleans()
    {
        var activities = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Microsoft.Orleans.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activities.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var instruments = new ConcurrentDictionary<string, bool>();
        using var meters = new MeterListener { InstrumentPublished = (instrument, _) => instruments[instrument.Meter.Name] = true };
        meters.Start();

        await using var world = await OrleansWorld.StartAsync(server, silos: 1);
        using var ours = new Activity("ours").SetIdFormat(ActivityIdFormat.W3C).Start();
        await world.Client.GetGrain<IAccountGrain>("acme").RecordAsync(Texts.Bought("b-1", "acme", 100));
        await world.UntilAsync(() => activities.Any(a => a.Source.Name == "Microsoft.Orleans.Application" && a.TraceId == ours.TraceId), "the grain's call belongs to the caller's trace");
        Assert.Contains("Microsoft.Orleans", instruments.Keys);
    }
}
