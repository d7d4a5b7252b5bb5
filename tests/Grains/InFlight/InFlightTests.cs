using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;

namespace Orchestrator.Grains.Tests.InFlight;

public sealed class InFlightTests
{
    private const string Stages = """
        stages:
          lead: {kind: inventory}
          talking: {kind: inventory}
          offer: {kind: inventory}
          customer: {kind: inventory}
          gone: {kind: end-of-effort}
        transitions:
          - {id: talk, from: lead, to: talking, when: "signals.any(['meeting.booked'])"}
          - {id: lose, from: talking, to: gone, when: "signal.type == 'email.clicked'", reason: "'no'"}
          - {id: propose, from: talking, to: offer, when: "signals.any(['purchase.made'])"}
          - {id: close, from: offer, to: customer, when: "signals.count('purchase.made') >= 2"}
          - {id: give-up, from: [lead, talking], to: gone, when: "quiet_for('45d')"}

        """;

    private const string Calls = """
        plays:
          - {id: call, for: owner, department: sales, stages: [talking], goal: purchase.made, horizon: 7d, cool-down: 1s, value: 1000, valid-for: 20d, treatments: [{id: call-a, channel: task}]}

        """;

    private static string Text(string rest = "", string stages = Stages) => SmallPlaybooks.Head + stages + Calls + rest;

    private static Scene Talking(string rest = "") => Scene.Given(Text(rest)).Signal("meeting.booked", "ann");

    private static Scene Visit(Scene scene, string account = Scene.Company) => scene.Do(new AccountCommand.Adopt(GrainKey.Account(Scene.Tenant, account)));

    private static AccountEvent.StageEntered? Moved(Scene scene) => scene.Facts.Select(f => f.Event).OfType<AccountEvent.StageEntered>().FirstOrDefault();

