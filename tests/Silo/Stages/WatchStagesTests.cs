using Google.Protobuf;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Stages;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Stages;

/// <summary>Who follows stage changes hears of each with the commit that made it, once, in order, and nothing that is not durable.</summary>
public sealed class WatchStagesTests
{
    private const string Playbook = """
        playbook: follow
        currency: GBP
        time-zone: Europe/London
        departments: {marketing: {title: Marketing}, sales: {title: Sales}}
        signals: {asked: {observed: true}, bought: {observed: true}, read: {observed: true}}
        stages: {start: {kind: inventory, accountable: marketing}, warm: {kind: inventory, accountable: sales}, customer: {kind: inventory, accountable: sales}}
        transitions:
          - {id: asks, from: start, to: warm, when: "signals.any(['asked'])"}
          - {id: buys, from: warm, to: customer, when: "signals.any(['bought'])", reason: "'they bought'"}
          - {id: cools, from: warm, to: start, when: "stage_days >= 5.0"}
        journeys:
          reading: {of: contact, stages: {idle: {}, reads: {}}, transitions: [{id: opens, from: idle, to: reads, when: "signals.any(['read'])"}]}

        """;

    [Fact]
    public async Task Every_stage_change_reaches_a_subscriber_with_the_commit_of_the_signal_that_caused_it()
    {
        await using var desk = await Desk.OpenAsync(Playbook, partitions: 4);
        await using var follower = await Follower.BeginAsync(ServiceOf(desk));
        for (var i = 0; i < 12; i++)
        {
            var account = $"a-{i}";
            var asked = await RecordAsync(desk, "asked", account);
            var (opened, warm) = (await follower.NextAsync(), await follower.NextAsync());
            Assert.Equal((account, "", "start", "", "marketing"), (opened.Account, opened.From, opened.To, opened.Transition, opened.Accountable));
            Assert.Equal((account, "start", "warm", "asks", "sales", "marketing"), (warm.Account, warm.From, warm.To, warm.Transition, warm.Accountable, warm.AccountableBefore));
            Assert.Equal((asked.Position, asked.Position), (opened.Commit, warm.Commit));
            var bought = await RecordAsync(desk, "bought", account);
            var customer = await follower.NextAsync();
            Assert.Equal((account, "customer", "they bought", bought.Position), (customer.Account, customer.To, customer.Reason, customer.Commit));
        }

        Assert.Equal(36, follower.Taken.Select(c => c.Id).Distinct().Count());
        Assert.True(follower.IsQuiet);
    }

    [Fact]
    public async Task A_stage_change_of_a_person_and_one_that_time_alone_brought_are_told_too()
    {
        await using var desk = await Desk.OpenAsync(Playbook, partitions: 1);
        await using var follower = await Follower.BeginAsync(ServiceOf(desk));
        await RecordAsync(desk, "read", "acme", "ann@acme.test");
        var (opened, read) = (await follower.NextAsync(), await follower.NextAsync());
        Assert.Equal(("reading", "idle", "reads", ""), (read.Journey, read.From, read.To, read.Accountable));
        Assert.NotEqual("", read.Contact);
        Assert.Equal(("", ""), (opened.Journey, opened.Contact));
        await RecordAsync(desk, "asked", "acme");
        var warm = await follower.NextAsync();
        desk.World.Clock.Advance(TimeSpan.FromDays(6));
        var cooled = follower.NextAsync();
        await desk.World.InTimeAsync(cooled);
        Assert.Equal(("cools", "start", warm.At.ToDateTimeOffset().AddDays(5)), ((await cooled).Transition, (await cooled).To, (await cooled).At.ToDateTimeOffset()));
    }

