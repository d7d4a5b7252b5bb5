using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Dealings;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.V1;
using Xunit;
using static Orchestrator.Grains.Tests.Deals.DealPlaybooks;
using Deal = Orchestrator.Grains.Deals.Deal;
using DealAnswer = Orchestrator.Grains.Deals.DealAnswer;

namespace Orchestrator.Grains.Tests.Deals;

public sealed class DealTests
{
    private static readonly string[] Six = ["business", "key-person", "driver", "why-now", "budget"];

    [Fact]
    public void D11_news_of_an_opportunity_open_a_deal_that_keeps_its_amount_and_the_answers_it_carries()
    {
        var scene = Scene.Given(All);
        var step = scene.Now.AddDays(3);
        scene.Record(By("sales", scene.NewSignal("opportunity.updated", "", "opportunity", "o-1", "amount", Yen(900), "next-step", "demo for the board", "next-step-at", step)));
        var deal = DealOf(scene, "o-1");
        Assert.Equal((DealStanding.Open, scene.Now, 900L, "JPY"), (deal.Standing, deal.OpenedAt, deal.Amount!.Value, deal.Currency));
        var answer = Assert.Single(deal.Answers);
        Assert.Equal(new DealAnswer("next-step", "demo for the board", step, "", "sales", scene.Now, Observed: false, "s1"), answer);
        Assert.Null(scene.Account.Dealings!.FindDeal("o-2"));
    }

    [Fact]
    public void D11_each_answer_keeps_who_when_and_whether_it_was_observed_or_asserted()
    {
        var scene = Open();
        scene.AfterDays(1);
        Answer(scene, "budget", "the CFO", by: "sales");
        var asserted = DealOf(scene, "o-1").Find("budget")!;
        Assert.Equal(("the CFO", "sales", false, scene.Now), (asserted.Text, asserted.By, asserted.Observed, asserted.GivenAt));
        scene.AfterDays(1);
        var heard = scene.NewSignal("deal.answered", "", "opportunity", "o-1", "question", "budget", "text", "the board");
        heard.Source = "call-transcripts";
        scene.Record(heard);
        var observed = DealOf(scene, "o-1").Find("budget")!;
        Assert.Equal(("the board", "call-transcripts", true, heard.Id), (observed.Text, observed.By, observed.Observed, observed.Signal));
    }

    [Fact]
    public void D11_of_two_answers_the_one_of_the_later_event_time_counts_in_any_order()
    {
        var scene = Open();
        scene.AfterDays(2);
        var late = scene.NewSignal("deal.answered", "", "opportunity", "o-1", "question", "budget", "text", "old");
        late.Time = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(scene.Now.AddDays(-1));
        Answer(scene, "budget", "new");
        scene.Record(late);
        Assert.Equal("new", DealOf(scene, "o-1").Find("budget")!.Text);
        Answer(scene, "budget", "");
        Assert.Null(DealOf(scene, "o-1").Find("budget"));
    }

    [Theory]
    [InlineData("answers.missing() == 8", true)]
    [InlineData("answers.missing() == 7", false)]
    [InlineData("has_open_opportunity", true)]
    [InlineData("deal.open == 1 && deal.id == 'o-1'", true)]
    [InlineData("deal.amount >= 500", true)]
    [InlineData("answer('budget') == null", true)]
    [InlineData("answer('next-step').at == null", true)]
    [InlineData("answers.count() == 0", true)]
    [InlineData("deal.flagged", true)]
    public void D11_conditions_ask_what_is_known_and_what_is_missing_of_an_open_deal(string condition, bool holds)
    {
        var scene = Open();
        Assert.Equal(holds, Holds(scene, condition));
    }

