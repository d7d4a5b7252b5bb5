using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Promises;
using Orchestrator.Grains.Tests.Deals;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Ownership;
using Xunit;
using Signal = Orchestrator.V1.Signal;

namespace Orchestrator.Grains.Tests.Promises;

public sealed class LedgerTests
{
    private const string Rules = """
        promises:
          used: {kept-when: "signals.count('page.viewed', {'topic': 'roi'}) >= 2", within: 30d}
          quiet: {kept-when: "signals.count('page.viewed', '10d') == 0"}
        feedback:
          - {from: sales, to: inside-sales, about: [transition, meeting-note], answer-within: 5d}
          - {from: inside-sales, to: marketing, about: [play, treatment, signal]}
          - {from: customer-success, to: sales, about: [promise, expectation]}
          - {from: customer-success, to: [marketing, product], about: [trouble, message]}
        plays:
          - {id: call, for: owner, department: marketing, stages: [nurture], goal: meeting.held, horizon: 7d, cool-down: 1s, applicable: "insights.stale > 0", value: 100, valid-for: 1d, treatments: [{id: call-a, channel: task}]}

        """;

    private const string Text = HandoffPlaybook.Head + Rules;

    [Fact]
    public void L3_a_promise_made_before_the_sale_is_measured_after_it_and_kept_when_its_condition_holds()
    {
        var scene = Open();
        scene.Record(By("sales", scene.NewSignal("promise.made", "", "promise", "p-1", "text", "two looks at the numbers", "kind", "used", "opportunity", "o-1")));
        Assert.Equal(("two looks at the numbers", "sales", "nurture", PromiseStanding.Open), (PromiseOf(scene).Text, PromiseOf(scene).By, PromiseOf(scene).Stage, PromiseOf(scene).Standing));
        scene.Signal("page.viewed", "ann", "topic", "roi").Signal("page.viewed", "ann", "topic", "roi");
        Assert.Equal((PromiseStanding.Open, null), (PromiseOf(scene).Standing, PromiseOf(scene).DueAt));
        scene.AfterDays(3).Signal("contract.signed", "", "opportunity", "o-1");
        Assert.Equal((PromiseStanding.Kept, scene.Now, scene.Now.AddDays(30)), (PromiseOf(scene).Standing, PromiseOf(scene).SettledAt, PromiseOf(scene).DueAt));
        Assert.Contains("= 2", PromiseOf(scene).Because, StringComparison.Ordinal);
    }

    [Fact]
    public void L3_a_promise_that_is_not_kept_by_its_deadline_is_broken_at_that_very_instant()
    {
        var scene = Open();
        scene.Record(By("sales", scene.NewSignal("promise.made", "", "promise", "p-1", "text", "t", "kind", "used", "opportunity", "o-1")));
        scene.Signal("contract.signed", "", "opportunity", "o-1").Signal("page.viewed", "ann", "topic", "roi");
        var due = scene.Now.AddDays(30);
        Assert.Equal(PromiseStanding.Open, PromiseOf(scene.At(due.AddTicks(-1))).Standing);
        Assert.Equal((PromiseStanding.Broken, due), (PromiseOf(scene.At(due)).Standing, PromiseOf(scene).SettledAt!.Value));
        Assert.True(Holds(scene, "promises.broken == 1 && promises.open == 0 && promises.kept == 0"));
    }

    [Fact]
    public void L3_time_alone_may_keep_a_promise_at_an_exact_tick()
    {
        var scene = Open();
        scene.Signal("page.viewed", "ann");
        var seen = scene.Now;
        scene.Record(By("sales", scene.NewSignal("promise.made", "", "promise", "p-1", "text", "rest", "kind", "quiet")));
        Assert.Equal(PromiseStanding.Open, PromiseOf(scene.At(seen.AddDays(10).AddTicks(-1))).Standing);
        scene.AfterDays(1);
        Assert.Equal((PromiseStanding.Kept, seen.AddDays(10)), (PromiseOf(scene).Standing, PromiseOf(scene).SettledAt!.Value));
    }

    [Fact]
    public void L3_a_promise_is_kept_or_broken_by_somebodys_word_too()
    {
        var scene = Open();
        scene.Signal("promise.made", "", "promise", "p-1", "text", "a", "due", scene.Now.AddDays(5)).Signal("promise.made", "", "promise", "p-2", "text", "b");
        scene.Record(By("customer-success", scene.NewSignal("promise.broken", "", "promise", "p-2", "note", "no time")));
        scene.Record(By("customer-success", scene.NewSignal("promise.kept", "", "promise", "p-1")));
        Assert.Equal([(PromiseStanding.Kept, "customer-success says so"), (PromiseStanding.Broken, "customer-success says so: no time")], scene.Account.Dealings!.Promises.Select(p => (p.Standing, p.Because)));
        scene.AfterDays(6);
        Assert.Equal(PromiseStanding.Kept, scene.Account.Dealings!.Promises[0].Standing);
    }

