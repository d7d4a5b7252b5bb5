using Google.Protobuf.WellKnownTypes;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.Silo.WhatIf;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Customers;

/// <summary>The time after the contract as users reach it: through the silo's services.</summary>
public sealed class CustomerInsightTests
{
    internal const string Text = """
        playbook: customers
        currency: GBP
        time-zone: Europe/London
        departments: {cs: {title: Customer success}, sales: {title: Sales}}
        signals:
          contract.signed: {observed: true, properties: {amount: money?, renews-at: timestamp?}}
          opportunity.lost: {observed: true}
          opportunity.opened: {observed: true, properties: {opportunity: string}}
          product.used: {observed: true, properties: {feature: string}}
          course.taken: {observed: true}
          purchase.made: {observed: true, properties: {amount: money}}
          survey.answered: {observed: true, properties: {kind: string, score: int}}
          form.submitted: {observed: true, properties: {referred_by: string?}}
        scores:
          health: {measures: {usage: {weight: 60, on: product.used, window: 30d, full: 4}, adoption: {weight: 40, milestones: onboarding}}}
          clv: {model: bg-nbd+gamma-gamma, on: purchase.made}
          churn-risk: {from: [health, clv.alive]}
        milestones:
          onboarding:
            - {id: set-up, when: "signals.count('product.used', {'feature': 'admin'}) >= 1", within: 7d}
            - {id: first-value, when: "signals.count('product.used', {'feature': 'report'}) >= 1", within: 30d}
        expansion-phase:
          when: "milestones.done('onboarding') && score.health >= 70"
          triggers: [{id: more, when: "signals.count('product.used', {'feature': 'limit'}) > 0", signal: opportunity.opened}]
        stages: {lead: {kind: inventory}, onboarding: {kind: inventory}, customer: {kind: inventory}, deal: {kind: inventory}, lost: {kind: inventory}}
        transitions:
          - {id: win, from: lead, to: onboarding, when: "signals.any(['contract.signed'])"}
          - {id: onboarded, from: onboarding, to: customer, when: "milestones.done('onboarding')"}
          - {id: opened, from: customer, to: deal, when: "signals.any(['opportunity.opened'])"}
          - {id: renew-due, from: deal, to: customer, at: "contract.renews_at - duration('90d')"}
          - {id: churned, from: [onboarding, customer, deal], to: lost, when: "signals.any(['opportunity.lost'])"}
        plays:
          - {id: course, for: contact, stages: [onboarding], goal: product.used, horizon: 7d, cool-down: 3d, self-service: true, saves: 30m, value: 50, valid-for: 1d, treatments: [{id: course-web, channel: web}]}
          - {id: rescue, for: owner, department: cs, stages: [onboarding], goal: product.used, horizon: 14d, cool-down: 3d, applicable: "milestones.overdue('onboarding')", value: 5000, valid-for: 2d, treatments: [{id: rescue-call, channel: task}]}
          - {id: ask, for: contact, stages: [customer, deal], goal: form.submitted, horizon: 30d, cool-down: 90d, advocacy: true, value: 900, valid-for: 2d, treatments: [{id: ask-web, channel: web}]}
          - {id: upgrade, for: owner, department: sales, goal: contract.signed, horizon: 30d, cool-down: 20d, expansion: true, value: "clv.expected + 100", valid-for: 2d, treatments: [{id: upgrade-brief, channel: task}]}

        """;

    private static Money Pounds(long minor) => new() { MinorUnits = minor, Currency = "GBP" };

    private static InsightService InsightOf(Desk desk) => new(desk.World.Shelf, desk.World.Store, desk.World.Clock);

