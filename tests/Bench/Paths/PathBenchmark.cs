using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Bench.Harness;
using Orchestrator.Load;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Journal;
using Orchestrator.V1;

namespace Orchestrator.Bench.Paths;

/// <summary>What does a signal cost on its way from the connection's bytes to the acknowledgement's bytes, in CPU, garbage and pauses?</summary>
/// <remarks>
/// The silo's parts in this process, SQLite included, Kestrel and sockets left out; whoever sends and measures is in the figures as well, the same in each run. So
/// figures are for comparing two versions of the silo, run in turns. Garbage a signal hardly depends on what else the machine does.
/// </remarks>
static class PathBenchmark
{
    // Most people of the hottest accounts are met by then, and what is hot is compiled.
    private const int WarmUpSeconds = 8;

    public static async Task<int> RunAsync(Sizes sizes)
    {
        Console.WriteLine("What does a signal cost from the bytes of the connection to the bytes of the acknowledgement?");
        Console.WriteLine(PathRun.Header);
        using var folder = new TemporaryFolder();
        var settings = new ServerSettings(new(IPAddress.Loopback, 0), new(IPAddress.Loopback, 0), folder.Path, 256, Sample: false, 90);
        await using var silo = new SiloParts(settings, new SqliteStore(Path.Combine(folder.Path, "path.db"), TimeProvider.System), TimeProvider.System, NullLoggerFactory.Instance);
        await silo.StartAsync(CancellationToken.None);
        await new PlaybookService(silo.Runtime).Publish(new PublishRequest { Text = CanonicalPlaybook.Text(sizes.Plays, sizes.Stages), File = "canonical.yaml" }, new CallContext());
        var feed = new SignalFeed(silo.Signals, sizes);
        await feed.RunAsync(Math.Min(WarmUpSeconds, sizes.Seconds));
        var runs = new List<PathRun>();
        for (var i = 1; i <= sizes.Runs; i++)
        {
            var run = await PathRun.OfAsync(feed, silo.Runtime, sizes.Seconds);
            runs.Add(run);
            Console.WriteLine(run.Row(i.ToString(CultureInfo.InvariantCulture)));
        }

        Console.WriteLine(runs.OrderBy(run => run.Microseconds).ElementAt(runs.Count / 2).Row("median by us"));
        return runs.TrueForAll(run => run.Answered == run.Sent && run.Recorded == run.Sent) ? 0 : 1;
    }
}
