using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Authoring;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.Silo.WhatIf;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.WhatIf;

public sealed class LeverTests
{
    /// <summary>Two plays compete for one slot a week: letters are worth less and go out first by their lever; calls have a capacity of two.</summary>
    private const string Text = """
        playbook: levers
        currency: EUR
        time-zone: Europe/Berlin
        departments:
          sales: {title: Sales, capacity: {open-actions: 2}}
          post: {title: Post}
        signals: {page.viewed: {observed: true}, order.placed: {observed: true}}
        stages:
          cold: {kind: inventory}
          warm: {kind: inventory}
        transitions:
          - {id: warms, from: cold, to: warm, when: "signals.count('page.viewed') >= 2"}
        plays:
          - {id: call, for: owner, department: sales, stages: [warm], goal: order.placed, horizon: 30d, value: 5000, cost: 10, valid-for: 10d, treatments: [{id: call-script, channel: task}]}
          - {id: letter, for: owner, department: post, stages: [warm], goal: order.placed, horizon: 30d, value: 4000, cost: 10, valid-for: 10d, treatments: [{id: letter-a, channel: task}]}
        arbitration:
          levers: {letter: 2}
        """;

    [Fact]
    public async Task N4_levers_swept_over_the_history_tell_value_against_load_for_each_point_and_which_are_best()
    {
        await using var desk = await HistoryAsync();
        var report = await SweepAsync(desk, "arbitration.levers.letter=0.1,1,3", "transitions.warms.when~2=2,3");
        Assert.Equal(["arbitration.levers.letter", "transitions.warms.when~2"], report.Levers);
        Assert.Equal(
            ["2 2", "0.1 2", "0.1 3", "1 2", "1 3", "3 2", "3 3"],
            report.Points.Select(p => string.Join(' ', p.Values)));
        Assert.Equal((13L, 6L), (report.Signals, report.Accounts));

        // Each point is what a what-if of its own text comes to.
        foreach (var point in report.Points)
        {
            var text = Text.Replace("{letter: 2}", $"{{letter: {point.Values[0]}}}", StringComparison.Ordinal).Replace(">= 2", $">= {point.Values[1]}", StringComparison.Ordinal);
            var alone = await new WhatIfRun(desk.World.Store, PlaybookCompiler.Compile(text, "t.yaml", 1).Playbook!, null, criteria: false, examples: 0).RunAsync(CancellationToken.None);
            Assert.Equal(alone.After.Offers.Values.Sum(), point.Actions);
            Assert.Equal(alone.After.Moves.Values.Sum(), point.StageChanges);
            Assert.Equal(alone.After.Load.GroupBy(l => l.Key.Department).ToDictionary(g => g.Key, g => g.Sum(l => l.Value)).OrderBy(d => d.Key), point.Departments.ToDictionary(d => d.Department, d => d.Actions).OrderBy(d => d.Key));
        }

        // By hand: with two views enough, three warm accounts get one action each; with three, one does. Calls are worth more than letters.
        var (now, calls, few) = (report.Points[0], report.Points[1], report.Points[2]);
        Assert.Equal(2, calls.Departments.Single(d => d.Department == "sales").Capacity);
        Assert.True(now.Departments.Single(d => d.Department == "post").Actions > 0);
        Assert.True(calls.ExpectedValue >= now.ExpectedValue);
        Assert.True(few.Actions < calls.Actions && few.AccountsReached < calls.AccountsReached);
        Assert.False(report.Points[0].Best && calls.ExpectedValue > now.ExpectedValue && calls.Actions <= now.Actions);
        Assert.Contains(report.Points, p => p.Best);
        Assert.Contains(report.Points, p => !p.Best);
    }

    [Fact]
    public async Task N4_the_latest_version_is_swept_where_no_text_is_given_and_other_measures_can_be_traded_off()
    {
        await using var desk = await HistoryAsync();
        var report = await SweepAsync(desk, text: "", by: ["reach", "peak", "moves"], "plays.call.value=1,90000");
        Assert.Equal("5000", report.Points[0].Values[0]);
        Assert.Equal(["reach", "peak", "moves"], report.By);
        Assert.Equal(3, report.Points.Count);
    }

    [Theory]
    [InlineData("arbitration.levers.letter", "expected a lever as `path=value,value`")]
    [InlineData("arbitration.lever.letter=1", "`arbitration` has no `lever`; did you mean `levers`?")]
    [InlineData("plays.cal.value=1", "`plays` has no `cal`; did you mean `call`?")]
    [InlineData("plays[7].value=1", "`plays` has no `[7]`; it has `call`, `letter`")]
    [InlineData("arbitration.levers=1", "expected a number or a word at `arbitration.levers`, found several keys")]
    [InlineData("transitions.warms.when~7=1,2", "expected the number 7 once")]
    [InlineData("arbitration.levers.letter=1,x", "with `arbitration.levers.letter` = `x` the text has errors")]
    [InlineData("arbitration.levers.letter=1,1", "each value")]
    public async Task N4_a_lever_that_names_nothing_is_refused_with_what_was_expected(string lever, string part)
    {
        await using var desk = await Desk.OpenAsync(Text);
        var refused = await Assert.ThrowsAsync<RpcException>(() => SweepAsync(desk, lever));
        Assert.Equal(StatusCode.InvalidArgument, refused.Code);
        Assert.Contains(part, refused.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task<Desk> HistoryAsync()
    {
        var desk = await Desk.OpenAsync(Text);
        for (var account = 0; account < 6; account++)
        {
            for (var view = 0; view <= account % 4; view++)
            {
                desk.World.Clock.Advance(TimeSpan.FromHours(2));
                await desk.SignalAsync("page.viewed", $"a-{account}");
            }
        }

        return desk;
    }

    private static Task<SweepReport> SweepAsync(Desk desk, params string[] levers) => SweepAsync(desk, Text, [], levers);

    private static async Task<SweepReport> SweepAsync(Desk desk, string text, string[] by, params string[] levers)
    {
        var service = new AuthoringService(desk.World.Silo, desk.World.Shelf, desk.World.Store, new People(desk.World.Silo));
        SweepReport? report = null;
        await foreach (var response in service.Sweep(new SweepRequest { Text = text, File = "draft.yaml", Levers = { levers }, By = { by } }, new CallContext()))
        {
            report = response.Report ?? report;
        }

        return report!;
    }
}
