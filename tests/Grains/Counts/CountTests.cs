using System.Globalization;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Counts;
using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Playbooks;
using Xunit;

namespace Orchestrator.Grains.Tests.Counts;

/// <summary>What is counted over all accounts, and what it lets happen.</summary>
public sealed class CountTests
{
    private static string Network(int atLeast) => $$$"""
        playbook: network
        currency: GBP
        time-zone: Europe/London
        attributes: {contact: {vip: bool?}}
        departments: {success: {title: Success}}
        signals: {order.placed: {observed: true}, order.cancelled: {observed: true}, page.viewed: {observed: true}, network.joined: {observed: true}}
        stages: {lead: {kind: inventory}, customer: {kind: inventory}, gone: {kind: inventory}}
        transitions:
          - {id: wins, from: [lead, gone], to: customer, when: "signals.any(['order.placed'])"}
          - {id: loses, from: customer, to: gone, when: "signals.any(['order.cancelled'])"}
          - {id: fades, from: customer, to: gone, when: "stage_days >= 300.0"}
        counts:
          customers: {when: "stage == 'customer'", at-least: {{{atLeast}}}}
        plays:
          - {id: invite, for: owner, department: success, stages: [customer], eligible: "count.reached('customers')", goal: network.joined, horizon: 30d, cool-down: 3650d, value: 100, valid-for: 30d, treatments: [{id: invite-task, channel: task}]}

        """;

    [Fact]
    public void K8_nobody_is_invited_before_the_number_is_reached_and_every_customer_once_after_it()
    {
        var scene = Scene.Given(Network(5));
        for (var i = 0; i < 4; i++)
        {
            Order(scene, i);
        }

        scene.AfterDays(1);
        Assert.Empty(Invited(scene));
        scene.Record(scene.NewSignal("page.viewed", "ann"), "a-90");
        Order(scene, 4);
        scene.After(TimeSpan.FromTicks(1));
        Assert.Equal(["a-0", "a-1", "a-2", "a-3", "a-4"], Invited(scene).Order(StringComparer.Ordinal));
        Order(scene, 5);
        scene.AfterDays(40);
        for (var i = 0; i < 6; i++)
        {
            scene.Record(scene.NewSignal("page.viewed", "ann"), $"a-{i}");
        }

        Assert.Equal(6, Invited(scene).Count);
        Assert.Equal(6, Invited(scene).Distinct().Count());
    }

    [Fact]
    public void K8_an_account_counts_once_however_often_it_comes_and_goes()
    {
        var scene = Scene.Given(Network(3));
        for (var i = 0; i < 5; i++)
        {
            Order(scene, 0);
            Order(scene, 1);
            scene.Record(scene.NewSignal("order.cancelled", "ann"), "a-0");
        }

        Assert.Equal(["a-1"], BoardOf(scene).Members);
        Assert.Equal(0, BoardOf(scene).Reached);
        Order(scene, 0);
        Assert.Empty(Invited(scene));
        Order(scene, 2);
        scene.After(TimeSpan.FromTicks(1));
        Assert.Equal(3, Invited(scene).Count);
    }

    [Fact]
    public void K8_time_alone_ends_it_at_the_exact_instant()
    {
        var scene = Scene.Given(Network(2));
        Order(scene, 0);
        scene.AfterDays(299.999);
        Assert.Single(BoardOf(scene).Members);
        scene.AfterDays(0.001);
        Assert.Empty(BoardOf(scene).Members);
    }

    [Fact]
    public void K8_customers_are_told_in_parts_when_there_are_many()
    {
        var scene = Scene.Given(Network((Board.MostToldAtOnce * 2) + 50));
        for (var i = 0; i < (Board.MostToldAtOnce * 2) + 50; i++)
        {
            Order(scene, i);
        }

        Assert.Equal((Board.MostToldAtOnce * 2) + 50, scene.Journal.Count(f => f.Event is AccountEvent.OfBoard { Event: AccountBoardEvent.Told }));
        scene.After(TimeSpan.FromTicks(1));
        Assert.Equal((Board.MostToldAtOnce * 2) + 50, Invited(scene).Distinct().Count());
    }

