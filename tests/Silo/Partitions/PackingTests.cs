using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.StoreCommands;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Partitions;

public sealed class PackingTests : IDisposable
{
    private const string Playbook = """
        playbook: small
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        attributes: {account: {}, contact: {}}
        signals: {page.viewed: {observed: true, properties: {url: string?}}}
        journey: {start: known}
        stages: {known: {kind: inventory, accountable: sales}}
        transitions: []
        plays: []
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("packing");

    private string Store => Path.Combine(_folder.FullName, "orchestrator.db");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_silo_packs_when_its_store_is_raised_and_reads_all_of_it_whether_it_packs_or_not()
    {
        // An older store: made by a build that reads level 2.
        await using (var older = new SqliteStore(Store, TimeProvider.System))
        {
            await older.OpenAsync(new StoreCreation(2, "older", FeatureLevel.Packed - 1), Cancel);
        }

        await using (var silo = await StartAsync(packing: "on"))
        {
            await new PlaybookService(silo.Runtime).Publish(new PublishRequest { Text = Playbook, File = "small.yaml" }, new CallContext());
            await RecordAsync(silo, "before");
            Assert.Equal(0, await PackedAsync());
            await silo.Levels.RaiseAsync(FeatureLevel.Packed, null, Cancel);
            await RecordAsync(silo, "raised");
            Assert.True(await PackedAsync() > 0, "nothing is packed at a level that allows it");
        }

        long packed;
        await using (var silo = await StartAsync(packing: "off"))
        {
            packed = await PackedAsync();
            Assert.Equal(2, await CountAsync(silo));
            await RecordAsync(silo, "off");
            Assert.Equal(packed, await PackedAsync());
        }

        await using (var silo = await StartAsync(packing: "on"))
        {
            Assert.Equal(3, await CountAsync(silo));
            await RecordAsync(silo, "on");
            Assert.True(await PackedAsync() > packed, "a silo that is told to pack does not");
        }

        var output = new StringWriter();
        Assert.Equal(0, await StoreCommand.RunAsync(["verify", Store], _ => null, output, TextWriter.Null, terminal: false, Cancel));
        Assert.Contains($"feature level {FeatureLevel.Packed}", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Between_two_commits_passes_the_pause_unless_there_is_enough()
    {
        var clock = new FakeTimeProvider(World.Start);
        var pause = TimeSpan.FromMilliseconds(40);
        await using var store = new SqliteStore(Store, clock);
        await store.OpenAsync(new StoreCreation(2, "test"), Cancel);
        await store.TakeOverAsync(0, 0, "test", Cancel);
        using var committer = new Committer(store, PartitionSettings.Default with { CommitPause = pause, FlushEvents = 10 }, clock, NullLogger.Instance);
        var loop = committer.RunAsync();
        // The first one has nothing to wait for.
        await committer.CommitAsync(Request(1, events: 1));
        var second = committer.CommitAsync(Request(2, events: 1)).AsTask();
        for (var waited = TimeSpan.Zero; waited < pause; waited += pause / 4)
        {
            Assert.False(second.IsCompleted, $"written {waited.TotalMilliseconds} ms after the one before, {pause.TotalMilliseconds} were to pass");
            clock.Advance(pause / 4);
        }

        Assert.Equal(CommitResult.Written, await second.WaitAsync(TimeSpan.FromSeconds(40), Cancel));
        Assert.Equal(CommitResult.Written, await committer.CommitAsync(Request(3, events: 10)).AsTask().WaitAsync(TimeSpan.FromSeconds(40), Cancel));
        committer.Stop();
        await loop;
    }

    private static CommitRequest Request(long sequence, int events) => new() { Frame = new JournalAppend(0, 1, sequence, sequence, new byte[] { 8, 1 }), Events = events, Bytes = 2 };

    private async Task<SiloParts> StartAsync(string packing)
    {
        var settings = ServerSettings.Read(["--packing", packing], _ => null, out var error);
        Assert.Null(error);
        var silo = new SiloParts(settings!, new SqliteStore(Store, TimeProvider.System), TimeProvider.System, NullLoggerFactory.Instance);
        await silo.StartAsync(Cancel);
        return silo;
    }

    private static async Task RecordAsync(SiloParts silo, string id)
    {
        var signal = new Signal { Id = id, Type = "page.viewed", Account = "acme", Source = "test", Time = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow), Properties = { ["url"] = new() { Text = "/pricing/enterprise" } } };
        var answer = (await silo.Signals.RecordBatch(new RecordBatchRequest { Signals = { signal } }, new CallContext())).Acknowledgements[0];
        Assert.True(answer.Result == Acknowledgement.Types.Result.Recorded, answer.Reason);
    }

    private static async Task<long> CountAsync(SiloParts silo) =>
        (await new AccountService(silo.Runtime, silo.Shelf, silo.People, silo.Actions, TimeProvider.System).GetAccount(new() { Account = "acme" }, new CallContext())).Account.SignalCount;

    /// <summary>Frames that lie packed in the file.</summary>
    private async Task<long> PackedAsync()
    {
        await using var source = SqliteSource.Open(Store, alone: false);
        var packed = 0L;
        await foreach (var frame in source.FramesAsync(Cancel))
        {
            packed += PackedBody.Is(frame.Body) ? 1 : 0;
        }

        return packed;
    }
}
