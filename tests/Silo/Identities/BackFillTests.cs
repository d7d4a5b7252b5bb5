using Google.Protobuf.WellKnownTypes;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.V1;
using Result = Orchestrator.V1.Acknowledgement.Types.Result;

namespace Orchestrator.Silo.Tests.Identities;

public sealed class BackFillTests
{
    [Fact]
    public async Task A3_history_sent_as_a_batch_is_known_and_nothing_is_offered_until_somebody_does_something()
    {
        await using var desk = await Desk.OpenAsync();
        var now = desk.World.Clock.GetUtcNow();
        var batch = new RecordBatchRequest();
        for (var day = 40; day > 0; day--)
        {
            batch.Signals.Add(new Signal
            {
                Id = $"h-{day}",
                Type = "page.viewed",
                Account = "acme",
                Identifiers = { new Identifier { Kind = "email", Value = "ann@acme.test" } },
                Time = Timestamp.FromDateTimeOffset(now.AddDays(-day)),
                BackFill = true,
            });
        }

        var service = new SignalService(desk.World.Silo, desk.World.Shelf, desk.World.Clock);
        var answer = await desk.World.InTimeAsync(service.RecordBatch(batch, new CallContext()));
        Assert.All(answer.Acknowledgements, a => Assert.True(a.Result == Result.Recorded, a.Reason));
        var account = await desk.AccountAsync();
        Assert.Equal(40, account.SignalCount);
        Assert.Equal(Timestamp.FromDateTimeOffset(now.AddDays(-1)), account.LastSignalAt);
        Assert.Empty(account.OpenActions);
        Assert.InRange(account.NextWakeAt.ToDateTimeOffset(), now.AddHours(1), desk.World.Clock.GetUtcNow().AddHours(1));
        Assert.DoesNotContain((await desk.TimelineAsync(size: 500)).Entries, e => e.Kind is "action" or "none" or "deferred");
        await desk.SignalAsync("page.viewed", email: "ann@acme.test");
        Assert.Contains((await desk.TimelineAsync()).Entries, e => e.Kind is "action" or "none");
    }

    [Fact]
    public async Task A3_history_without_an_instant_is_refused()
    {
        await using var desk = await Desk.OpenAsync();
        var service = new SignalService(desk.World.Silo, desk.World.Shelf, desk.World.Clock);
        var signal = new Signal { Id = "h", Type = "page.viewed", Account = "acme", BackFill = true };
        var answer = await desk.World.InTimeAsync(service.RecordBatch(new RecordBatchRequest { Signals = { signal } }, new CallContext()));
        Assert.Equal((Result.Refused, "the time is not set: history (`back_fill`) has to say when it happened"), (answer.Acknowledgements[0].Result, answer.Acknowledgements[0].Reason));
    }
}
