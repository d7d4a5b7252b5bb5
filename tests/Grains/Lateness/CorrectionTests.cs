using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Tests.Deciding;
using Xunit;
using static Orchestrator.Grains.Tests.Deciding.SmallPlaybooks;
using Settlement = Orchestrator.Grains.Accounts.Settlement;

namespace Orchestrator.Grains.Tests.Lateness;

public sealed class CorrectionTests
{
    private const string Late = "lateness: {tolerance: 5m, correct-after: 10s, reach: 30d}\n";

    private const string TwoStages = """
        stages: {start: {kind: inventory}, meeting: {kind: inventory}, buying: {kind: inventory}}
        transitions:
          - {id: t-meet, from: start, to: meeting, when: "signal.type == 'meeting.booked'"}
          - {id: t-buy, from: meeting, to: buying, when: "signal.type == 'purchase.made'"}

        """;

    private const string Mail = """
        channels: {email: {kind: push}}
        plays:
          - {id: mail, for: contact, goal: email.clicked, horizon: 7d, cool-down: 1s, value: 100, valid-for: 30m, treatments: [{id: mail-a, channel: email}]}

        """;

    private const string Policy = "contact-policy: {consent: {purposes: [marketing]}}\n";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void A2_a_late_signal_keeps_both_times_and_the_account_goes_where_it_would_be()
    {
        var chronicle = new Chronicle(Head + Late + TwoStages);
        var start = chronicle.Scene.Now;
        chronicle.Scene.Signal("page.viewed").After(30 * Minute).Signal("purchase.made", "", "amount", Pounds(10));
        Assert.Equal("start", chronicle.Scene.Account.Stage);
        chronicle.Scene.After(10 * Minute);
        chronicle.Late(start + (20 * Minute), "meeting.booked");
        Assert.Equal("meeting", chronicle.Scene.Account.Stage);
        var late = Assert.Single(chronicle.State!.Pending);
        Assert.Equal((start + (20 * Minute), start + (40 * Minute)), (late.HappenedAt, late.CameAt));

        chronicle.Scene.After(Minute);
        chronicle.Correct();
        Assert.Equal(("buying", start + (30 * Minute), "t-buy"), (chronicle.Scene.Account.Stage, chronicle.Scene.Account.StageSince, chronicle.Scene.Account.StageBy));
        Assert.Equal(("meeting", "buying", start + (20 * Minute)), (chronicle.Correction.StageBefore, chronicle.Correction.StageAfter, chronicle.Correction.Since));
        Assert.Equal(late, Assert.Single(chronicle.Correction.Signals));
        Assert.Empty(chronicle.State!.Pending);
        Assert.Null(chronicle.State.Due);
        Assert.Contains("purchase.made", Assert.Single(chronicle.Scene.Journal.Select(f => f.Event).OfType<AccountEvent.StageEntered>(), e => e.To == "buying").Evidence[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A2_within_the_tolerance_nothing_is_late()
    {
        var chronicle = new Chronicle(Head + Late + TwoStages);
        chronicle.Scene.Signal("page.viewed");
        chronicle.Late(chronicle.Scene.Now - (5 * Minute), "page.viewed");
        Assert.Null(chronicle.State);
        chronicle.Late(chronicle.Scene.Now - (5 * Minute) - TimeSpan.FromTicks(10), "page.viewed");
        Assert.Equal(1, chronicle.State!.LateSignals);
    }

    [Fact]
    public void A2_without_the_section_nothing_is_kept_and_nothing_is_put_right()
    {
        var chronicle = new Chronicle(Head + TwoStages);
        chronicle.Scene.Signal("page.viewed");
        chronicle.Late(chronicle.Scene.Now.AddHours(-2), "meeting.booked");
        Assert.Null(chronicle.State);
        Assert.Null(chronicle.Scene.Account.Wake);
    }

    [Fact]
    public void A2_a_mail_that_went_out_before_it_was_known_that_consent_was_withdrawn_is_listed_with_its_clause()
    {
        var chronicle = new Chronicle(Head + Late + Policy + OneStage + Mail);
        var scene = chronicle.Scene.Consent("ann");
        var first = scene.Action.Id;
        scene.Done();
        var withdrawn = scene.After(10 * Minute).Now;
        scene.After(10 * Minute).Signal("page.viewed", "ann");
        var second = scene.Action.Id;
        var decided = scene.Now;
        scene.Done().After(10 * Minute);
        chronicle.Late(withdrawn, "consent.withdrawn", "ann", "purpose", "marketing", "channel", "");
        scene.After(Minute);
        chronicle.Correct();
        var changed = Assert.Single(chronicle.Correction.Changed);
        Assert.Equal((ChangeKind.Done, second, "mail", decided), (changed.Kind, changed.Action, changed.Play, changed.At));
        Assert.Equal("no consent to `marketing` on `email`", changed.Why);
        Assert.NotEqual(first, changed.Action);
        Assert.Equal(1, chronicle.State!.DoneInError);
        Assert.Empty(scene.Account.OpenActions);
    }

    [Fact]
    public void A2_an_open_action_that_would_not_have_been_decided_is_taken_back_with_the_reason()
    {
        var plays = Mail.Replace("goal: email.clicked, ", "goal: email.clicked, eligible: \"signals.count('purchase.made') == 0\", ", StringComparison.Ordinal);
        var chronicle = new Chronicle(Head + Late + OneStage + plays);
        var scene = chronicle.Scene.Signal("page.viewed");
        var bought = scene.After(10 * Minute).Now;
        scene.After(10 * Minute).Signal("page.viewed", "ann");
        var open = scene.Action.Id;
        scene.After(5 * Minute);
        chronicle.Late(bought, "purchase.made", "", "amount", Pounds(10));
        Assert.Equal(open, scene.Action.Id);
        scene.After(Minute);
        chronicle.Correct();
        Assert.Empty(scene.Account.OpenActions);
        var changed = Assert.Single(chronicle.Correction.Changed);
        Assert.Equal((ChangeKind.Revoked, open), (changed.Kind, changed.Action));
        Assert.Contains("signals.count('purchase.made') == 0", changed.Why, StringComparison.Ordinal);
        Assert.Contains(scene.Effects, e => e is Effect.Withdraw w && w.ActionId == open && w.Reason.Contains("would not have been decided", StringComparison.Ordinal));
    }

    [Fact]
    public void A2_a_message_that_would_have_been_taken_back_before_it_was_sent_is_listed()
    {
        var chronicle = new Chronicle(Head + Late + Policy + OneStage + Mail);
        var scene = chronicle.Scene.Consent("ann");
        var mail = scene.Action.Id;
        var withdrawn = scene.After(10 * Minute).Now;
        scene.After(10 * Minute).Done();
        scene.After(10 * Minute);
        chronicle.Late(withdrawn, "consent.withdrawn", "ann", "purpose", "marketing", "channel", "");
        scene.After(Minute);
        chronicle.Correct();
        var changed = Assert.Single(chronicle.Correction.Changed);
        Assert.Equal((ChangeKind.Done, mail), (changed.Kind, changed.Action));
        Assert.Contains("taken back at 2026-03-02T10:10:00Z: consent withdrawn", changed.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A2_what_would_have_been_done_is_listed_and_never_released_late()
    {
        var plays = Mail.Replace("goal: email.clicked, ", "goal: email.clicked, on: purchase.made, eligible: \"stage == 'meeting'\", ", StringComparison.Ordinal);
        var chronicle = new Chronicle(Head + Late + TwoStages.Replace("  - {id: t-buy, from: meeting, to: buying, when: \"signal.type == 'purchase.made'\"}\n", "", StringComparison.Ordinal) + plays);
        var scene = chronicle.Scene.Signal("page.viewed", "ann");
        var met = scene.After(10 * Minute).Now;
        scene.After(10 * Minute).Signal("purchase.made", "ann", "amount", Pounds(10));
        var bought = scene.Now;
        scene.After(10 * Minute);
        chronicle.Late(met, "meeting.booked");
        scene.After(Minute);
        chronicle.Correct();
        var missed = Assert.Single(chronicle.Correction.Changed);
        Assert.Equal((ChangeKind.Missed, "", "mail", bought), (missed.Kind, missed.Action, missed.Play, missed.At));
        scene.After(TimeSpan.FromHours(1));
        Assert.DoesNotContain(scene.Journal, f => f.Event is AccountEvent.ActionOffered);
    }

    [Fact]
    public void A2_a_role_takes_the_word_that_was_said_last_not_the_one_that_came_last()
    {
        var chronicle = new Chronicle(Head + Late + OneStage);
        var scene = chronicle.Scene.Signal("page.viewed", "ann");
        var assigned = scene.After(10 * Minute).Now;
        scene.After(10 * Minute).Signal("role.vacated", "ann", "role", "buyer").After(10 * Minute);
        chronicle.Late(assigned, "role.assigned", "ann", "role", "buyer");
        Assert.Equal(["buyer"], scene.Person("ann").Roles);
        scene.After(Minute);
        chronicle.Correct();
        Assert.Empty(scene.Person("ann").Roles);
        Assert.Empty(scene.Account.Contacts[scene.Person("ann").Key.Id].Roles);
        Assert.Contains("is vacant", Assert.Single(chronicle.Correction.Also), StringComparison.Ordinal);
    }

    [Fact]
    public void A2_nothing_is_put_right_across_the_undoing_of_a_merge()
    {
        var chronicle = new Chronicle(Head + Late + TwoStages);
        var scene = chronicle.Scene.Signal("page.viewed", "ann");
        scene.Record(scene.NewSignal("page.viewed", "bob"), "old");
        scene.Do(new AccountCommand.MergeInto(GrainKey.Account(Scene.Tenant, "old"), Scene.Company));
        var merged = scene.After(10 * Minute).Now;
        scene.After(10 * Minute).Unmerge("old").After(10 * Minute);
        chronicle.Late(merged, "meeting.booked", "ann");
        scene.After(Minute);
        chronicle.Correct();
        Assert.Contains("parted from it", chronicle.Correction.Undetermined, StringComparison.Ordinal);
        Assert.Equal("meeting", scene.Account.Stage);
    }

    [Fact]
    public void A2_what_is_beyond_reach_is_history_that_counts_and_nothing_is_judged_anew()
    {
        var chronicle = new Chronicle(Head + Late + TwoStages);
        chronicle.Scene.Signal("page.viewed");
        chronicle.Late(chronicle.Scene.Now.AddDays(-30).AddTicks(-10), "page.viewed");
        Assert.Null(chronicle.State);
        Assert.Equal(2, chronicle.Scene.Account.SignalCount);
        chronicle.Late(chronicle.Scene.Now.AddDays(-30), "page.viewed");
        Assert.Single(chronicle.State!.Pending);
    }

    [Fact]
    public void A2_a_correction_of_another_state_is_refused_and_one_that_never_comes_is_given_up_visibly()
    {
        var chronicle = new Chronicle(Head + Late + TwoStages);
        var start = chronicle.Scene.Now;
        chronicle.Scene.After(30 * Minute).Signal("page.viewed");
        chronicle.Late(start, "meeting.booked");
        var stale = chronicle.Command(start);
        chronicle.Scene.Signal("page.viewed");
        Assert.Equal(new Rejection.ChangedMeanwhile(Scene.Company), chronicle.Scene.Do(stale).Rejection);
        chronicle.Scene.AfterDays(1);
        Assert.Equal(LatenessTurnAttempts, chronicle.Scene.Effects.Count(e => e is Effect.Correct));
        Assert.Contains("could not be read", chronicle.Correction.Undetermined, StringComparison.Ordinal);
        Assert.Null(chronicle.State!.Due);
    }

    [Fact]
    public void A2_a_correction_given_twice_changes_nothing_the_second_time()
    {
        var chronicle = new Chronicle(Head + Late + TwoStages);
        var start = chronicle.Scene.Now;
        chronicle.Scene.After(30 * Minute).Signal("page.viewed");
        chronicle.Late(start, "meeting.booked");
        var command = chronicle.Command(start);
        chronicle.Scene.Do(command);
        Assert.NotEmpty(chronicle.Scene.Facts);
        chronicle.Scene.Do(command);
        Assert.Empty(chronicle.Scene.Facts);
    }

    [Theory]
    [InlineData("lateness: {tolerence: 1m}\n", "unknown key `tolerence` in the lateness; did you mean `tolerance`?")]
    [InlineData("lateness: {tolerance: soon}\n", "expected a duration")]
    [InlineData("lateness: {tolerance: 2d, reach: 1d}\n", "`reach` must be longer than `tolerance`")]
    public void A2_mistakes_in_the_section_are_named_where_they_stand(string section, string error) =>
        Assert.Contains(Compiling.Errors(Head + section + OneStage), e => e.Contains(error, StringComparison.Ordinal));

    private const int LatenessTurnAttempts = 8;

    private static V1.Money Pounds(long pounds) => new() { Currency = "GBP", MinorUnits = pounds * 100 };
}
