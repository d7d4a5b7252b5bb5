using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Authoring;
using Orchestrator.Silo.InFlight;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.Silo.WhatIf;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.WhatIf;

public sealed class RolloutTests
{
    private const int Many = 900;

    private const string Text = """
        playbook: small
        currency: EUR
        time-zone: Europe/Berlin
        departments: {sales: {title: Sales}}
        signals: {page.viewed: {observed: true}, order.placed: {observed: true}}
        stages:
          cold: {kind: inventory}
          warm: {kind: inventory}
          hot: {kind: inventory}
          gone: {kind: end-of-effort}
        transitions:
          - {id: warms, from: cold, to: warm, when: "signals.count('page.viewed') >= 2"}
          - {id: heats, from: warm, to: hot, when: "signals.any(['order.placed'])"}
          - {id: tires, from: [cold, warm], to: gone, when: "quiet_for('45d')"}
        plays:
          - {id: call, for: owner, department: sales, stages: [warm], goal: order.placed, horizon: 30d, value: 5000, cost: 10, valid-for: 100d, treatments: [{id: call-script, channel: task}]}
        """;

    // `warm` is gone; everybody at `cold` is mapped away as well.
    private const string Next = """
        playbook: small
        currency: EUR
        time-zone: Europe/Berlin
        departments: {sales: {title: Sales}}
        signals: {page.viewed: {observed: true}, order.placed: {observed: true}}
        stages:
          cold: {kind: inventory}
          hot: {kind: inventory}
          gone: {kind: end-of-effort}
        transitions:
          - {id: heats, from: cold, to: hot, when: "signals.any(['order.placed'])"}
        in-flight: {map: {cold: gone}}
        """;

    [Fact]
    public async Task C3_every_account_in_flight_is_met_exactly_once_though_the_silo_dies_in_the_middle_of_it()
    {
        await using var desk = await Desk.OpenAsync(Text, settings: Insight.Partitions.Eager with { ResidentLimit = 50 });
        await FillAsync(desk);
        var planned = await PlanAsync(desk, Next);
        await desk.PublishAsync(Next);

        var visits = 0;
        var half = new TaskCompletionSource();
        desk.World.OnTurn = command =>
        {
            if (command is AccountCommand.Adopt && Interlocked.Increment(ref visits) == Many / 2)
            {
                half.TrySetResult();
            }
        };
        var walk = Walk(desk);
        await desk.World.InTimeAsync(half.Task);
        var refused = await Assert.ThrowsAsync<RpcException>(() => new PlaybookService(desk.World.Silo, desk.World.Store).Publish(new PublishRequest { Text = Text, File = "p.yaml" }, new CallContext()));
        Assert.Equal(StatusCode.FailedPrecondition, refused.Code);
        Assert.Contains("still being applied", refused.Status.Detail, StringComparison.Ordinal);
        await desk.World.CrashAndStartAsync();
        await walk.DisposeAsync();
        await using var again = Walk(desk);
        await desk.World.UntilAsync(async () => (await RolloutAsync(desk)).PartitionsDone == desk.World.Silo.Partitions);

        var moves = (await desk.World.JournalAsync()).SelectMany(f => f.Frame.Entries)
            .SelectMany(e => e.Events.Where(s => s.Account?.StageEntered is { Transition: "in-flight" }).Select(s => (e.Grain.Affinity, s.Account.StageEntered.From, s.Account.StageEntered.To))).ToList();
        Assert.Equal(Many, moves.Count);
        Assert.Equal(Many, moves.Select(m => m.Affinity).Distinct().Count());
        Assert.Equal(Many / 3, moves.Count(m => m is { From: "cold", To: "gone" }));
        Assert.Equal(Many - (Many / 3), moves.Count(m => m is { From: "warm", To: "hot" }));

        // The walk went on where it was kept, and the plan had said all of it.
        Assert.True(visits < Many * 3 / 2, $"{visits} visits of {Many} accounts");
        Assert.Equal((2, Many, Many, Many / 3), (planned.Version, planned.Accounts, planned.Moved, planned.Exited));
        Assert.Equal(Many - (Many / 3), planned.Revoked);
        Assert.Equal(Many, (await RolloutAsync(desk)).AccountsVisited);
        Assert.Equal("hot", (await desk.AccountAsync("a-1")).Stage);
        await desk.World.AssertEqualsFoldFromZeroAsync();
    }