    [Fact]
    public void K8_a_version_that_asks_for_fewer_finds_that_they_are_there()
    {
        var scene = Scene.Given(Network(50));
        Order(scene, 0);
        Order(scene, 1);
        scene.Publish(Network(2));
        scene.Do(new AccountCommand.Adopt(GrainKey.Account(Scene.Tenant, "a-0"))).Do(new AccountCommand.Adopt(GrainKey.Account(Scene.Tenant, "a-1"))).After(TimeSpan.FromTicks(1));
        Assert.Equal(2, Invited(scene).Count);
        scene.Do(new AccountCommand.Adopt(GrainKey.Account(Scene.Tenant, "a-0")));
        Assert.Empty(scene.Facts);
    }

    [Fact]
    public void K8_who_counts_is_never_doubled_under_any_order_of_signals_and_messages()
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            var scene = Scene.Given(Network(6));
            scene.DeliversAtOnce = false;
            for (var step = 0; step < 150; step++)
            {
                if (random.Next(2) == 0)
                {
                    scene.Record(scene.NewSignal(random.Next(3) == 0 ? "order.cancelled" : "order.placed", "ann"), $"a-{random.Next(9)}");
                }
                else if (scene.Waiting is { Count: > 0 } waiting)
                {
                    scene.DeliverOne(waiting[random.Next(waiting.Count)]);
                }
            }

            while (scene.Waiting is { Count: > 0 } rest)
            {
                scene.DeliverOne(rest[random.Next(rest.Count)]);
            }

            List<string> customers = [.. scene.States.OfType<Account>().Where(a => a.Stage == "customer").Select(a => a.Key.Affinity)];
            Assert.True(customers.SequenceEqual(BoardOf(scene).Members), $"seed {seed}: {string.Join(", ", customers)} and not {string.Join(", ", BoardOf(scene).Members)}");
            scene.After(TimeSpan.FromTicks(1));
            Assert.True(BoardOf(scene).Reached > 0 || Invited(scene).Count == 0, $"seed {seed}: invited before the number was reached");
            Assert.True(BoardOf(scene).Reached == 0 || customers.All(c => scene.AccountOf(c).Boards!.Told.Count == 1), $"seed {seed}: a customer was not told");
        }
    }

    [Theory]
    [InlineData("counts: {c: {when: contact.vip, at-least: 2}}", "whether an account counts must be known at any time")]
    [InlineData("counts: {c: {when: 'true'}}", "counts.c: a count needs `at-least`")]
    [InlineData("goals: {g: {pool: hunters, on: page.viewed, target: 3}}", "goals.g.pool: expected hunter or farmer, found `hunters`")]
    [InlineData("goals: {g: {pool: hunter, target: 3}}", "goals.g: a goal needs either `on` (signals) or `enters` (stages)")]
    [InlineData("goals: {g: {pool: hunter, enters: custmer, target: 3}}", "unknown stage `custmer`; did you mean `customer`?")]
    public void K8_L7_mistakes_are_told_with_their_place(string added, string expected)
    {
        var text = Network(5).Replace("counts:\n  customers:", $"{added}\nx-counts:\n  customers:", StringComparison.Ordinal);
        var without = text[..text.IndexOf("x-counts:", StringComparison.Ordinal)];
        Assert.Contains(expected, string.Join('\n', PlaybookCompiler.Compile(without, "p.yaml", 1).Diagnostics.Select(d => d.ToString())), StringComparison.Ordinal);
    }

    internal static Board BoardOf(Scene scene, string board = "count:customers") =>
        scene.States.OfType<Team>().SingleOrDefault(t => t.Key == GrainKey.Owner(Scene.Tenant, board))?.Board ?? Board.Empty;

    private static void Order(Scene scene, int account) => scene.Record(scene.NewSignal("order.placed", "ann"), string.Create(CultureInfo.InvariantCulture, $"a-{account}"));

    private static List<string> Invited(Scene scene) => [.. scene.Journal.Where(f => f.Event is AccountEvent.ActionOffered { Action.Play: "invite" }).Select(f => f.Grain.Affinity)];
}