    [Fact]
    public void D11_a_dated_question_is_answered_only_with_an_instant_or_with_what_is_awaited()
    {
        var scene = Open();
        Answer(scene, "next-step", "call again");
        Assert.True(Holds(scene, "answers.missing() == 8 && answer('next-step') == 'call again'"));
        Answer(scene, "next-step", "call again", awaits: "the budget round");
        Assert.True(Holds(scene, "answers.missing() == 7 && answer('next-step').awaits == 'the budget round' && answer('next-step').at == null"));
        Answer(scene, "next-step", "call again", at: scene.Now.AddDays(4));
        Assert.True(Holds(scene, $"answers.missing() == 7 && answer('next-step').at == timestamp('{scene.Now.AddDays(4):yyyy-MM-ddTHH:mm:ssZ}')"));
    }

    [Fact]
    public void D11_missing_answers_hold_a_transition_until_enough_are_there_and_are_part_of_its_evidence()
    {
        var scene = Open(All);
        scene.Record(By("sales", scene.NewSignal("meeting.held", "", "note", "met")));
        Assert.Equal("opportunity", scene.Account.Stage);
        foreach (var question in Six)
        {
            Answer(scene, question, "known");
        }

        scene.Signal("contract.signed", "", "opportunity", "o-1", "amount", Yen(900));
        Assert.Equal("opportunity", scene.Account.Stage);
        var held = scene.Account.Dealings!.Held!;
        Assert.Equal(("win", "o-1"), (held.Transition, held.Deal));

        // Nobody signs twice: the sixth answer lets the account through.
        scene.AfterDays(1);
        Answer(scene, "next-step", "kick-off", at: scene.Now.AddDays(3));
        Assert.Equal(("onboarding", scene.Now), (scene.Account.Stage, scene.Account.StageSince));
        var entered = Assert.Single(scene.Facts.Select(f => f.Event).OfType<AccountEvent.StageEntered>());
        Assert.Equal(["signals.any(['contract.signed'])", "requires-answers: 6"], entered.Evidence.Select(c => c.Text));
        Assert.All(entered.Evidence, clause => Assert.True(clause.Held));
        Assert.Contains("6 answered, missing culture, do-nothing", entered.Evidence[1].Values, StringComparison.Ordinal);
    }

    [Fact]
    public void D11_the_gate_asks_the_deal_that_was_signed_not_another()
    {
        var scene = Open(All);
        scene.Record(By("sales", scene.NewSignal("meeting.held", "", "note", "met")));
        scene.Record(By("sales", scene.NewSignal("opportunity.updated", "", "opportunity", "o-2")));
        foreach (var question in Six.Append("culture"))
        {
            Answer(scene, question, "known", deal: "o-2");
        }

        scene.Signal("contract.signed", "", "opportunity", "o-1", "amount", Yen(1));
        Assert.Equal(("opportunity", "o-1"), (scene.Account.Stage, scene.Account.Dealings!.Held!.Deal));
        Answer(scene, "do-nothing", "known", deal: "o-2");
        Assert.Equal("opportunity", scene.Account.Stage);
        scene.Signal("contract.signed", "", "opportunity", "o-2", "amount", Yen(1));
        Assert.Equal("onboarding", scene.Account.Stage);
    }

    [Fact]
    public void D11_leaving_the_stage_another_way_ends_the_wait_for_answers()
    {
        var scene = Open(All);
        scene.Record(By("sales", scene.NewSignal("meeting.held", "", "note", "met")));
        scene.Signal("contract.signed", "", "opportunity", "o-1", "amount", Yen(900));
        scene.Record(By("sales", scene.NewSignal("opportunity.lost", "", "opportunity", "o-9", "reason", "no-budget")));
        Assert.Equal("recycled", scene.Account.Stage);
        foreach (var question in Six.Append("culture"))
        {
            Answer(scene, question, "known");
        }

        Assert.Equal("recycled", scene.Account.Stage);
    }

    [Fact]
    public void D11_a_gap_makes_the_play_that_asks_for_it_the_next_best_action()
    {
        var scene = Open(All + Plays);
        scene.Record(By("sales", scene.NewSignal("meeting.held", "", "note", "met")));
        Assert.Equal(("ask-missing-answer", "sales"), (scene.Offered.Play, scene.Offered.Department));
        Assert.Contains("ask-missing-answer", scene.Account.OpenActions.Select(a => a.Play));
    }

