using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Insight;

public sealed class TeamTests
{
    private const string Playbook = """
        playbook: small
        currency: JPY
        time-zone: Asia/Tokyo
        departments: {sales: {pool: hunter, capacity: {open-actions: 1, per-owner: true}, owners: [sam, sue]}}
        signals: {page.viewed: {observed: true}, won: {observed: true}}
        stages: {start: {kind: inventory, accountable: sales}}
        plays:
          - {id: call, for: owner, department: sales, goal: won, horizon: 7d, on: page.viewed, value: 900, valid-for: 5d, treatments: [{id: call-a, channel: task}]}
        """;

    [Fact]
    public async Task L7_accounts_of_many_partitions_share_a_departments_capacity_and_what_waits_goes_out_when_there_is_room()
    {
        await using var desk = await Desk.OpenAsync(Playbook, partitions: 4);
        foreach (var account in new[] { "a-1", "a-2", "a-3" })
        {
            await desk.SignalAsync("page.viewed", account);
        }

        Team team = new();
        await desk.World.UntilAsync(async () => (team = await TeamAsync(desk)).InHand == 2 && team.WaitingCount == 1);
        Assert.Equal(("sales", "hunter", 1, true), (team.Department, team.Pool, team.OpenActions, team.PerOwner));
        Assert.Equal([("sam", 1, 1), ("sue", 1, 1)], team.Owners.Select(o => (o.Owner, o.InHand, o.Limit)));

        // Whoever was refused stays without an action until somebody is done.
        var waits = Assert.Single(team.Waiting);
        await desk.World.UntilAsync(async () => (await desk.AccountAsync(waits)).OpenActions.Count == 0);
        var busy = new[] { "a-1", "a-2", "a-3" }.First(a => a != waits);
        Grains.Accounts.Settlement done = new Grains.Accounts.Settlement.Done("", "");
        V1.Action? open = null;
        await desk.World.UntilAsync(async () => (open = (await desk.AccountAsync(busy)).OpenActions.SingleOrDefault()) is { Owner.Length: > 0 });
        await desk.SettleAsync(open!, done);
        await desk.World.UntilAsync(async () => (await TeamAsync(desk)).WaitingCount == 0);
        await desk.SignalAsync("page.viewed", waits);
        await desk.World.UntilAsync(async () => (await desk.AccountAsync(waits)).OpenActions is [{ Owner: { } owner }] && owner == open!.Owner);
        Assert.Equal(2, (await TeamAsync(desk)).InHand);
        await desk.RefusesAsync((s, c) => s.GetTeam(new GetTeamRequest { Department = "sale" }, c), StatusCode.NotFound, "unknown department `sale`; did you mean `sales`?");
    }

    private static async Task<Team> TeamAsync(Desk desk) => (await desk.Accounts.GetTeam(new GetTeamRequest { Department = "sales" }, new CallContext())).Team;
}
