using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Sample;
using Account = Orchestrator.Grains.Accounts.Account;

namespace Orchestrator.Silo.Tests.Sample;

/// <summary>The real sample, shortened to its first invoices, on the real store.</summary>
public sealed class SampleRunTests : IDisposable
{
    private const int Rows = 1_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly string folder = Directory.CreateTempSubdirectory("sample-").FullName;
    private readonly SampleFiles files;

    public SampleRunTests()
    {
        files = SampleFiles.Bundled() with { Invoices = Path.Combine(folder, "invoices.csv.gz") };
        using var all = new StreamReader(new GZipStream(File.OpenRead(SampleFiles.Bundled().Invoices), CompressionMode.Decompress));
        using var some = new StreamWriter(new GZipStream(File.Create(files.Invoices), CompressionMode.Compress), Encoding.UTF8);
        for (var line = 0; line <= Rows; line++)
        {
            some.WriteLine(all.ReadLine());
        }
    }

    [Fact]
    public async Task A_run_records_every_invoice_once_adds_up_and_says_the_same_after_a_restart()
    {
        var invoices = InvoiceReader.ReadAll(files.Invoices);
        var expected = invoices.Sum(i => (i.Purchase > 0 ? 1 : 0) + (i.Return > 0 ? 1 : 0)) + (2 * invoices.Select(i => i.Customer).Distinct().Count());

        string first;
        await using (var run = await Run.StartAsync(folder, files, seconds: 1))
        {
            await run.Sample.Finished.WaitAsync(Patience);
            var summary = await SampleSummary.ReadAsync(run.Silo.Store, CancellationToken.None);
            Assert.Equal(expected, summary.Signals.Values.Sum());
            Assert.Equal(0, summary.Doubled);
            Assert.Equal(0, summary.DeadLetters);
            Assert.Equal(summary.Accounts, summary.Stages.Values.Sum());
            Assert.Equal(invoices.Select(i => i.Customer).Distinct().Count(), summary.Accounts);
            Assert.All(summary.Plays.Values, p => Assert.Equal(0, p.Open));
            Assert.True(summary.Plays["welcome"].Done > 100, "no actions were carried out");
            Assert.True(summary.Nones.Count > 0);
            await AssertStagesAsync(run, invoices, summary);
            first = SummaryOf(run.Output);
        }

        await using (var again = await Run.StartAsync(folder, files, seconds: 1))
        {
            await again.Sample.Finished.WaitAsync(Patience);
            Assert.Equal(first, SummaryOf(again.Output));
            Assert.Contains("were replayed before", again.Output.ToString());
        }
    }

    [Fact]
    public async Task A_run_that_is_cut_off_goes_on_where_it_was_and_doubles_nothing()
    {
        var invoices = InvoiceReader.ReadAll(files.Invoices);
        var killed = await Run.StartAsync(folder, files, seconds: 10);
        await killed.Output.Saw("2009-12-02 ").WaitAsync(Patience);
        await killed.CrashAsync();

        DateTimeOffset reached;
        await using (var store = new SqliteStore(Path.Combine(folder, "orchestrator.db"), TimeProvider.System))
        {
            await store.OpenAsync(new StoreCreation(8, "test"), CancellationToken.None);
            var progress = await SampleProgress.ReadAsync(store, CancellationToken.None);
            Assert.False(progress!.Finished);
            reached = progress.Reached;
        }

        await using (var run = await Run.StartAsync(folder, files, seconds: 1))
        {
            Assert.True(run.Sample.Clock.GetUtcNow() >= reached);
            await run.Sample.Finished.WaitAsync(Patience);
            var summary = await SampleSummary.ReadAsync(run.Silo.Store, CancellationToken.None);
            Assert.Equal(0, summary.Doubled);
            Assert.Equal(invoices.Count(i => i.Purchase > 0), summary.Signals["purchase.made"]);
            Assert.Equal(invoices.Count(i => i.Return > 0), summary.Signals["goods.returned"]);
            Assert.Equal(invoices.Select(i => i.Customer).Distinct().Count(), summary.Signals["consent.given"]);
        }
    }

    [Fact]
    public async Task A_store_that_holds_something_else_is_refused_and_so_is_a_sample_in_real_time()
    {
        await using (var run = await Run.StartAsync(folder, files, seconds: 1))
        {
            await run.Output.Saw("welcome").WaitAsync(Patience);
        }

        await using var store = new SqliteStore(Path.Combine(folder, "orchestrator.db"), TimeProvider.System);
        await store.OpenAsync(new StoreCreation(8, "test"), CancellationToken.None);
        Assert.Contains("--sample", (await Assert.ThrowsAsync<StoreRefusedException>(() => SampleRun.RefuseAsync(store))).Message);

        await store.WriteSettingAsync("sample", "null"u8.ToArray(), CancellationToken.None);
        await using var other = new SampleRun(files, TimeSpan.FromSeconds(1), TextWriter.Null, colours: false);
        Assert.Contains("--data", (await Assert.ThrowsAsync<StoreRefusedException>(() => other.OpenAsync(store))).Message);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>What the journal was counted to say is what the accounts themselves say.</summary>
    private static async Task AssertStagesAsync(Run run, List<Invoice> invoices, SampleSummary summary)
    {
        var stages = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var account in invoices.Select(InvoiceSignals.AccountOf).Distinct())
        {
            var state = (Account)(await run.Silo.Runtime.ReadAsync([GrainKey.Account(Tenants.Default, account)], CancellationToken.None))[0]!;
            stages[state.Stage] = stages.GetValueOrDefault(state.Stage) + 1;
        }

        Assert.Equal(stages, summary.Stages);
    }

    /// <summary>The summary's lines, the last one with the time it took.</summary>
    private static string SummaryOf(Heard output)
    {
        var lines = output.ToString().Split('\n').SkipWhile(l => !l.StartsWith("Summary", StringComparison.Ordinal)).ToList();
        return string.Join('\n', lines.Take(lines.FindIndex(l => l.Contains("replayed in", StringComparison.Ordinal)) + 1));
    }

    private sealed class Run : IAsyncDisposable
    {
        private readonly FaultyStore store;

        private Run(SampleFiles files, int seconds, string folder)
        {
            Sample = new SampleRun(files, TimeSpan.FromSeconds(seconds), Output, colours: false);
            store = new FaultyStore(new SqliteStore(Path.Combine(folder, "orchestrator.db"), TimeProvider.System));
            var settings = new ServerSettings(new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(IPAddress.Loopback, 0), folder, 8, true, seconds);
            Silo = new SiloParts(settings, store, Sample.Clock, NullLoggerFactory.Instance, SampleRun.Bounds, SampleRun.Delivery);
        }

        public Heard Output { get; } = new();

        public SampleRun Sample { get; }

        public SiloParts Silo { get; }

        public static async Task<Run> StartAsync(string folder, SampleFiles files, int seconds)
        {
            var run = new Run(files, seconds, folder);
            await run.Silo.StartAsync(CancellationToken.None, run.Sample.OpenAsync);
            await run.Sample.StartAsync(run.Silo);
            return run;
        }

        /// <summary>The process dies: nothing runs to an end, the file is as the last commit left it.</summary>
        public async Task CrashAsync()
        {
            store.OnAppend = _ => Fault.HangsBefore;
            await store.Inner.DisposeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await Sample.DisposeAsync();
            await Silo.DisposeAsync();
        }
    }
}
