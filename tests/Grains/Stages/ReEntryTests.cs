using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Stages;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;

namespace Orchestrator.Grains.Tests.Stages;

public sealed class ReEntryTests
{
    private const string Stages = "stages: {a: {kind: inventory}, b: {kind: inventory}}\n";
    private const string In = "signals.any(['page.viewed'])";
    private const string Out = "{id: out, from: b, to: a, when: \"signals.any(['email.clicked'])\"}";

    [Fact]
    public void C8_never_means_once()
    {
        var scene = Given("never").Signal("page.viewed");
        Assert.Equal("b", scene.Account.Stage);
        scene.Signal("email.clicked").AfterDays(1_000).Signal("page.viewed");
        Assert.Equal("a", scene.Account.Stage);
    }

    [Fact]
    public void C8_after_exit_means_whenever_it_has_left()
    {
        var scene = Given("after-exit").Signal("page.viewed");
        var since = scene.Account.StageSince;
        Assert.Equal(("b", since), (scene.AfterDays(1).Signal("page.viewed").Account.Stage, scene.Account.StageSince));
        Assert.Equal("b", scene.Signal("email.clicked").Signal("page.viewed").Account.Stage);
        Assert.Equal(2, scene.Account.Journey!.EntryOf("in", "")!.Count);
    }

    [Fact]
    public void C8_any_time_begins_the_stage_anew_while_the_account_is_in_it()
    {
        var scene = Given("any-time").Signal("page.viewed").AfterDays(1).Signal("page.viewed");
        Assert.Equal(("b", scene.Now), (scene.Account.Stage, scene.Account.StageSince));
        Assert.Equal((2, scene.Now), (scene.Account.Journey!.EntryOf("in", "")!.Count, scene.Account.Journey.EntryOf("in", "")!.EnteredAt));
        Assert.Single(scene.Facts.Select(f => f.Event).OfType<AccountEvent.StageEntered>());
    }

    [Fact]
    public void C8_a_cool_down_from_the_start_counts_from_when_it_entered()
    {
        var scene = Given("{cool-down: 10d}").Signal("page.viewed").AfterDays(9).Signal("email.clicked").Signal("page.viewed");
        Assert.Equal("a", scene.Account.Stage);
        Assert.Equal("b", scene.AfterDays(1).Signal("page.viewed").Account.Stage);
    }

    [Fact]
    public void C8_a_cool_down_from_the_end_counts_from_when_it_left()
    {
        var scene = Given("{cool-down: 10d, since: end}").Signal("page.viewed").AfterDays(9).Signal("email.clicked");
        var left = scene.Now;
        Assert.Equal("a", scene.At(left.AddDays(10).AddTicks(-1)).Signal("page.viewed").Account.Stage);
        Assert.Equal("b", scene.At(left.AddDays(10)).Signal("page.viewed").Account.Stage);
    }

    [Fact]
    public void C8_a_criterion_that_goes_on_holding_enters_again_at_the_very_end_of_the_cool_down()
    {
        var scene = Scene.Given(Head + Stages + $"transitions: [{{id: in, from: a, to: b, when: \"true\", re-entry: {{cool-down: 10d, since: end}}}}, {Out}]\n").Signal("page.viewed").AfterDays(3).Signal("email.clicked");
        Assert.Equal("a", scene.Account.Stage);
        var due = scene.Now.AddDays(10);
        Assert.Equal("a", scene.At(due.AddTicks(-1)).Account.Stage);
        Assert.Equal(("b", due), (scene.At(due).Account.Stage, scene.Account.StageSince));
    }

    [Fact]
    public void C8_at_most_so_many_times()
    {
        var scene = Given("{at-most: 2}");
        for (var i = 0; i < 4; i++)
        {
            scene.Signal("page.viewed");
            Assert.Equal(i < 2 ? "b" : "a", scene.Account.Stage);
            scene.Signal("email.clicked");
        }
    }

    [Fact]
    public void C8_each_business_key_is_counted_for_itself()
    {
        var scene = Given("{rule: never, per: \"signal.topic\"}");
        Assert.Equal("b", scene.Signal("page.viewed", "", "topic", "x").Account.Stage);
        Assert.Equal("a", scene.Signal("email.clicked").Signal("page.viewed", "", "topic", "x").Account.Stage);
        Assert.Equal("b", scene.Signal("page.viewed", "", "topic", "y").Account.Stage);
        Assert.Equal("a", scene.Signal("email.clicked").Signal("page.viewed", "", "topic", "y").Account.Stage);
    }

    [Fact]
    public void C8_keys_that_are_remembered_are_bounded_the_oldest_goes()
    {
        var scene = Given("{rule: never, per: \"signal.topic\"}");
        for (var i = 0; i <= Journey.MostEntries; i++)
        {
            scene.Signal("page.viewed", "", "topic", $"t{i}").Signal("email.clicked");
        }

        Assert.Equal(Journey.MostEntries, scene.Account.Journey!.Entries.Length);
        Assert.Null(scene.Account.Journey.EntryOf("in", "t0"));
        Assert.NotNull(scene.Account.Journey.EntryOf("in", "t1"));
    }

    [Fact]
    public void C8_an_entry_that_a_person_confirmed_counts_too()
    {
        var scene = Scene.Given(Head + "stages: {a: {kind: inventory}, b: {kind: inventory}}\n" + $"transitions: [{{id: in, from: a, to: b, when: \"{In}\", re-entry: never, confirm: {{by: sales, within: 1d, reject-to: b}}}}, {Out}]\n").Signal("page.viewed");
        scene.Settle(scene.Action.Id, new Settlement.Done("", "")).Signal("email.clicked").Signal("page.viewed");
        Assert.Empty(scene.Account.OpenActions);
        Assert.Equal("a", scene.Account.Stage);
    }

    [Fact]
    public void C8_an_account_whose_transitions_say_nothing_about_it_keeps_nothing() =>
        Assert.Null(Scene.Given(Head + Stages + $"transitions: [{{id: in, from: a, to: b, when: \"{In}\"}}, {Out}]\n").Signal("page.viewed").Signal("email.clicked").Account.Journey);

    [Theory]
    [InlineData("sometimes", "transitions[0].re-entry: expected after-exit, never or any-time, found `sometimes`")]
    [InlineData("{rule: never, at-most: 2}", "transitions[0].re-entry: `rule: never` allows one entry; remove `cool-down` and `at-most`")]
    [InlineData("{since: end}", "transitions[0].re-entry.since: `since` says from when `cool-down` counts; give a `cool-down` too")]
    [InlineData("{rule: any-time, cool-down: 3d, since: end}", "transitions[0].re-entry.since: `rule: any-time` enters again without leaving, so a cool-down `since: end` would never begin; expected `since: start`")]
    [InlineData("{at-most: 0, until: 3d}", "transitions[0].re-entry.at-most: 0 is out of range; expected a whole number from 1 to 1000000", "transitions[0].re-entry.until: unknown key `until` in a re-entry; known keys: rule, cool-down, since, at-most, per")]
    [InlineData("{per: \"3\"}", "transitions[0].re-entry.per: expected a string, found an int")]
    public void C8_a_mistake_is_told_with_what_was_expected(string rule, params string[] expected) =>
        Assert.Equal(expected, PlaybookCompiler.Compile(Text(rule), "p.yaml", 1).Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => $"{d.Path}: {d.Message}"));

    private static Scene Given(string rule) => Scene.Given(Text(rule));

    private static string Text(string rule) => Head + Stages + $"transitions: [{{id: in, from: a, to: b, when: \"{In}\", re-entry: {rule}}}, {Out}]\n";
}
