using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.Tests.Deciding;
using Orchestrator.Grains.Tests.Milestones;
using Orchestrator.V1;
using Xunit;
using Severity = Orchestrator.Grains.Playbooks.Severity;

namespace Orchestrator.Grains.Tests.Customers;

public sealed class AdvocacyTests
{
    private const string Text = """
        playbook: small
        currency: GBP
        time-zone: Europe/London
        departments: {cs: {title: Customer success}}
        signals:
          form.submitted: {observed: true, properties: {referred_by: string?}}
          survey.answered: {observed: true, properties: {kind: string, score: int}}
          page.viewed: {observed: true}
          purchase.made: {observed: true, properties: {amount: money, product: string}}
          contract.signed: {observed: true, properties: {opportunity: string, amount: money, renews-at: timestamp?}}
        stages: {customer: {kind: inventory}, thanked: {kind: inventory}, renewal: {kind: inventory}}
        transitions:
          - {id: thank, from: customer, to: thanked, when: "referrals.count >= 2"}
          - {id: renew-due, from: customer, to: renewal, at: "contract.renews_at - duration('90d')"}
          - {id: renewed, from: renewal, to: customer, when: "signals.any(['contract.signed'])"}
        plays:
          - {id: ask, for: contact, goal: form.submitted, horizon: 30d, advocacy: true, value: 45000, cost: 50, valid-for: 1d, cool-down: 180d, treatments: [{id: ask-mail, channel: email}]}
          - {id: cross-sell, for: contact, goal: purchase.made, horizon: 30d, applicable: "purchased('base') && !purchased('extra')", value: 100, valid-for: 1d, cool-down: 1d, treatments: [{id: cross-mail, channel: email}]}

        """;

    [Fact]
    public void K6_only_promoters_are_asked_and_not_again_before_the_cool_down_is_over()
    {
        var scene = Scene.Given(Text).Signal("survey.answered", "bob", "kind", "nps", "score", 8);
        Assert.Empty(scene.Account.OpenActions);
        scene.Signal("survey.answered", "ann", "kind", "nps", "score", 10);
        Assert.Equal(("ask", scene.Person("ann").Key.Id), (scene.Action.Play, scene.Action.Contact));
        var asked = scene.Now;
        scene.Done();
        scene.Signal("page.viewed", "bob");
        Assert.Empty(scene.Account.OpenActions);
        scene.At(asked.AddDays(179)).Signal("page.viewed", "ann");
        Assert.Empty(scene.Account.OpenActions);
        scene.At(asked.AddDays(180)).Signal("page.viewed", "ann");
        Assert.Equal("ask", scene.Action.Play);
        scene.Done().AfterDays(1).Signal("survey.answered", "ann", "kind", "nps", "score", 4).AfterDays(200).Signal("page.viewed", "ann");
        Assert.Empty(scene.Account.OpenActions);
    }

    [Theory]
    [InlineData("a-advocate")]
    [InlineData("email:ANN@x.test")]
    public void D13_an_account_that_came_by_word_of_mouth_is_attributed_back_to_the_advocate_exactly_once(string by)
    {
        var scene = Scene.Given(Text);
        scene.Record(scene.NewSignal("page.viewed", "ann"), "a-advocate");
        foreach (var referred in new[] { "a-new", "a-newer" })
        {
            var signal = scene.NewSignal("form.submitted", "", "referred_by", by);
            scene.Record(signal, referred);
            scene.Record(signal, referred);
            scene.Record(scene.NewSignal("form.submitted", "", "referred_by", "a-other"), referred);
            Assert.Equal(by, scene.AccountOf(referred).Customer!.Referrer!.By);
        }

        var advocate = scene.AccountOf("a-advocate");
        Assert.Equal((2, 2), (advocate.Customer!.ReferralCount, advocate.Customer.Referrals.Length));
        Assert.Equal(["a-new", "a-newer"], advocate.Customer.Referrals.Select(r => r.Account));
        Assert.All(advocate.Customer.Referrals, r => Assert.Equal(by.StartsWith("email", StringComparison.Ordinal) ? scene.Person("ann", "a-advocate").Key.Id : "", r.Contact));
        scene.AfterDays(0.1);
        Assert.Equal("thanked", scene.AccountOf("a-advocate").Stage);
    }