    [Theory]
    [InlineData("promise.kept", "p-9", "nobody promised `p-9` to this account; did you mean `p-1`?")]
    [InlineData("promise.broken", " ", "`promise.broken` must name the promise: its property `promise` is empty")]
    public void L3_a_word_about_a_promise_that_nobody_made_is_refused(string type, string promise, string reason)
    {
        var scene = Open().Signal("promise.made", "", "promise", "p-1", "text", "a");
        Assert.Equal(reason, Refused(scene.Signal(type, "", "promise", promise)));
        Assert.Equal("unknown kind of promise `usd`; did you mean `used`?", Refused(scene.Signal("promise.made", "", "promise", "p-2", "text", "a", "kind", "usd")));
    }

    [Fact]
    public void L6_an_insight_keeps_its_source_and_age_and_goes_stale_at_the_exact_instant_when_it_is_asked_for_again()
    {
        var scene = Scene.Given(Text);
        scene.Record(By("marketing", scene.NewSignal("insight.noted", "", "about", "budget", "text", "frozen until spring", "valid-for", TimeSpan.FromDays(20))));
        var noted = scene.Now;
        var insight = Assert.Single(scene.Account.Dealings!.Insights);
        Assert.Equal(("budget", "frozen until spring", "marketing", noted, false), (insight.About, insight.Text, insight.By, insight.NotedAt, insight.Observed));
        Assert.True(Holds(scene, "insight('budget') == 'frozen until spring' && insights.age('budget') < duration('1h') && insight('team') == null"));
        scene.At(noted.AddDays(20).AddTicks(-1));
        Assert.Empty(scene.Account.OpenActions);
        scene.At(noted.AddDays(20));
        Assert.Equal(noted.AddDays(20), scene.Account.Dealings!.Insights[0].StaleSince);
        Assert.Equal("call", scene.Action.Play);
        Assert.True(Holds(scene, "insights.stale == 1 && insights.is_stale('budget')"));
        scene.Record(By("marketing", scene.NewSignal("insight.noted", "", "about", "budget", "text", "open again")));
        Assert.False(Assert.Single(scene.Account.Dealings!.Insights).IsStale);
        Assert.Null(scene.Account.Dealings!.Insights[0].ValidUntil);
    }

    [Fact]
    public void L6_a_late_insight_does_not_replace_a_newer_one()
    {
        var scene = Scene.Given(Text).Signal("page.viewed");
        var late = scene.NewSignal("insight.noted", "", "about", "budget", "text", "old");
        scene.AfterDays(1).Signal("insight.noted", "", "about", "budget", "text", "new").Record(late);
        Assert.Equal("new", Assert.Single(scene.Account.Dealings!.Insights).Text);
    }

    [Fact]
    public void L4_feedback_goes_only_the_declared_ways_and_the_refusal_lists_them()
    {
        var scene = Open();
        scene.Signal("feedback.given", "", "from", "sales", "to", "inside-sales", "about", "transition:accept", "verdict", "too early");
        var given = Assert.Single(scene.Account.Dealings!.Feedback);
        Assert.Equal(("sales", "inside-sales", "transition", "accept", "too early", scene.Now.AddDays(5)), (given.From, given.To, given.Kind, given.About, given.Verdict, given.DueAt!.Value));
        var refused = Refused(scene.Signal("feedback.given", "", "from", "sales", "to", "marketing", "about", "transition:accept", "verdict", "x"));
        Assert.StartsWith("no feedback goes from `sales` to `marketing` about `transition`; declared are from `sales` to `inside-sales` about `transition`, `meeting-note`; from", refused, StringComparison.Ordinal);
        Assert.Equal("the playbook has no transition `acept`; did you mean `accept`?", Refused(scene.Signal("feedback.given", "", "from", "sales", "to", "inside-sales", "about", "transition:acept", "verdict", "x")));
        Assert.Equal("nobody promised `p-7` to this account", Refused(scene.Signal("feedback.given", "", "from", "customer-success", "to", "sales", "about", "promise:p-7", "verdict", "x")));
        scene.Signal("feedback.given", "", "from", "customer-success", "to", "product", "about", "trouble", "verdict", "slow");
        Assert.Equal(("product", "trouble", 0), (scene.Account.Dealings!.Feedback[1].To, scene.Account.Dealings!.Feedback[1].Kind, scene.Account.Dealings!.Feedback[1].PlaybookVersion));
    }

