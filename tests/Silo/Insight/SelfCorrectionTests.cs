using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Journal;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Insight;

/// <summary>A whole silo, with nobody's help: what comes late is put right by itself.</summary>
public sealed class SelfCorrectionTests
{
    private const string Playbook = """
        playbook: late
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        lateness: {tolerance: 1m, correct-after: 1s}
        signals:
          meeting.booked: {observed: true}
          purchase.made: {observed: true}
        stages: {start: {kind: inventory}, meeting: {kind: inventory}, buying: {kind: inventory}}
        transitions:
          - {id: t-meet, from: start, to: meeting, when: "signal.type == 'meeting.booked'"}
          - {id: t-buy, from: meeting, to: buying, when: "signal.type == 'purchase.made'"}

        """;

    [Fact]
    public async Task A2_a_silo_puts_right_what_came_late_by_itself()
    {
        var folder = Directory.CreateTempSubdirectory("late");
        try
        {
            var settings = ServerSettings.Read([], _ => null, out _)! with { Partitions = 4 };
            await using var silo = new SiloParts(settings, new SqliteStore(Path.Combine(folder.FullName, "store.db"), TimeProvider.System), TimeProvider.System, NullLoggerFactory.Instance);
            await silo.StartAsync(TestContext.Current.CancellationToken);
            await new PlaybookService(silo.Runtime).Publish(new PublishRequest { Text = Playbook, File = "late.yaml" }, new CallContext());
            var accounts = new AccountService(silo.Runtime, silo.Shelf, silo.People, silo.Actions, TimeProvider.System);
            var now = DateTimeOffset.UtcNow;
            await RecordAsync(silo, "s-1", "purchase.made", now.AddMinutes(-30).AddSeconds(-1));
            await RecordAsync(silo, "s-2", "meeting.booked", now.AddMinutes(-31));
            var until = now.AddMinutes(1);
            Account account;
            do
            {
                Assert.True(DateTimeOffset.UtcNow < until, "nothing was put right within a minute");
                await Task.Delay(50, TestContext.Current.CancellationToken);
                account = (await accounts.GetAccount(new() { Account = "acme" }, new CallContext())).Account;
            }
            while (account.Stage != "buying");

            Assert.Equal(now.AddMinutes(-30).AddSeconds(-1).ToUnixTimeMilliseconds(), account.StageSince.ToDateTimeOffset().ToUnixTimeMilliseconds());
            Assert.Equal(["s-1", "s-2"], account.Lateness.Corrections.SelectMany(c => c.Signals).Select(s => s.Id));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task RecordAsync(SiloParts silo, string id, string type, DateTimeOffset at)
    {
        var signal = new Signal { Id = id, Type = type, Account = "acme", Source = "test", Time = Timestamp.FromDateTimeOffset(at) };
        var answer = await silo.Signals.RecordBatch(new RecordBatchRequest { Signals = { signal } }, new CallContext());
        Assert.Equal(Acknowledgement.Types.Result.Recorded, answer.Acknowledgements[0].Result);
    }
}