    [Fact]
    public async Task Nothing_is_told_before_it_is_durable_and_what_the_store_does_not_take_is_neither_acknowledged_nor_told()
    {
        await using var desk = await Desk.OpenAsync(Playbook, partitions: 1);
        await RecordAsync(desk, "read", "acme", "ann@acme.test");
        await using var follower = await Follower.BeginAsync(ServiceOf(desk));
        var gate = new TaskCompletionSource();
        var reached = desk.World.Store.Appends;
        desk.World.Store.Gate = gate.Task;
        desk.World.Store.OnAppend = _ => Fault.Full;
        var signal = SignalOf("asked", "acme");
        var recorded = desk.TryRecordAsync(signal);
        await desk.World.UntilAsync(() => Task.FromResult(desk.World.Store.Appends > reached));

        // It was decided, and is on its way to the store.
        Assert.False(recorded.IsCompleted);
        Assert.True(follower.IsQuiet);
        gate.SetResult();
        Assert.NotEqual(Acknowledgement.Types.Result.Recorded, (await recorded).Result);
        Assert.True(follower.IsQuiet);
        desk.World.Store.OnAppend = _ => Fault.None;
        Acknowledgement acknowledged;
        do
        {
            acknowledged = await desk.TryRecordAsync(signal);
        }
        while (acknowledged.Result == Acknowledgement.Types.Result.Overloaded);

        Assert.Equal(Acknowledgement.Types.Result.Recorded, acknowledged.Result);
        var change = await follower.NextAsync();
        Assert.Equal(("warm", acknowledged.Position), (change.To, change.Commit));
        Assert.True(follower.IsQuiet);
    }

    [Fact]
    public async Task After_a_crash_the_position_gives_what_was_missed_once_and_under_the_ids_that_it_had()
    {
        await using var desk = await Desk.OpenAsync(Playbook, partitions: 3);
        ByteString position;
        List<StageChange> seen;
        await using (var follower = await Follower.BeginAsync(ServiceOf(desk)))
        {
            for (var i = 0; i < 5; i++)
            {
                await RecordAsync(desk, "asked", $"a-{i}");
                await follower.NextAsync();
                await follower.NextAsync();
            }

            (position, seen) = (follower.Position, [.. follower.Taken]);
        }

        for (var i = 0; i < 5; i++)
        {
            await RecordAsync(desk, "bought", $"a-{i}");
        }

        await desk.World.CrashAndStartAsync();
        await desk.World.InTimeAsync(RecordAsync(desk, "asked", "a-5"));
        await using var again = await Follower.BeginAsync(ServiceOf(desk), new() { Position = position });
        for (var i = 0; i < 7; i++)
        {
            await again.NextAsync();
        }

        Assert.Equal(["a-0", "a-1", "a-2", "a-3", "a-4"], again.Taken.Where(c => c.To == "customer").Select(c => c.Account).Order(StringComparer.Ordinal));
        Assert.Equal(2, again.Taken.Count(c => c.Account == "a-5"));
        Assert.Empty(again.Taken.Select(c => c.Id).Intersect(seen.Select(c => c.Id)));
        await using var all = await Follower.BeginAsync(ServiceOf(desk), new() { FromOldest = true });
        for (var i = 0; i < 17; i++)
        {
            await all.NextAsync();
        }

        // Whoever begins anew gets the very same.
        Assert.Equal(seen.Concat(again.Taken).OrderBy(c => c.Id, StringComparer.Ordinal), all.Taken.OrderBy(c => c.Id, StringComparer.Ordinal));
        Assert.True(all.IsQuiet);
    }