    [Fact]
    public void D11_a_deal_ends_won_or_lost_with_its_reason_and_only_later_news_open_a_lost_one_again()
    {
        var scene = Open();
        var before = scene.NewSignal("opportunity.updated", "", "opportunity", "o-1");
        scene.AfterDays(1);
        scene.Record(By("sales", scene.NewSignal("opportunity.lost", "", "opportunity", "o-1", "reason", "no-budget")));
        Assert.Equal((DealStanding.Lost, "no-budget", scene.Now), (DealOf(scene, "o-1").Standing, DealOf(scene, "o-1").Reason, DealOf(scene, "o-1").ClosedAt!.Value));
        Assert.False(DealOf(scene, "o-1").IsFlagged);
        scene.Record(By("sales", before));
        Assert.Equal(DealStanding.Lost, DealOf(scene, "o-1").Standing);
        scene.AfterDays(1);
        scene.Record(By("sales", scene.NewSignal("opportunity.updated", "", "opportunity", "o-1")));
        Assert.Equal((DealStanding.Open, ""), (DealOf(scene, "o-1").Standing, DealOf(scene, "o-1").Reason));
        scene.Signal("contract.signed", "", "opportunity", "o-1", "amount", Yen(7));
        scene.Record(By("sales", scene.NewSignal("opportunity.updated", "", "opportunity", "o-1", "amount", Yen(8))));
        Assert.Equal((DealStanding.Won, 8L), (DealOf(scene, "o-1").Standing, DealOf(scene, "o-1").Amount!.Value));
    }

    [Fact]
    public void D12_an_open_deal_without_a_dated_next_step_is_flagged_at_once_until_it_has_one_or_names_what_it_awaits()
    {
        var scene = Open();
        Assert.Equal(scene.Now, DealOf(scene, "o-1").FlaggedAt);
        Assert.Contains("answer('next-step').at == null", DealOf(scene, "o-1").FlaggedBecause, StringComparison.Ordinal);
        Answer(scene, "next-step", "wait", awaits: "the board's decision");
        Assert.False(DealOf(scene, "o-1").IsFlagged);
        scene.AfterDays(1);
        Answer(scene, "next-step", "call");
        Assert.Equal(scene.Now, DealOf(scene, "o-1").FlaggedAt);
        Answer(scene, "next-step", "call", at: scene.Now.AddDays(2));
        Assert.False(DealOf(scene, "o-1").IsFlagged);
    }

    [Fact]
    public void D12_time_flags_a_deal_at_one_exact_tick_and_no_signal_is_needed()
    {
        var scene = Open();
        Answer(scene, "next-step", "call", at: scene.Now.AddDays(2));
        Answer(scene, "key-person", "the owner");
        var due = scene.Now.AddDays(60).AddTicks(1);
        Assert.False(DealOf(scene.At(due.AddTicks(-1)), "o-1").IsFlagged);
        Assert.Equal(due, DealOf(scene.At(due), "o-1").FlaggedAt);
        Assert.Contains("key-person", DealOf(scene, "o-1").FlaggedBecause, StringComparison.Ordinal);
        Answer(scene, "key-person", "still the owner");
        Assert.False(DealOf(scene, "o-1").IsFlagged);
    }

    [Fact]
    public void D12_a_next_step_whose_date_passes_can_be_flagged_at_that_date()
    {
        var scene = Open(Head + TheStages + "deal:\n" + Questions + "  flag-when: \"answer('next-step').at < now\"\n");
        var step = scene.Now.AddDays(2);
        Answer(scene, "next-step", "call", at: step);
        Assert.False(DealOf(scene.At(step), "o-1").IsFlagged);
        Assert.Equal(step.AddTicks(1), DealOf(scene.At(step.AddTicks(1)), "o-1").FlaggedAt);
    }

