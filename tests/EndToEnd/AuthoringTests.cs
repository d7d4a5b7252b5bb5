using System.Text.Json;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.V1;

namespace Orchestrator.EndToEnd;

/// <summary>A playbook's author at work with the built `orc` and the real silo.</summary>
public sealed class AuthoringTests
{
    const string Text = """
        playbook: small
        currency: EUR
        time-zone: Europe/Berlin
        departments: {sales: {title: Sales}}
        roles: {champion: {title: Champion}}
        signals: {page.viewed: {observed: true}, order.placed: {observed: true}}
        stages:
          cold: {kind: inventory}
          warm: {kind: inventory}
          gone: {kind: end-of-effort}
        transitions:
          - {id: warms, from: cold, to: warm, when: "signals.count('page.viewed') >= 2"}
          - {id: tires, from: [cold, warm], to: gone, when: "quiet_for('45d')"}
        plays:
          - {id: call, for: owner, department: sales, stages: [warm], goal: order.placed, horizon: 30d, value: 5000, cost: 10, valid-for: 10d, treatments: [{id: call-script, channel: task}]}

        """;

    [Fact]
    public async Task N1_N2_C1_C2_C4_an_author_tests_compares_plans_publishes_and_rolls_back_from_the_command_line()
    {
        await using var silo = await SiloProcess.StartAsync(Text);
        using var folder = new Folder();
        Task<(int Exit, string Output, string Error)> Orc(params string[] arguments) =>
            Child.RunAsync(Place.Orc, arguments, new Dictionary<string, string> { ["ORCHESTRATOR_GRPC"] = silo.Address.ToString(), ["NO_COLOR"] = "1" });
        await silo.RecordAsync(Viewed("v1", "one"));
        await silo.RecordAsync(Viewed("v2", "two"));
        await silo.RecordAsync(Viewed("v3", "two"));
        var same = folder.Write("same.yaml", Text);
        var later = folder.Write("later.yaml", Text.Replace(">= 2", ">= 3", StringComparison.Ordinal));

        // What-if: nothing for the same text, against a replay and against what did happen; exactly one account for the changed rule.
        foreach (var against in new[] { "latest", "recorded", "1", same })
        {
            var unchanged = await Orc("playbook", "what-if", same, "--against", against, "--exit-code");
            Assert.True(unchanged.Exit == 0, unchanged.Output + unchanged.Error);
            Assert.Contains("nothing comes out differently", unchanged.Output, StringComparison.Ordinal);
        }

        var differs = await Orc("playbook", "what-if", later, "--criteria", "--exit-code", "-o", "json");
        Assert.Equal(4, differs.Exit);
        var report = JsonDocument.Parse(differs.Output).RootElement;
        Assert.Equal(("3", "1", "1"), (report.GetProperty("signals").GetString(), report.GetProperty("decisionsChanged").GetString(), report.GetProperty("accountsElsewhere").GetString()));
        Assert.Equal(("two", "warm", "cold"), (Elsewhere(report, "account"), Elsewhere(report, "before"), Elsewhere(report, "after")));
        var table = await Orc("playbook", "what-if", later, "--against", "recorded");
        Assert.Contains("call-script", table.Output, StringComparison.Ordinal);
        Assert.Contains("sales", table.Output, StringComparison.Ordinal);
        Assert.Contains("no version 7", (await Orc("playbook", "what-if", later, "--against", "7")).Error, StringComparison.Ordinal);

        // One account ahead.
        var silent = await Orc("account", "forward", "one", "--for", "60d");
        Assert.True(silent.Exit == 0, silent.Error);
        Assert.Contains("cold -> gone", silent.Output, StringComparison.Ordinal);
        var ahead = await Orc("account", "forward", "one", "--signal", "1h page.viewed ann@one.example", "-o", "json");
        Assert.Equal(("cold", "warm"), (JsonDocument.Parse(ahead.Output).RootElement.GetProperty("stageBefore").GetString(), JsonDocument.Parse(ahead.Output).RootElement.GetProperty("stageAfter").GetString()));
        Assert.Equal("cold", (await silo.AccountAsync("one")).Stage);
        Assert.Contains("did you mean `page.viewed`?", (await Orc("account", "forward", "one", "--signal", "1h page.view")).Error, StringComparison.Ordinal);
        Assert.Contains("nobody of `one` has the role `champion`", (await Orc("account", "forward", "one", "--leaves", "1d champion")).Error, StringComparison.Ordinal);

        // Differences, in the words of the model.
        Assert.Equal("transition `warms`: when `signals.count('page.viewed') >= 2` -> `signals.count('page.viewed') >= 3`", (await Orc("playbook", "diff", later)).Output.Trim());
        Assert.Equal("they say the same", (await Orc("playbook", "diff", "1", same)).Output.Trim());

        // Plan, publish, follow, roll back, pause.
        var next = folder.Write("next.yaml", Text.Replace("  warm: {kind: inventory}\n", "  hot: {kind: inventory}\n", StringComparison.Ordinal).Replace("to: warm", "to: hot", StringComparison.Ordinal)
            .Replace("[cold, warm]", "[cold, hot]", StringComparison.Ordinal).Replace("stages: [warm]", "stages: [hot]", StringComparison.Ordinal) + "in-flight: {map: {warm: hot}}\n");
        var plan = JsonDocument.Parse((await Orc("playbook", "plan", next, "-o", "json")).Output).RootElement;
        Assert.Equal((2, "2", "1"), (plan.GetProperty("version").GetInt32(), plan.GetProperty("accounts").GetString(), plan.GetProperty("moved").GetString()));
        Assert.Contains("is mapped to `hot`", (await Orc("playbook", "plan", next)).Output, StringComparison.Ordinal);
        Assert.Equal("warm", (await silo.AccountAsync("two")).Stage);
        Assert.Equal(0, (await Orc("playbook", "publish", next)).Exit);
        await UntilAsync(async () => (await silo.AccountAsync("two")).Stage == "hot");
        await UntilAsync(async () => JsonDocument.Parse((await Orc("playbook", "rollout", "-o", "json")).Output).RootElement is var rollout && rollout.GetProperty("partitionsDone").GetInt32() == rollout.GetProperty("partitions").GetInt32());
        var back = await Orc("playbook", "rollback");
        Assert.True(back.Exit == 0, back.Error);
        Assert.Contains("version 3", back.Output, StringComparison.Ordinal);
        Assert.Equal("they say the same", (await Orc("playbook", "diff", "1", "3")).Output.Trim());
        Assert.Equal(0, (await Orc("playbook", "pause", "--then", "skip")).Exit);
        Assert.Equal("paused is added", (await Orc("playbook", "diff", "3", "4")).Output.Trim());
        Assert.Equal(0, (await Orc("playbook", "resume")).Exit);
        Assert.Equal("they say the same", (await Orc("playbook", "diff", "3", "5")).Output.Trim());
        Assert.Equal(4, (await Orc("playbook", "resume")).Exit);
    }

