using System.Globalization;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Insight;

/// <summary>Counts over all accounts and goals of pools, as a caller sees them: through the services of a running silo with several partitions.</summary>
public sealed class CountTests
{
    private const string Playbook = """
        playbook: network
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales, pool: hunter}, success: {title: Success, pool: farmer}}
        signals: {order.placed: {observed: true}, network.joined: {observed: true}, renewed: {observed: true}}
        stages: {lead: {kind: inventory}, customer: {kind: inventory}}
        transitions: [{id: wins, from: lead, to: customer, when: "signals.any(['order.placed'])"}]
        counts:
          customers: {when: "stage == 'customer'", at-least: 12}
        goals:
          new-customers: {pool: hunter, enters: customer, target: 10, period: year}
          renewals: {pool: farmer, on: renewed, target: 5, period: year}
        plays:
          - {id: invite, for: owner, department: success, stages: [customer], eligible: "count.reached('customers') && goal.reached('new-customers')", goal: network.joined, horizon: 30d, cool-down: 365d, value: 100, valid-for: 30d, treatments: [{id: invite-task, channel: task}]}

        """;

    [Fact]
    public async Task K8_L7_customers_of_all_partitions_are_counted_once_told_and_invited_over_a_crash()
    {
        await using var desk = await Desk.OpenAsync(Playbook, partitions: 4);
        for (var i = 0; i < 11; i++)
        {
            await desk.SignalAsync("order.placed", account: NameOf(i), email: $"ann@{NameOf(i)}.example");
        }

        await desk.World.CrashAndStartAsync();
        await desk.World.UntilAsync(async () => (await TeamAsync(desk, "sales")).Goals[0].Outcomes == 11);
        Assert.Equal(0, (await TeamAsync(desk, "success")).Goals[0].Achieved);
        var first = await desk.AccountAsync(NameOf(0));
        Assert.Empty(first.OpenActions);
        Assert.Equal([("customers", false, true, 0), ("new-customers", true, true, 1), ("renewals", true, true, 0)], first.Counts.Select(c => (c.Name, c.Goal, c.Counted, (int)c.Reached)));
        await desk.SignalAsync("order.placed", account: NameOf(11), email: $"ann@{NameOf(11)}.example");
        for (var i = 0; i < 12; i++)
        {
            await desk.World.UntilAsync(async () => (await desk.AccountAsync(NameOf(i))).OpenActions.Count == 1);
        }

        var told = await desk.TimelineAsync(NameOf(3));
        Assert.Single(told.Entries, e => e.Text == "There are 12 of `customers` by now.");
        Assert.Single(told.Entries, e => e.Text == "1 counts towards goal `new-customers`.");
        var goal = (await TeamAsync(desk, "sales")).Goals.Single();
        Assert.Equal(("new-customers", 12.0, 10.0, 12), (goal.Goal, goal.Achieved, goal.Target, goal.Outcomes));
        Assert.NotNull(goal.ReachedAt);
    }

    private static string NameOf(int account) => string.Create(CultureInfo.InvariantCulture, $"c-{account}");

    private static async Task<Team> TeamAsync(Desk desk, string department) => (await desk.Accounts.GetTeam(new GetTeamRequest { Department = department }, new CallContext())).Team;
}