    [Theory]
    [InlineData("question", "budgt", "unknown question `budgt`; did you mean `budget`?")]
    [InlineData("opportunity", "o-7", "the account has no deal `o-7`; `opportunity.updated` opens one")]
    [InlineData("opportunity", " ", "`deal.answered` must name the deal: its property `opportunity` is empty")]
    public void D11_an_answer_to_what_nobody_asked_is_refused_with_what_there_is(string property, string value, string reason)
    {
        var scene = Open();
        var signal = scene.NewSignal("deal.answered", "", "opportunity", "o-1", "question", "budget", "text", "x");
        signal.Properties[property] = new Value { Text = value };
        Assert.Equal(reason, Assert.IsType<Rejection.BadSignal>(scene.Record(signal).Rejection).Reason);
    }

    [Fact]
    public void D11_ended_deals_are_remembered_in_bounds_and_open_ones_are_never_dropped()
    {
        var scene = Scene.Given(All);
        for (var i = 0; i < AccountDealings.MostOpenDeals; i++)
        {
            scene.Record(By("sales", scene.NewSignal("opportunity.updated", "", "opportunity", $"o-{i}")));
        }

        var one = scene.NewSignal("opportunity.updated", "", "opportunity", "o-x");
        Assert.Contains("64 open deals", Assert.IsType<Rejection.BadSignal>(scene.Record(one).Rejection).Reason, StringComparison.Ordinal);
        for (var i = 0; i < 40; i++)
        {
            scene.After(TimeSpan.FromMinutes(1));
            scene.Record(By("sales", scene.NewSignal("opportunity.lost", "", "opportunity", $"o-{i}", "reason", "r")));
        }

        var dealings = scene.Account.Dealings!;
        Assert.Equal((24, AccountDealings.MostClosedDeals), (dealings.OpenDeals, dealings.Deals.Length - dealings.OpenDeals));
        Assert.Null(dealings.FindDeal("o-0"));
        Assert.NotNull(dealings.FindDeal("o-39"));
    }

    [Fact]
    public void D11_an_account_without_deals_has_no_state_of_them_and_no_wake()
    {
        var scene = Scene.Given(All).Signal("page.viewed");
        Assert.Null(scene.Account.Dealings);
        Assert.Null(scene.Account.Wake);
    }

    internal static Signal By(string who, Signal signal)
    {
        signal.AssertedBy = who;
        return signal;
    }

    internal static Money Yen(long amount) => new() { MinorUnits = amount, Currency = "JPY" };

    private static Scene Open(string? playbook = null)
    {
        var scene = Scene.Given(playbook ?? All);
        return scene.Record(By("sales", scene.NewSignal("opportunity.updated", "", "opportunity", "o-1", "amount", Yen(500))));
    }

    private static Deal DealOf(Scene scene, string deal) => scene.Account.Dealings!.FindDeal(deal)!;

    private static void Answer(Scene scene, string question, string text, DateTimeOffset? at = null, string? awaits = null, string by = "sales", string deal = "o-1")
    {
        var signal = scene.NewSignal("deal.answered", "", "opportunity", deal, "question", question, "text", text);
        if (at is { } instant)
        {
            signal.Properties["at"] = Scene.ValueOf(instant);
        }

        if (awaits is not null)
        {
            signal.Properties["awaits"] = Scene.ValueOf(awaits);
        }

        scene.Record(By(by, signal));
        Assert.IsType<Verdict.Accepted>(scene.Verdict);
    }

    private static bool Holds(Scene scene, string condition)
    {
        var asked = PlaybookCompiler.Compile(All + "segments: {asked: {when: \"" + condition.Replace("\"", "\\\"", StringComparison.Ordinal) + "\"}}\n", "p.yaml", 1);
        Assert.Empty(asked.Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => d.ToString()));
        var facts = new Grains.Decisions.Facts();
        facts.Set(asked.Playbook!, scene.Account, null, null, scene.Now);
        return asked.Playbook!.Segments[0].When.Holds(facts);
    }
}