    [Fact]
    public async Task C1_playbooks_are_linted_and_tested_without_a_silo()
    {
        Task<(int Exit, string Output, string Error)> Orc(params string[] arguments) => Child.RunAsync(Place.Orc, arguments, new Dictionary<string, string>());
        var tested = await Orc("playbook", "test", Place.In("deploy/playbooks/saas.tests.yaml"), Place.In("deploy/playbooks/wholesaler.tests.yaml"));
        Assert.True(tested.Exit == 0, tested.Output);
        Assert.EndsWith("13 passed, 0 failed\n", tested.Output, StringComparison.Ordinal);
        var linted = await Orc("playbook", "lint", Place.In("deploy/playbooks/saas.yaml"));
        Assert.True(linted.Exit == 0, linted.Output);
        Assert.Contains("16 combinations of stage and role, 16 covered, 0 gaps", linted.Output, StringComparison.Ordinal);
        var gaps = await Orc("playbook", "lint", Place.In("deploy/playbooks/wholesaler.yaml"), "-o", "json");
        Assert.Equal(4, gaps.Exit);
        Assert.Contains(JsonDocument.Parse(gaps.Output).RootElement.GetProperty("coverage").EnumerateArray(), c => c.GetProperty("gaps").GetArrayLength() > 0);
        Assert.Equal(await File.ReadAllTextAsync(Place.In("deploy/playbooks/playbook.schema.json"), TestContext.Current.CancellationToken), (await Orc("playbook", "schema")).Output);

        using var folder = new Folder();
        var tests = await File.ReadAllTextAsync(Place.In("deploy/playbooks/saas.tests.yaml"), TestContext.Current.CancellationToken);
        folder.Write("saas.yaml", await File.ReadAllTextAsync(Place.In("deploy/playbooks/saas.yaml"), TestContext.Current.CancellationToken));
        var failed = await Orc("playbook", "test", folder.Write("t.yaml", tests.Replace("{after: 1d, expect: {stage: recycled", "{after: 1d, expect: {stage: trial", StringComparison.Ordinal)));
        Assert.Equal(4, failed.Exit);
        Assert.Contains("FAILED silence sends", failed.Output, StringComparison.Ordinal);
        Assert.Contains("expected stage `trial`, found `recycled`, entered by `goes-cold`", failed.Output, StringComparison.Ordinal);
    }

    static Signal Viewed(string id, string account) => new() { Id = id, Type = "page.viewed", Account = account };

    static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            await Task.Delay(100, patience.Token);
        }
    }

    static string? Elsewhere(JsonElement report, string key) => report.GetProperty("elsewhere")[0].GetProperty(key).GetString();
}