    [Fact]
    public void C3_without_a_rule_everybody_follows_and_no_account_is_written()
    {
        var scene = Talking().Publish(Text().Replace(">= 2", ">= 1", StringComparison.Ordinal));
        Assert.Empty(Visit(scene).Facts);
        Assert.Null(scene.Account.Flight);
        Assert.Equal("customer", scene.Signal("purchase.made", "ann", "amount", Pounds).Account.Stage);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void C3_a_pinned_account_keeps_its_version_until_it_leaves_the_journey(bool visitedFirst)
    {
        var scene = Talking().Publish(Text("in-flight: {default: pin}\n").Replace(">= 2", ">= 1", StringComparison.Ordinal));
        if (visitedFirst)
        {
            Visit(scene);
            Assert.Equal(new FlightState(2, 1), scene.Account.Flight);
        }

        // By version 2 one purchase would do; the newcomer goes by it, the pinned one does not.
        Assert.Equal("offer", scene.Signal("purchase.made", "ann", "amount", Pounds).Account.Stage);
        Assert.Equal(new FlightState(2, 1), scene.Account.Flight);
        Assert.Equal(1, scene.Facts.Select(f => f.Event).OfType<AccountEvent.SignalRecorded>().Single().PlaybookVersion);
        scene.Record(scene.NewSignal("meeting.booked", "bob"), "a-2").Record(scene.NewSignal("purchase.made", "bob", "amount", Pounds), "a-2");
        Assert.Equal(("customer", new FlightState(2, 0)), (scene.AccountOf("a-2").Stage, scene.AccountOf("a-2").Flight));
        Assert.Empty(Visit(scene, "a-2").Facts);
        Assert.Empty(Visit(scene).Facts);
        Assert.Equal("customer", scene.Signal("purchase.made", "ann", "amount", Pounds).Account.Stage);
    }

    [Fact]
    public void C3_who_reaches_the_end_of_effort_follows_the_latest_version_again()
    {
        var scene = Visit(Talking().Publish(Text("in-flight: {default: pin}\n").Replace("45d", "10d", StringComparison.Ordinal)));
        Assert.Equal("talking", scene.AfterDays(30).Account.Stage);
        Assert.Equal(("gone", new FlightState(2, 0)), (scene.AfterDays(20).Account.Stage, scene.Account.Flight));
    }

    [Fact]
    public void C3_a_later_rule_to_follow_ends_the_pin_and_a_version_without_a_rule_does_not()
    {
        var scene = Visit(Talking().Publish(Text("in-flight: {default: pin}\n")));
        Assert.Equal(1, Visit(scene.Publish(Text("lifecycle-owner: us\n"))).Account.Flight!.Pinned);
        Assert.Equal(new FlightState(4, 0), Visit(scene.Publish(Text("in-flight: {default: follow}\n"))).Account.Flight);
    }

    [Fact]
    public void C3_a_mapping_moves_each_account_once_even_where_it_is_a_chain()
    {
        var scene = Talking().Publish(Text("in-flight: {map: {lead: talking, talking: offer, offer: customer}}\n"));
        var action = scene.Action.Id;
        Assert.Equal(("offer", "in-flight"), (Visit(scene).Account.Stage, scene.Account.StageBy));
        Assert.Contains("`talking` is mapped to `offer`", Moved(scene)!.Reason, StringComparison.Ordinal);
        // What does not belong to the new stage is taken back.
        Assert.Contains(scene.Effects.OfType<Effect.Withdraw>(), w => w.ActionId == action);
        Assert.Empty(Visit(Visit(scene)).Facts);
        Assert.Equal("offer", scene.Signal("page.viewed", "ann").Account.Stage);
    }

    [Fact]
    public void C3_a_mapping_is_for_those_in_flight_and_not_for_who_comes_later()
    {
        var scene = Scene.Given(Text()).Publish(Text("in-flight: {map: {talking: offer}}\n")).Signal("meeting.booked", "ann");
        Assert.Equal("talking", scene.Account.Stage);
        Assert.Empty(Visit(scene).Facts);
    }

    [Fact]
    public void C5_the_map_says_where_a_deleted_stage_goes()
    {
        var scene = Talking().Publish(Without("talking", "in-flight: {map: {talking: lead}}\n"));
        Assert.Equal("lead", Visit(scene).Account.Stage);
    }

    [Fact]
    public void C5_without_a_map_it_is_the_next_surviving_stage_of_those_that_go_well()
    {
        var scene = Talking().Publish(Without("talking"));
        Assert.Equal("offer", Visit(scene).Account.Stage);
        Assert.Contains("`offer` is the next that is left", Moved(scene)!.Reason, StringComparison.Ordinal);
        Assert.Null(scene.Account.Flight);
        Assert.Empty(Visit(scene).Facts);
    }

    [Fact]
    public void C5_a_signal_that_comes_before_the_visit_finds_the_place_too()
    {
        var scene = Talking().Publish(Without("talking")).Signal("page.viewed", "ann");
        Assert.Equal("offer", scene.Account.Stage);
        Assert.Empty(Visit(scene).Facts);
    }

    [Fact]
    public void C5_where_nothing_that_follows_survives_the_account_leaves_with_a_reason()
    {
        var two = SmallPlaybooks.Head + "stages: {other: {kind: inventory}, over: {kind: end-of-effort}}\n";
        var scene = Visit(Talking().Publish(two));
        Assert.Equal("over", scene.Account.Stage);
        Assert.Contains("leaves the journey", Moved(scene)!.Reason, StringComparison.Ordinal);
        Assert.Empty(scene.Account.OpenActions);
        Assert.Equal("anew", Visit(Talking().Publish(SmallPlaybooks.Head + "stages: {anew: {kind: inventory}}\n")).Account.Stage);
    }

    [Fact]
    public void C6_a_shortened_timer_is_due_at_once_for_who_has_waited_long_enough()
    {
        var scene = Talking().AfterDays(25).Publish(Text().Replace("45d", "20d", StringComparison.Ordinal));
        Assert.Equal("talking", scene.Account.Stage);
        Assert.Equal("gone", Visit(scene).Account.Stage);
        Assert.Equal(scene.Now, scene.Account.StageSince);
    }

    [Fact]
    public void C6_a_shortened_timer_wakes_who_waits_at_its_new_instant()
    {
        var scene = Talking();
        var since = scene.Now;
        Visit(scene.AfterDays(15).Publish(Text().Replace("45d", "25d", StringComparison.Ordinal)));
        Assert.Equal("gone", scene.AfterDays(20).Account.Stage);
        Assert.Equal(since.AddDays(25), scene.Account.StageSince);
    }

    [Fact]
    public void C6_a_lengthened_timer_wakes_nobody_at_its_old_instant()
    {
        var scene = Talking();
        var old = scene.Now.AddDays(45);
        Visit(scene.AfterDays(21).Publish(Text().Replace("45d", "90d", StringComparison.Ordinal)));
        Assert.Equal("talking", scene.AfterDays(50).Account.Stage);
        Assert.DoesNotContain(old, scene.Wakes);
        Assert.Equal("gone", scene.AfterDays(20).Account.Stage);
    }

    [Fact]
    public void C14_hold_keeps_everybody_in_place_and_resume_releases_nothing_old()
    {
        var text = Text().Replace("signals.any(['purchase.made'])", "signals.count('purchase.made') >= 1", StringComparison.Ordinal);
        var scene = Scene.Given(text).Signal("meeting.booked", "ann");
        var open = scene.Action.Id;
        Visit(scene.Publish(text + "paused: hold\n"));
        Assert.Empty(scene.Account.OpenActions);
        Assert.Contains(scene.Effects.OfType<Effect.Withdraw>(), w => w.ActionId == open);
        scene.Signal("purchase.made", "ann", "amount", Pounds);
        Assert.Equal(("talking", NoneReason.Paused), (scene.Account.Stage, scene.None));
        Assert.Equal("talking", scene.AfterDays(60).Account.Stage);
        Assert.Null(scene.Account.Wake);

        // What was known all along counts when it runs again: the first criterion of the file that holds then.
        var offered = scene.Effects.OfType<Effect.Offer>().Count();
        Visit(scene.Publish(text));
        Assert.Equal("offer", scene.Account.Stage);
        Assert.Equal(scene.Now, scene.Account.StageSince);
        Assert.Equal(offered, scene.Effects.OfType<Effect.Offer>().Count());
    }

    [Fact]
    public void C14_after_a_pause_what_is_best_then_is_decided_once()
    {
        var scene = Visit(Talking().Publish(Text("paused: hold\n"))).AfterDays(2);
        Visit(scene.Publish(Text())).Signal("page.viewed", "ann");
        Assert.Equal(scene.Now, scene.Action.DecidedAt);
    }

    [Fact]
    public void C14_skip_lets_accounts_move_on_without_any_action()
    {
        var scene = Visit(Talking().Publish(Text("paused: skip\n"))).Signal("purchase.made", "ann", "amount", Pounds);
        Assert.Equal(("offer", NoneReason.Paused), (scene.Account.Stage, scene.None));
        Assert.Empty(scene.Account.OpenActions);
    }

    [Fact]
    public void C14_exit_ends_the_journey_for_who_is_under_way()
    {
        var scene = Visit(Talking().Publish(Text("paused: exit\n")));
        Assert.Equal("gone", scene.Account.Stage);
        Assert.Contains("paused", Moved(scene)!.Reason, StringComparison.Ordinal);
        Assert.Empty(Visit(scene).Facts);
    }

    [Fact]
    public void C14_what_is_mandatory_goes_out_all_the_same()
    {
        var text = Text("paused: skip\n").Replace("plays:\n", "plays:\n  - {id: notice, for: contact, mandatory: true, on: incident.declared, valid-for: 6h, treatments: [{id: notice-web, channel: web}]}\n", StringComparison.Ordinal);
        Assert.Equal("notice", Scene.Given(text).Signal("incident.declared", "ann").Offered.Play);
    }

    [Theory]
    [InlineData("in-flight: {default: folow}\n", "`folow`")]
    [InlineData("in-flight: {map: {old: taking}}\n", "did you mean `talking`?")]
    [InlineData("in-flight: {map: {lead: lead}}\n", "mapped to itself")]
    [InlineData("in-flight: {maps: {}}\n", "did you mean `map`?")]
    [InlineData("paused: stop\n", "hold, skip or exit")]
    public void C3_a_mistake_in_the_rule_is_told_with_its_place(string rest, string part)
    {
        var error = Assert.Single(PlaybookCompiler.Compile(Text(rest), "p.yaml", 1).Diagnostics, d => d.Severity == Severity.Error);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Equal(Text().Split('\n').Length, error.Line);
    }

    private static readonly V1.Money Pounds = new() { MinorUnits = 5000, Currency = "GBP" };

    private static string Without(string stage, string rest = "") => string.Join('\n', Text(rest).Split('\n')
        .Where(l => !l.TrimStart().StartsWith($"{stage}:", StringComparison.Ordinal) && !l.Contains($"from: {stage},", StringComparison.Ordinal) && !l.Contains($"to: {stage},", StringComparison.Ordinal)))
        .Replace($"[lead, {stage}]", "lead", StringComparison.Ordinal).Replace($"stages: [{stage}], ", "", StringComparison.Ordinal);
}
