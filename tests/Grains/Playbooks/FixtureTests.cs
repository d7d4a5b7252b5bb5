using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Playbooks.Fixtures;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.Playbooks;

public sealed class FixtureTests
{
    private const string Model = SmallPlaybooks.Head + """
        stages: {start: {kind: inventory}, warm: {kind: inventory}, quiet: {kind: inventory}}
        transitions:
          - {id: warms, from: start, to: warm, when: "signals.count('page.viewed') >= 2"}
          - {id: calms, from: warm, to: quiet, when: "quiet_for('10d')"}
        plays:
          - {id: call, for: owner, department: sales, stages: [warm], goal: purchase.made, horizon: 7d, value: 1000, valid-for: 5d, cool-down: 8d, treatments: [{id: call-a, channel: task}]}

        """;

    private static Playbook Playbook => PlaybookCompiler.Compile(Model, "model.yaml", 1).Playbook!;

    private static IReadOnlyList<FixtureResult> Run(string steps)
    {
        var read = FixtureReader.Read(Text(steps), "model.tests.yaml", Playbook);
        Assert.Empty(read.Diagnostics);
        return FixtureRun.Run(read.Definition!, Playbook, "model.tests.yaml");
    }

    private static string Text(string steps) => "playbook: model.yaml\ntests:\n  - name: it\n    steps:\n" + string.Concat(steps.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => "      - " + l + "\n"));

    private static IEnumerable<string> Failures(string steps) => Run(steps).SelectMany(r => r.Failures).Select(f => f.ToString());

    [Fact]
    public void C1_signals_with_times_give_the_stages_actions_and_reasons_that_the_test_expects() => Assert.Empty(Failures("""
        {signal: page.viewed, from: ann@x.test, with: {topic: pricing}, expect: {stage: start, entered: [], actions: [], none: no-candidates}}
        {after: 1h, signal: page.viewed, from: ann@x.test, expect: {stage: warm, entered: [warm], actions: [call]}}
        {after: 1h, signal: page.viewed, from: ann@x.test, expect: {actions: [], open: [call-a], none: already-open}}
        {after: 1h, settle: call, outcome: done, expect: {open: []}}
        {after: 1h, signal: page.viewed, expect: {none: cooling-down}}
        {at: 10d, expect: {stage: warm}}
        {after: 1d, expect: {stage: quiet, entered: [quiet]}}
        """));

    [Fact]
    public void C1_what_parts_from_the_expectation_is_told_with_its_line()
    {
        Assert.Equal(
            [
                "model.tests.yaml:5:47: error: expected stage `warm`, found `start` at 2026-03-02T09:00:00Z",
                "model.tests.yaml:5:63: error: expected actions `call` at stage `start`, found none (the stage has no plays, or nobody is known to address)",
            ],
            Failures("{signal: page.viewed, expect: {stage: warm, actions: [call]}}").Select(f => f));
        Assert.Equal(
            ["model.tests.yaml:6:39: error: expected actions none at stage `warm`, found `call/call-a`", "model.tests.yaml:6:59: error: expected none: over-cap, found actions `call/call-a`"],
            Failures("{signal: page.viewed}\n{signal: page.viewed, expect: {actions: [], none: over-cap}}"));
        Assert.Equal(["model.tests.yaml:5:18: error: no action of `call` is open; open: none"], Failures("{settle: call}"));
        Assert.Equal(["model.tests.yaml:6:9: error: the step is at 2026-03-03T09:00:00Z, before the one in front of it at 2026-03-04T09:00:00Z"], Failures("{at: 2d}\n{at: 1d}"));
    }

    [Theory]
    [InlineData("{signal: page.view}", "5:18 tests[0].steps[0].signal: unknown signal `page.view`; did you mean `page.viewed`?")]
    [InlineData("{signal: page.viewed, expect: {stage: warn}}", "5:47 tests[0].steps[0].expect.stage: unknown stage `warn`; did you mean `warm`?")]
    [InlineData("{signal: page.viewed, expect: {actions: [cal]}}", "5:50 tests[0].steps[0].expect.actions[0]: unknown play `cal`; did you mean `call`?")]
    [InlineData("{signal: page.viewed, expects: {}}", "5:31 tests[0].steps[0].expects: unknown key `expects` in a step; did you mean `expect`?; known keys: after, at, account, signal, from, with, settle, outcome, reason, expect")]
    [InlineData("{after: 1d, at: 2d}", "5:21 tests[0].steps[0].at: a step has `after` (since the step before) or `at` (since the start), not both")]
    [InlineData("{from: ann@x.test}", "5:10 tests[0].steps[0].from: `from` belongs to a step with `signal`")]
    public void C1_a_mistake_in_a_test_is_told_with_its_place(string step, string expected) =>
        Assert.Equal(expected, Assert.Single(FixtureReader.Read(Text(step), "t.yaml", Playbook).Diagnostics.Select(d => $"{d.Line}:{d.Column} {d.Path}: {d.Message}")));

    [Theory]
    [InlineData("{signal: page.viewed, with: {topik: x}}", "`page.viewed` has no property `topik`; did you mean `topic`?")]
    [InlineData("{signal: purchase.made, with: {amount: much}}", "expected an amount in minor units for `amount`, found `much`")]
    [InlineData("{signal: purchase.made}", "`purchase.made` needs the property `amount`")]
    public void C1_a_signal_that_would_be_refused_fails_the_test(string step, string expected) => Assert.Contains(Failures(step), f => f.Contains(expected, StringComparison.Ordinal));

    [Theory]
    [InlineData("deploy/playbooks/saas.tests.yaml", 7)]
    [InlineData("deploy/playbooks/wholesaler.tests.yaml", 6)]
    public void C1_the_sample_playbooks_pass_the_tests_beside_them(string file, int tests)
    {
        var text = Samples.File(file);
        var beside = FixtureReader.PlaybookOf(text)!;
        var compiled = PlaybookCompiler.Compile(Samples.File($"deploy/playbooks/{beside}"), beside, 1);
        Assert.DoesNotContain(compiled.Diagnostics, d => d.Severity == Severity.Error);
        var read = FixtureReader.Read(text, file, compiled.Playbook!);
        Assert.Empty(read.Diagnostics);
        var results = FixtureRun.Run(read.Definition!, compiled.Playbook!, file);
        Assert.Empty(results.SelectMany(r => r.Failures).Select(f => f.ToString()));
        Assert.Equal(tests, results.Count);
    }

    [Fact]
    public void C1_the_samples_fixtures_can_fail()
    {
        // A rule of the playbook that is broken breaks the test that is about it, and only that.
        var broken = Samples.File("deploy/playbooks/saas.yaml").Replace("quiet_for('30d')", "quiet_for('40d')", StringComparison.Ordinal);
        var playbook = PlaybookCompiler.Compile(broken, "saas.yaml", 1).Playbook!;
        var results = FixtureRun.Run(FixtureReader.Read(Samples.File("deploy/playbooks/saas.tests.yaml"), "t.yaml", playbook).Definition!, playbook, "t.yaml");
        Assert.Equal("silence sends a trial to the recycled after 30 days, and a new trial brings it back", Assert.Single(results, r => r.Failures.Count > 0).Test.Name);
    }
}