    [Fact]
    public async Task A_filter_by_journey_stage_department_and_account_leaves_out_all_else_and_a_name_that_is_none_is_refused()
    {
        await using var desk = await Desk.OpenAsync(Playbook, partitions: 1);
        (WatchStagesRequest Filter, string Expected)[] cases =
        [
            (new() { Journeys = { "reading" } }, "acme/reads"),
            (new() { Journeys = { "" }, Stages = { "warm" } }, "acme/warm acme/customer beta/warm"),
            (new() { Departments = { "marketing" } }, "acme/start acme/warm beta/start beta/warm"),
            (new() { Accounts = { "beta" } }, "beta/start beta/warm"),
        ];
        var followers = new List<Follower>();
        foreach (var (filter, _) in cases)
        {
            followers.Add(await Follower.BeginAsync(ServiceOf(desk), filter));
        }

        await RecordAsync(desk, "read", "acme", "ann@acme.test");
        await RecordAsync(desk, "asked", "acme");
        await RecordAsync(desk, "bought", "acme");
        await RecordAsync(desk, "asked", "beta");
        foreach (var ((_, expected), follower) in cases.Zip(followers))
        {
            foreach (var one in expected.Split(' '))
            {
                var change = await follower.NextAsync();
                Assert.Equal(one, $"{change.Account}/{change.To}");
            }

            Assert.True(follower.IsQuiet);
            await follower.DisposeAsync();
        }

        Assert.Equal("`stages`: the playbook knows no `wram`; did you mean `warm`?", (await FailureAsync(desk, new() { Stages = { "wram" } }, StatusCode.InvalidArgument)).Status.Detail);
        await FailureAsync(desk, new() { Departments = { "legal" } }, StatusCode.InvalidArgument);
        await FailureAsync(desk, new() { Journeys = { Enumerable.Repeat("reading", 65) } }, StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task A_position_of_another_store_or_none_at_all_is_refused()
    {
        await using var desk = await Desk.OpenAsync(Playbook, partitions: 2);
        await using var other = await Desk.OpenAsync(Playbook, partitions: 3);
        await using var there = await Follower.BeginAsync(ServiceOf(other));
        await FailureAsync(desk, new() { Position = there.Position }, StatusCode.InvalidArgument);
        await FailureAsync(desk, new() { Position = ByteString.CopyFromUtf8("position") }, StatusCode.InvalidArgument);
        await using var here = await Follower.BeginAsync(ServiceOf(desk));
        await FailureAsync(desk, new() { Position = here.Position, FromOldest = true }, StatusCode.InvalidArgument);
        var ahead = StagePosition.Write(desk.World.Silo.Incarnation, [1_000, 1]);
        await FailureAsync(desk, new() { Position = ahead }, StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task No_more_follow_than_a_silo_bears_and_a_place_is_free_again_when_one_leaves()
    {
        await using var desk = await Desk.OpenAsync(Playbook, partitions: 1);
        var service = ServiceOf(desk);
        var followers = new List<Follower>();
        for (var i = 0; i < StageService.MostFollowers; i++)
        {
            followers.Add(await Follower.BeginAsync(service));
        }

        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => Follower.BeginAsync(service))).Code);
        await followers[0].DisposeAsync();
        followers[0] = await Follower.BeginAsync(service);
        foreach (var follower in followers)
        {
            await follower.DisposeAsync();
        }
    }

    private static StageService ServiceOf(Desk desk) => new(desk.World.Silo, desk.World.Store, desk.World.Shelf, alone: true, TimeProvider.System, CancellationToken.None);

    private static async Task<RpcException> FailureAsync(Desk desk, WatchStagesRequest request, StatusCode expected)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => Follower.BeginAsync(ServiceOf(desk), request));
        Assert.Equal(expected, refused.Code);
        return refused;
    }

    private static Signal SignalOf(string type, string account, string email = "")
    {
        var signal = new Signal { Id = Guid.NewGuid().ToString("n"), Type = type, Account = account };
        if (email.Length > 0)
        {
            signal.Identifiers.Add(new Identifier { Kind = "email", Value = email });
        }

        return signal;
    }

    private static async Task<Acknowledgement> RecordAsync(Desk desk, string type, string account, string email = "")
    {
        var answer = await desk.TryRecordAsync(SignalOf(type, account, email));
        Assert.True(answer.Result == Acknowledgement.Types.Result.Recorded, answer.Reason);
        return answer;
    }
}