    [Theory]
    [InlineData("my friend")]
    [InlineData("email:nobody@x.test")]
    [InlineData("")]
    [InlineData("a-1")]
    public void D13_an_advocate_whom_nobody_knows_is_not_made_up(string by)
    {
        var scene = Scene.Given(Text).Signal("form.submitted", "", "referred_by", by);
        Assert.All(scene.States.Where(s => s.Key.Kind == GrainKind.Account), s => Assert.Equal(Scene.Company, s.Key.Affinity));
        Assert.Empty(scene.Account.Customer?.Referrals ?? []);
    }

    [Fact]
    public void D13_an_advocate_who_moved_is_found_where_they_are()
    {
        var scene = Scene.Given(Text);
        scene.Route("page.viewed", "ann");
        var provisional = scene.IdentityOf("ann").Contact!.Value.Affinity;
        scene.Record(scene.NewSignal("page.viewed", "ann"), "a-known");
        scene.Do(new AccountCommand.CreditReferral(GrainKey.Account(Scene.Tenant, provisional), "", "a-new", scene.Now));
        Assert.Equal("a-new", Assert.Single(scene.AccountOf("a-known").Customer!.Referrals).Account);
    }

    [Fact]
    public void K6_what_an_anonymous_visitor_was_referred_by_comes_along_when_they_are_known()
    {
        var scene = Scene.Given(Text);
        scene.Record(scene.NewSignal("page.viewed", ""), "a-advocate");
        scene.Route("form.submitted", "ann", "referred_by", "a-advocate");
        scene.Record(scene.NewSignal("page.viewed", "ann"), "a-known");
        Assert.Equal("a-advocate", scene.AccountOf("a-known").Customer!.Referrer!.By);
    }

    [Fact]
    public void K5_what_was_bought_decides_what_is_offered_next()
    {
        static Money Pounds(long minor) => new() { MinorUnits = minor, Currency = "GBP" };
        var scene = Scene.Given(Text).Signal("page.viewed", "ann");
        Assert.Empty(scene.Account.OpenActions);
        scene.Signal("purchase.made", "ann", "amount", Pounds(100), "product", "base");
        Assert.Equal("cross-sell", scene.Action.Play);
        scene.AfterDays(2).Signal("purchase.made", "ann", "amount", Pounds(100), "product", "extra").AfterDays(2).Signal("page.viewed", "ann");
        Assert.Empty(scene.Account.OpenActions);
    }

    [Fact]
    public void S0_4_a_renewal_begins_ninety_days_ahead_of_its_date_and_the_next_contract_sets_the_next_one()
    {
        var scene = Scene.Given(Text).Signal("page.viewed");
        var renews = scene.Now.AddDays(365);
        scene.Signal("contract.signed", "", "opportunity", "o", "amount", new Money { MinorUnits = 5, Currency = "GBP" }, "renews-at", renews);
        Assert.Equal(5, Asking.Number(scene, "contract.amount"));
        Assert.Equal(renews.AddDays(-90), scene.Account.Wake);
        scene.At(renews.AddDays(-90));
        Assert.Equal("renewal", scene.Account.Stage);
        scene.AfterDays(30).Signal("contract.signed", "", "opportunity", "p", "amount", new Money { MinorUnits = 6, Currency = "GBP" }, "renews-at", renews.AddDays(365));
        Assert.Equal(("customer", renews.AddDays(275)), (scene.Account.Stage, scene.Account.Wake));
    }

    [Theory]
    [InlineData("advocacy: true, cool-down: 1d", "score: int", "`advocacy: true` asks promoters only; declare the signal `survey.answered` with `kind: string` and `score: int`", "text: string")]
    [InlineData("advocacy: true", "score: int", "`advocacy: true` needs `cool-down`, so that nobody is asked again and again", "score: int")]
    public void K6_a_play_that_asks_for_advocacy_says_whom_and_how_often(string keys, string was, string message, string becomes)
    {
        var text = Text.Replace("advocacy: true, value: 45000, cost: 50, valid-for: 1d, cool-down: 180d", $"{keys}, value: 1, valid-for: 1d", StringComparison.Ordinal).Replace(was, becomes, StringComparison.Ordinal);
        Assert.Contains(PlaybookCompiler.Compile(text, "p.yaml", 1).Diagnostics, d => d.Severity == Severity.Error && d.Message == message);
    }
}
