using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Hierarchies;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using Xunit;

namespace Orchestrator.Grains.Tests.Hierarchies;

public sealed class HierarchyTests
{
    private const string Playbook = """
        playbook: families
        currency: GBP
        time-zone: Europe/London
        signals:
          page.viewed: {observed: true}
          order.placed: {observed: true}
        scores: {engagement: {half-life: 7d, points: {page.viewed: 8}}}
        stages:
          lead: {kind: inventory}
          customer: {kind: inventory}
        transitions:
          - {id: buys, from: lead, to: customer, when: "signals.any(['order.placed'])"}

        """;

    private const string Asking = Playbook + """
          - {id: large, from: lead, to: customer, when: "hierarchy.accounts >= 3 && hierarchy.score('engagement') >= 6.0"}
          - {id: small, from: customer, to: lead, when: "hierarchy.score('engagement') < 6.0"}

        """;

    [Fact]
    public void B7_counts_scores_and_stages_roll_up_to_the_parent_and_on_to_its_parent()
    {
        var scene = Scene.Given(Playbook);
        Part(scene, "plant", "region");
        Part(scene, "region", "group");
        Part(scene, "shop", "region");
        Send(scene, "page.viewed", "plant", "ann");
        Send(scene, "order.placed", "shop", "bob");
        Send(scene, "page.viewed", "group", "cid");
        var group = Branch.Of(scene.AccountOf("group"));
        Assert.Equal((4, 3, 6), (group.Accounts, group.Contacts, group.Signals));
        Assert.Equal((1, 3), (group.Stages["customer"], group.Stages["lead"]));
        Assert.Equal(16, group.FindScore("engagement")!.Value.ValueAt(scene.Now), 9);
        Assert.Equal(("region", true), (scene.AccountOf("plant").Standing!.Family!.Parent, scene.AccountOf("plant").Standing!.Family!.Confirmed));
    }

    [Fact]
    public void B7_a_new_parent_gets_what_the_old_one_loses()
    {
        var scene = Scene.Given(Playbook);
        Part(scene, "plant", "region");
        Part(scene, "region", "group");
        Send(scene, "page.viewed", "plant", "ann");
        Part(scene, "plant", "other");
        Assert.Equal((1, 2, 1, 2), (Branch.Of(scene.AccountOf("region")).Accounts, Branch.Of(scene.AccountOf("group")).Accounts, Branch.Of(scene.AccountOf("region")).Signals, Branch.Of(scene.AccountOf("other")).Accounts));
        Assert.Equal(3, Branch.Of(scene.AccountOf("other")).Signals);
        Part(scene, "plant", "");
        Assert.Equal(1, Branch.Of(scene.AccountOf("other")).Accounts);
        Assert.Empty(scene.AccountOf("other").Standing!.Family!.Children);
    }

    [Fact]
    public void B7_a_circle_is_refused_and_nothing_is_counted_twice()
    {
        var scene = Scene.Given(Playbook);
        Part(scene, "a", "b");
        Part(scene, "b", "c");
        Part(scene, "c", "a");
        Assert.Equal(("", "`a` is a part of this account"), (scene.AccountOf("c").Standing!.Family!.Parent, scene.AccountOf("c").Standing!.Family!.Refused));
        Assert.Equal(3, Branch.Of(scene.AccountOf("c")).Accounts);
        Part(scene, "d", "d");
        Assert.Equal("an account is no part of itself", scene.AccountOf("d").Standing!.Family!.Refused);
    }

    [Fact]
    public void B7_naming_each_other_at_once_makes_no_circle_in_whatever_order_messages_come()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var scene = Scene.Given(Playbook);
            scene.DeliversAtOnce = false;
            var random = new Random(seed);
            string[] all = ["a", "b", "c", "d"];
            for (var i = 0; i < 12; i++)
            {
                Part(scene, all[random.Next(4)], random.Next(5) == 0 ? "" : all[random.Next(4)]);
                for (var d = random.Next(3); d > 0 && scene.Waiting.Count > 0; d--)
                {
                    scene.DeliverOne(scene.Waiting[random.Next(scene.Waiting.Count)]);
                }
            }

