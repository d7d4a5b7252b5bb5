using Google.Protobuf.WellKnownTypes;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Identities;

public sealed class RejectedTests
{
    [Fact]
    public async Task A5_refused_signals_are_counted_by_type_and_kept_with_the_reason()
    {
        await using var desk = await Desk.OpenAsync();
        var service = new SignalService(desk.World.Silo, desk.World.Shelf, desk.World.Clock);
        var good = new Signal { Id = "g", Type = "page.viewed", Account = "acme" };
        var other = new Signal { Id = "g", Type = "page.viewed", Account = "acme", Time = Timestamp.FromDateTimeOffset(desk.World.Clock.GetUtcNow().AddDays(-1)) };
        var misspelt = new Signal { Id = "b1", Type = "page.veiwed", Account = "acme" };
        var strange = new Signal { Id = "b2", Type = "page.viewed", Account = "a b" };
        var batch = new RecordBatchRequest { Signals = { good, misspelt, strange, other, new Signal { Id = "b3", Type = "page.veiwed", Account = "acme" } } };
        var answer = await desk.World.InTimeAsync(service.RecordBatch(batch, new CallContext()));
        var rejected = await new RejectionService(service.Rejected).ListRejected(new ListRejectedRequest { Limit = 1 }, new CallContext());

        // What the edge refuses, and what only the account can know: the same id with other content.
        Assert.Equal([("page.veiwed", 2L), ("page.viewed", 2L)], rejected.Types_.Select(t => (t.Type, t.Count)));
        Assert.Equal(("b3", answer.Acknowledgements[4].Reason), Assert.Single(rejected.Types_[0].Latest.Select(r => (r.Signal.Id, r.Reason))));
        var all = await new RejectionService(service.Rejected).ListRejected(new ListRejectedRequest { Type = "page.viewed" }, new CallContext());
        Assert.Equal(["g", "b2"], Assert.Single(all.Types_).Latest.Select(r => r.Signal.Id));
        Assert.Contains("used before for a signal with other content", all.Types_[0].Latest[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A5_whatever_is_sent_little_is_kept()
    {
        var rejected = new RejectedSignals(DateTimeOffset.UnixEpoch);
        for (var i = 0; i < 1_000; i++)
        {
            rejected.Add(new Signal { Id = $"{i}", Type = $"t{i}", Properties = { ["p"] = new V1.Value { Text = new string('x', 10_000) } } }, "no", DateTimeOffset.UnixEpoch);
            rejected.Add(null, "nothing", DateTimeOffset.UnixEpoch);
        }

        var seen = rejected.Look();
        Assert.Equal(RejectedSignals.MostTypes + 1, seen.Count);
        Assert.Equal(2_000, seen.Sum(t => t.Count));
        Assert.Equal(("", 1_000L), (seen[0].Type, seen[0].Count));
        Assert.Equal(RejectedSignals.MostOfType, seen[0].Latest.Count);
        Assert.Equal(RejectedSignals.OtherTypes, seen[1].Type);
        Assert.All(seen.SelectMany(t => t.Latest), r => Assert.Empty(r.Signal.Properties));
    }
}