    [Fact]
    public async Task K1_J6_J8_an_account_shows_its_milestones_its_health_and_what_it_is_worth_with_what_made_them()
    {
        await using var desk = await Desk.OpenAsync(Text);
        await desk.SignalAsync("contract.signed", properties: [("amount", Pounds(100_000)), ("renews-at", World.Start.AddDays(365))]);
        desk.World.Clock.Advance(TimeSpan.FromDays(2));
        var used = await desk.SignalAsync("product.used", email: "ann@acme.example", properties: ("feature", "admin"));
        await desk.SignalAsync("purchase.made", properties: ("amount", Pounds(5_000)));
        await desk.SignalAsync("survey.answered", email: "ann@acme.example", properties: [("kind", "nps"), ("score", 10)]);
        var customer = (await desk.AccountAsync()).Customer;
        var set = Assert.Single(customer.Milestones);
        Assert.Equal(("onboarding", false), (set.Id, set.Done));
        Assert.Equal(("set-up", used, 2), (set.Milestones[0].Id, set.Milestones[0].SignalId, Math.Round(set.Milestones[0].Took.ToTimeSpan().TotalDays, 3)));
        Assert.Null(set.Milestones[1].ReachedAt);
        Assert.Equal(set.StartedAt.ToDateTimeOffset().AddDays(30), set.Milestones[1].DueAt.ToDateTimeOffset());
        var health = Assert.Single(customer.Health);
        Assert.Equal(35, health.Value, 9);
        Assert.Equal([("usage", 15.0, 60.0), ("adoption", 20, 40)], health.Measures.Select(m => (m.Id, Math.Round(m.Points, 9), Math.Round(m.Most, 9))));
        Assert.Equal("1 of 2 milestones of `onboarding`", health.Measures[1].Seen);
        Assert.Equal(35, (await desk.AccountAsync()).Scores["health"], 9);
        Assert.Equal((1, 1L, 5_000), (customer.Value.Alive, customer.Value.PurchaseCount, customer.Value.Spent));
        Assert.True(customer.Value.Expected > 0);
        Assert.Equal((1 - 0.35) / 2, Assert.Single(customer.Risks).Value, 9);
        Assert.Equal(100, customer.NetPromoterScore);
        Assert.Equal(World.Start.AddDays(365), customer.Contract.RenewsAt.ToDateTimeOffset());

        // As of later: nothing used for so long, and the second milestone is overdue.
        var later = (await desk.Accounts.GetAccount(new GetAccountRequest { Account = "acme", AsOf = Timestamp.FromDateTimeOffset(desk.World.Clock.GetUtcNow().AddDays(31)) }, new CallContext())).Account.Customer;
        Assert.Equal(20, later.Health.Single().Value, 9);
        Assert.True(later.Milestones.Single().Milestones[1].Overdue);
    }

    [Fact]
    public async Task K1_a_stuck_customer_is_told_and_acted_on_when_time_comes_and_it_all_survives_a_crash()
    {
        await using var desk = await Desk.OpenAsync(Text);
        await desk.SignalAsync("contract.signed");
        desk.World.Clock.Advance(TimeSpan.FromDays(8));
        await desk.World.UntilAsync(async () => (await desk.AccountAsync()).OpenActions.Any(a => a.Play == "rescue"));
        var told = (await desk.TimelineAsync()).Entries.Single(e => e.Kind == "stuck");
        Assert.StartsWith("Milestone `set-up` of `onboarding` was due at", told.Text, StringComparison.Ordinal);
        var before = await desk.AccountAsync();
        await desk.World.CrashAndStartAsync();
        Assert.Equal(before.Customer, (await desk.AccountAsync()).Customer);
    }

    [Fact]
    public async Task K4_K9_a_customer_who_reached_value_expands_a_deal_is_told_and_every_decision_can_be_recomputed()
    {
        await using var desk = await Desk.OpenAsync(Text);
        await desk.SignalAsync("contract.signed");
        await desk.SignalAsync("product.used", email: "ann@acme.example", properties: ("feature", "limit"));
        Assert.Null((await desk.AccountAsync()).Customer.ExpandingSince);
        foreach (var feature in new[] { "admin", "report", "report" })
        {
            await desk.SignalAsync("product.used", email: "ann@acme.example", properties: ("feature", feature));
        }

        await desk.World.UntilAsync(async () => (await desk.AccountAsync()).Stage == "deal");
        Assert.NotNull((await desk.AccountAsync()).Customer.ExpandingSince);
        var kinds = (await desk.TimelineAsync()).Entries.Select(e => e.Kind).ToList();
        Assert.Equal(2, kinds.Count(k => k == "expansion"));
        Assert.Equal(2, kinds.Count(k => k == "milestone"));
        Assert.True((await desk.ExplainAsync()).Reproduced);
        await AssertReplaysAsync(desk);
    }

    [Fact]
    public async Task D13_a_referred_account_and_its_advocate_know_of_each_other_across_partitions()
    {
        await using var desk = await Desk.OpenAsync(Text, partitions: 4);
        await desk.SignalAsync("course.taken", account: "advocate", email: "ann@advocate.example");
        for (var i = 0; i < 6; i++)
        {
            await desk.SignalAsync("form.submitted", account: $"new-{i}", email: $"bob@new{i}.example", properties: ("referred_by", i % 2 == 0 ? "advocate" : "email:Ann@advocate.example"));
        }

        await desk.World.UntilAsync(async () => (await desk.AccountAsync("advocate")).Customer.ReferralCount == 6);
        var referrals = (await desk.AccountAsync("advocate")).Customer.Referrals;
        Assert.Equal(Enumerable.Range(0, 6).Select(i => $"new-{i}"), referrals.Select(r => r.Account).Order(StringComparer.Ordinal));
        Assert.Equal(3, referrals.Count(r => r.Contact.Length > 0));
        Assert.Equal("advocate", (await desk.AccountAsync("new-0")).Customer.ReferredBy);
        await AssertReplaysAsync(desk);
    }