    [Fact]
    public async Task C4_a_plan_says_who_moves_who_leaves_and_whose_timer_changes_and_does_nothing()
    {
        await using var desk = await Desk.OpenAsync(Text);
        await desk.SignalAsync("page.viewed", "one");
        await desk.SignalAsync("page.viewed", "two");
        await desk.SignalAsync("page.viewed", "two");
        var frames = (await desk.World.JournalAsync()).Count;

        var longer = await PlanAsync(desk, Text.Replace("45d", "90d", StringComparison.Ordinal));
        Assert.Equal((2, 0, 0, 2), (longer.Accounts, longer.Moved, longer.Revoked, longer.Rescheduled));

        var pinned = await PlanAsync(desk, Text + "\nin-flight: {default: pin}\n");
        Assert.Equal((2, 0, 2), (pinned.Accounts, pinned.Moved, pinned.Pinned));

        var next = await PlanAsync(desk, Next);
        Assert.Equal(
            [("one", "cold", "gone"), ("two", "warm", "hot")],
            next.Examples.Select(e => (e.Account, e.From, e.To)).Order());
        var warm = next.Stages.Single(s => s.Stage == "warm");
        Assert.Equal((1, 0, 1, true), (warm.Before, warm.After, warm.Moved, warm.Gone));
        Assert.Equal((0, 1), (next.Stages.Single(s => s.Stage == "gone").Before, next.Stages.Single(s => s.Stage == "gone").After));
        Assert.Equal(1, next.Exited);

        var unchanged = await PlanAsync(desk, Text);
        Assert.Equal((2, 0, 0, 0, 0), (unchanged.Accounts, unchanged.Moved, unchanged.Pinned, unchanged.Revoked, unchanged.Rescheduled));
        Assert.Equal(frames, (await desk.World.JournalAsync()).Count);
    }

    [Fact]
    public async Task C6_a_publish_wakes_who_waits_at_the_new_instant()
    {
        await using var desk = await Desk.OpenAsync(Text);
        await desk.SignalAsync("page.viewed", "one");
        await desk.PublishAsync(Text.Replace("45d", "3d", StringComparison.Ordinal));
        await using var walk = Walk(desk);
        await desk.World.UntilAsync(async () => (await RolloutAsync(desk)).PartitionsDone == desk.World.Silo.Partitions);
        desk.World.Clock.Advance(TimeSpan.FromDays(3));
        await desk.World.UntilAsync(async () => (await desk.AccountAsync("one")).Stage == "gone");
    }

    private static FlightWalk Walk(Desk desk) => new(desk.World.Silo, desk.World.Store, desk.World.Shelf, () => true, TimeProvider.System, NullLogger.Instance);

    private static Task<GetRolloutResponse> RolloutAsync(Desk desk) =>
        new AuthoringService(desk.World.Silo, desk.World.Shelf, desk.World.Store, new People(desk.World.Silo)).GetRollout(new GetRolloutRequest(), new CallContext());

    private static async Task<PublishPlan> PlanAsync(Desk desk, string text)
    {
        PublishPlan? plan = null;
        await foreach (var response in new AuthoringService(desk.World.Silo, desk.World.Shelf, desk.World.Store, new People(desk.World.Silo)).Plan(new PlanRequest { Text = text, File = "p.yaml" }, new CallContext()))
        {
            plan = response.Plan ?? plan;
        }

        return Assert.IsType<PublishPlan>(plan);
    }

    /// <summary>Every third account is cold, the others are warm and have a call open.</summary>
    private static async Task FillAsync(Desk desk)
    {
        var service = new SignalService(desk.World.Silo, desk.World.Shelf, desk.World.Clock);
        foreach (var round in (int[])[1, 2])
        {
            var batch = new RecordBatchRequest();
            for (var i = 0; i < Many; i++)
            {
                if (round == 1 || i % 3 > 0)
                {
                    batch.Signals.Add(new Signal { Id = $"s-{round}-{i}", Type = "page.viewed", Account = $"a-{i}" });
                }
            }

            var answer = await desk.World.InTimeAsync(service.RecordBatch(batch, new CallContext()));
            Assert.All(answer.Acknowledgements, a => Assert.Equal(Acknowledgement.Types.Result.Recorded, a.Result));
        }
    }
}