    [Fact]
    public void L4_an_answer_that_is_late_is_known_at_the_exact_deadline()
    {
        var scene = Open();
        scene.Signal("feedback.given", "", "from", "sales", "to", "inside-sales", "about", "meeting-note", "verdict", "thin");
        var due = scene.Now.AddDays(5);
        Assert.Null(scene.At(due.AddTicks(-1)).Account.Dealings!.Feedback[0].LateSince);
        Assert.Equal(due, scene.At(due).Account.Dealings!.Feedback[0].LateSince);
        Assert.True(Holds(scene, "feedback.late == 1 && feedback.open == 1"));
        scene.Record(By("inside-sales", scene.NewSignal("feedback.answered", "", "feedback", scene.Account.Dealings!.Feedback[0].Id, "text", "we write more")));
        Assert.Equal(("we write more", "inside-sales", scene.Now), (scene.Account.Dealings!.Feedback[0].Answer, scene.Account.Dealings!.Feedback[0].AnsweredBy, scene.Account.Dealings!.Feedback[0].AnsweredAt!.Value));
        Assert.True(Holds(scene, "feedback.late == 0 && feedback.open == 0"));
        Assert.StartsWith("no feedback `s-nothing` was given", Refused(scene.Signal("feedback.answered", "", "feedback", "s-nothing")), StringComparison.Ordinal);
    }

    [Fact]
    public void L5_feedback_is_tied_to_the_version_of_the_play_that_was_acted_on_and_to_the_one_that_it_changed()
    {
        var scene = Scene.Given(Text.Replace("insights.stale > 0", "true", StringComparison.Ordinal)).Signal("page.viewed");
        var action = scene.Action;
        scene.Publish(Text.Replace("insights.stale > 0", "!handoff.pending", StringComparison.Ordinal));
        var signal = scene.NewSignal("feedback.given", "", "from", "inside-sales", "to", "marketing", "about", "play", "verdict", "nobody answers");
        signal.Action = action.Id;
        scene.Record(signal);
        var given = Assert.Single(scene.Account.Dealings!.Feedback);
        Assert.Equal(("play", "call", 1, action.Id), (given.Kind, given.About, given.PlaybookVersion, given.Action));
        scene.Signal("feedback.given", "", "from", "inside-sales", "to", "marketing", "about", "treatment:call-a", "verdict", "good");
        Assert.Equal(("call-a", 2), (scene.Account.Dealings!.Feedback[1].About, scene.Account.Dealings!.Feedback[1].PlaybookVersion));
        scene.Signal("feedback.answered", "", "feedback", given.Id, "text", "changed the list", "changed-in", 2);
        Assert.Equal(2, scene.Account.Dealings!.Feedback[0].ChangedIn);
    }

    [Theory]
    [InlineData("feedback: [{from: sales, to: marketting, about: play}]", "unknown department `marketting`; did you mean `marketing`?")]
    [InlineData("feedback: [{from: sale, to: marketing, about: play}]", "unknown department `sale`; did you mean `sales`?")]
    [InlineData("feedback: [{from: sales, to: marketing}]", "a flow of feedback needs `about`")]
    [InlineData("feedback: [{from: sales, to: [], about: play}]", "found an empty list")]
    [InlineData("promises: {x: {kept-when: \"contact.title == 'CEO'\"}}", "asks about a person; this is judged for the account as a whole")]
    [InlineData("promises: {x: {kept: \"true\"}}", "unknown key `kept` in a kind of promise")]
    public void L4_a_mistake_in_the_flows_or_promises_is_told_at_publish(string section, string message)
    {
        var result = PlaybookCompiler.Compile(HandoffPlaybook.Head + section + "\n", "p.yaml", 1);
        Assert.Null(result.Playbook);
        Assert.Contains(result.Diagnostics, d => d.Severity == Severity.Error && d.Message.Contains(message, StringComparison.Ordinal));
    }

    private static Scene Open()
    {
        var scene = Scene.Given(Text);
        return scene.Record(By("sales", scene.NewSignal("opportunity.updated", "", "opportunity", "o-1")));
    }

    private static Promise PromiseOf(Scene scene) => Assert.Single(scene.Account.Dealings!.Promises);

    private static string Refused(Scene scene) => Assert.IsType<Rejection.BadSignal>(scene.Rejection).Reason;

    private static Signal By(string who, Signal signal) => DealTests.By(who, signal);

    private static bool Holds(Scene scene, string condition)
    {
        var asked = PlaybookCompiler.Compile(Text + "segments: {asked: {when: \"" + condition + "\"}}\n", "p.yaml", 1);
        Assert.Empty(asked.Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => d.ToString()));
        var facts = new Facts();
        facts.Set(asked.Playbook!, scene.Account, null, null, scene.Now);
        return asked.Playbook!.Segments[0].When.Holds(facts);
    }
}