    [Fact]
    public async Task K2_K3_a_contrast_over_all_partitions_finds_what_goes_with_success()
    {
        await using var desk = await Desk.OpenAsync(Text, partitions: 4);
        for (var i = 0; i < 24; i++)
        {
            var account = $"a-{i}";
            await desk.SignalAsync("contract.signed", account: account);
            await desk.SignalAsync("product.used", account: account, properties: ("feature", "admin"));
            if (i % 2 == 0)
            {
                await desk.SignalAsync("course.taken", account: account);
            }
        }

        desk.World.Clock.Advance(TimeSpan.FromDays(3));
        for (var i = 0; i < 24; i += i % 8 == 0 ? 1 : 2)
        {
            await desk.SignalAsync("product.used", account: $"a-{i}", properties: ("feature", "report"));
        }

        var service = InsightOf(desk);
        var early = await service.Contrast(new ContrastRequest { Reached = "onboarding" }, new CallContext());
        Assert.Equal((0L, 24L - early.Succeeded), (early.Others, early.Neither));
        desk.World.Clock.Advance(TimeSpan.FromDays(40));
        var found = await service.Contrast(new ContrastRequest { Reached = "onboarding/first-value" }, new CallContext());
        Assert.Equal(24, found.Succeeded + found.Others);
        var first = found.Rows[0];
        var after = await Task.WhenAll(Enumerable.Range(0, 24).Select(async i => (I: i, Reached: (await desk.AccountAsync($"a-{i}")).Customer.Milestones[0].Milestones[1].ReachedAt is not null)));
        Assert.Equal(after.Count(a => a.Reached), found.Succeeded);
        var course = found.Rows.Single(r => r.Did == "course.taken");
        Assert.Equal((after.Count(a => a.Reached && a.I % 2 == 0), 12, after.Count(a => a.Reached && a.I % 2 == 1), 12), (course.Succeeded, course.All, course.OthersSucceeded, course.Others));
        Assert.True(first.Difference.Low <= first.Difference.Value && first.Lift.Low <= first.Lift.Value);
        Assert.NotNull(found.Since);

        foreach (var i in new[] { 0, 2, 4, 6, 8, 10 })
        {
            await desk.SignalAsync("opportunity.lost", account: $"a-{i}");
        }

        var churned = await service.Contrast(new ContrastRequest { Transitions = new ContrastTransitions { Succeeded = "onboarded", Failed = "churned" }, Least = 1 }, new CallContext());
        Assert.Equal(6, churned.Others);
    }

    [Fact]
    public async Task M7_a_contrast_that_names_nothing_of_the_playbook_is_refused_with_the_nearest_name()
    {
        await using var desk = await Desk.OpenAsync(Text);
        await RefusesAsync(new(), "no outcome is set");
        await RefusesAsync(new() { Reached = "onbording" }, "did you mean `onboarding`?");
        await RefusesAsync(new() { Reached = "onboarding/first" }, "`onboarding` has no milestone `first`");
        await RefusesAsync(new() { Transitions = new() { Succeeded = "renewd", Failed = "churned" } }, "`transitions.succeeded`: the playbook has no transition `renewd`");
        await RefusesAsync(new() { Promoters = true, Confidence = 0.5 }, "`confidence` must be 0.8, 0.9, 0.95 or 0.99; it is 0.5");
        await RefusesAsync(new() { Promoters = true, Window = new Duration { Seconds = -1 } }, "`window` must be 1 second to 3653 days; it is -1 seconds");

        async Task RefusesAsync(ContrastRequest request, string part)
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() => InsightOf(desk).Contrast(request, new CallContext()));
            Assert.Equal(StatusCode.InvalidArgument, refused.Code);
            Assert.Contains(part, refused.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>The same playbook over the same history comes to the same, all that is here included.</summary>
    private static async Task AssertReplaysAsync(Desk desk)
    {
        var run = new WhatIfRun(desk.World.Store, desk.World.Shelf.Current.Current(Tenants.Default)!, baseline: null, criteria: false, examples: 100);
        var result = await run.RunAsync(CancellationToken.None);
        Assert.Empty(result.Examples.Select(e => $"{e.Account} {e.At:O} {e.Cause}: {e.Before} | {e.After}"));
        Assert.True(result.IsEmpty);
    }
}