            for (var rest = 0; scene.Waiting.Count > 0; rest++)
            {
                Assert.True(rest < 2_000, $"seed {seed}: messages never end");
                scene.DeliverOne(scene.Waiting[random.Next(scene.Waiting.Count)]);
            }

            AssertForest(scene, all, seed);
        }
    }

    [Fact]
    public void B7_a_condition_asks_about_the_whole_branch_and_time_moves_it_exactly()
    {
        var scene = Scene.Given(Asking);
        Part(scene, "a", "top");
        Part(scene, "b", "top");
        Send(scene, "page.viewed", "a", "ann");
        scene.After(TimeSpan.FromTicks(1));
        Assert.Equal("customer", scene.AccountOf("top").Stage);
        var falls = Scene.Utc("2026-03-02T10:00:00Z").AddTicks((long)(TimeSpan.FromDays(7).Ticks * Math.Log2(8 / 6.0)));
        scene.At(falls.AddTicks(-100));
        Assert.Equal("customer", scene.AccountOf("top").Stage);
        scene.At(falls.AddTicks(100));
        Assert.Equal("lead", scene.AccountOf("top").Stage);
    }

    [Fact]
    public void B7_a_part_that_does_nothing_new_tells_its_parent_nothing()
    {
        var scene = Scene.Given(Playbook);
        Part(scene, "a", "top");
        var signal = Named(scene, "page.viewed", "a", "ann");
        scene.Record(signal, "a");
        scene.DeliversAtOnce = false;
        scene.Record(signal, "a");
        Assert.Empty(scene.Waiting);
        Send(scene, "page.viewed", "a", "ann");
        Assert.Single(scene.Waiting);
    }

    [Fact]
    public void B7_parts_of_an_account_that_is_merged_become_parts_of_the_one_that_carries_on_unless_that_makes_a_circle()
    {
        var scene = Scene.Given(Playbook);
        Part(scene, "old", "top");
        Part(scene, "a", "old");
        Part(scene, "b", "a");
        Send(scene, "page.viewed", "new", "ann");
        scene.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, "old"), "new"));
        Assert.Equal(("new", true), (scene.AccountOf("a").Standing!.Family!.Parent, scene.AccountOf("a").Standing!.Family!.Confirmed));
        Assert.Equal((1, 3), (Branch.Of(scene.AccountOf("top")).Accounts, Branch.Of(scene.AccountOf("new")).Accounts));
        scene.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, "new"), "b"));
        Assert.Equal(("", "a"), (scene.AccountOf("a").Standing!.Family!.Parent, scene.AccountOf("b").Standing!.Family!.Parent));
        Assert.NotEmpty(scene.AccountOf("a").Standing!.Family!.Refused);
        Assert.Equal(2, Branch.Of(scene.AccountOf("a")).Accounts);
    }

    private static void AssertForest(Scene scene, string[] all, int seed)
    {
        foreach (var account in all.Select(scene.AccountOf))
        {
            var above = account;
            for (var height = 0; above.Standing?.Family is { Parent.Length: > 0 } family; height++)
            {
                Assert.True(height < 4, $"seed {seed}: a circle through {account.Key.Affinity}");
                Assert.True(family.Confirmed, $"seed {seed}: {above.Key.Affinity} was never answered");
                above = scene.AccountOf(family.Parent);
            }

            var parts = all.Select(scene.AccountOf).Where(a => a.Standing?.Family?.Parent == account.Key.Affinity).ToList();
            var children = account.Standing?.Family?.Children;
            Assert.True(parts.Select(p => p.Key.Affinity).SequenceEqual(children?.Keys ?? []), $"seed {seed}: {account.Key.Affinity} counts {string.Join(",", children?.Keys ?? [])}");
            Assert.All(parts, p => Assert.Equal(Branch.Of(p), children![p.Key.Affinity]));
        }
    }

    private static void Part(Scene scene, string account, string parent) => Send(scene, "account.affiliated", account, "", "parent", parent);

    private static void Send(Scene scene, string type, string account, string person, params object[] properties) => scene.Record(Named(scene, type, account, person, properties), account);

    private static Signal Named(Scene scene, string type, string account, string person, params object[] properties)
    {
        var signal = scene.NewSignal(type, person, properties);
        signal.Account = account;
        return signal;
    }
}
