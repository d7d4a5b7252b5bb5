using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Tests.Insight;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Customers;

/// <summary>What is learned of all accounts, and what is made of it, through the silo's service.</summary>
public sealed class LearnedTests
{
    private const string Text = """
        playbook: learned
        currency: EUR
        time-zone: Europe/Berlin
        departments: {sales: {title: Sales}, cs: {title: Customer success}}
        buying-group: {roles: {champion: {required: 1, weight: 100, assign: "contact.title.contains('Head')"}}}
        attributes:
          account: {employees: int, industry: string}
          contact: {title: string}
        signals:
          page.viewed: {observed: true}
          deal.won: {observed: true}
          deal.lost: {observed: true}
          contract.renewed: {observed: true}
          contract.ended: {observed: true}
          product.used: {observed: true, properties: {feature: string}}
        scores:
          fit:
            points: [{when: "account.employees >= 200", add: 40}, {when: "account.industry == 'software'", add: 10}]
            grades: {A: 40, B: 10}
        stages: {lead: {kind: inventory}, customer: {kind: inventory}, loyal: {kind: inventory}, dropped: {kind: inventory}, gone: {kind: inventory}}
        transitions:
          - {id: won, from: lead, to: customer, when: "signals.any(['deal.won'])"}
          - {id: lost, from: lead, to: dropped, when: "signals.any(['deal.lost'])"}
          - {id: renewed, from: customer, to: loyal, when: "signals.any(['contract.renewed'])"}
          - {id: churned, from: customer, to: gone, when: "signals.any(['contract.ended'])"}
        plays:
          - {id: call, for: owner, department: sales, stages: [lead], goal: deal.won, horizon: 30d, value: 5000, valid-for: 10d, treatments: [{id: call-script, channel: task}]}

        """;

    private static InsightService InsightOf(Desk desk) => new(desk.World.Shelf, desk.World.Store, desk.World.Clock, desk.World.Silo);

    [Fact]
    public async Task B11_the_ideal_customer_is_learned_from_won_and_lost_accounts_beside_the_points_that_the_score_has()
    {
        await using var desk = await Desk.OpenAsync(Text, partitions: 4);
        var few = await Assert.ThrowsAsync<RpcException>(() => InsightOf(desk).LearnIdealCustomer(new(), new CallContext()));
        Assert.Equal(StatusCode.FailedPrecondition, few.Code);
        Assert.Contains("0 went through `won`, `renewed` and 0 through `lost`, `churned`, 30 of each are needed", few.Status.Detail, StringComparison.Ordinal);

        // Of 40 software companies 30 are won, of 40 retailers 10; half of each have many employees, which makes no difference. A champion is known at those who are won, but for four.
        for (var i = 0; i < 80; i++)
        {
            var (software, group) = (i < 40, i / 2 % 4);
            var wins = software ? group != 3 : group == 0;
            await desk.SignalAsync("account.updated", $"a-{i}", properties: [("industry", software ? "software" : "retail"), ("employees", i % 2 == 0 ? 500 : 50)]);
            if (wins == (i % 20 != 0))
            {
                await desk.SignalAsync("contact.updated", $"a-{i}", $"p@a{i}.example", ("title", "Head of things"));
            }

            await desk.SignalAsync(wins ? "deal.won" : "deal.lost", $"a-{i}");
            if (i == 39)
            {
                desk.World.Clock.Advance(TimeSpan.FromDays(30));
            }
        }

        // What becomes known later is not what they were.
        await desk.SignalAsync("account.updated", "a-0", properties: [("industry", "farming")]);
        await desk.SignalAsync("page.viewed", "a-99");
        var learned = await InsightOf(desk).LearnIdealCustomer(new(), new CallContext());
        Assert.Equal((40L, 40L, 1L), (learned.Succeeded, learned.Failed, learned.Neither));
        Assert.Equal(["won", "renewed"], learned.TransitionsSucceeded);
        var (employees, industry) = (learned.Traits[0], learned.Traits[1]);
        Assert.Equal(("account.employees >= 200", 40.0, 0.0), (employees.Condition, employees.Points, employees.Learned));
        Assert.Equal((20L, 40L, 20L, 40L), (employees.Row.Succeeded, employees.Row.All, employees.Row.OthersSucceeded, employees.Row.Others));
        Assert.Equal(("account.industry == 'software'", 10.0), (industry.Condition, industry.Points));
        Assert.Equal((30L, 40L, 10L, 40L), (industry.Row.Succeeded, industry.Row.All, industry.Row.OthersSucceeded, industry.Row.Others));
        Assert.Equal(3, industry.Row.Lift.Value, 9);
        Assert.True(industry.Row.Difference.Low > 0);
        Assert.True(industry.Learned > 0 && learned.Drift > 0);
        // That retailers are not won is the same thing once more, and what does not hold for sure is not learned.
        Assert.Equal(2, learned.Traits.Count);
        Assert.Equal(50, learned.Traits.Where(t => t.Learned > 0).Sum(t => t.Learned), 1.0);

        // The points as they are put size above all, which tells little; the learned ones tell more.
        Assert.Equal(1, learned.WrittenIn);
        Assert.True(learned.Separation.Learned > learned.Separation.Now && learned.Separation.Learned > 0.7);
        Assert.Equal(0.75, learned.Separation.Learned, 9);

        var champion = Assert.Single(learned.Personas);
        Assert.Equal("champion", champion.Role);
        Assert.Equal(80, champion.Filled.All + champion.Filled.Others);
        Assert.True(champion.Filled.Succeeded > 36 && champion.Filled.Difference.Low > 0);

        // The fragment is a score that publishes, and the same again is learned to need no change.
        Assert.StartsWith("# Learned from 40 accounts that went through won, renewed and 40 through lost, churned", learned.Fragment, StringComparison.Ordinal);
        var from = Text.IndexOf("scores:", StringComparison.Ordinal);
        var until = Text.IndexOf("stages: {lead", StringComparison.Ordinal);
        await desk.PublishAsync(Text[..from] + learned.Fragment + Text[until..]);
        var again = await InsightOf(desk).LearnIdealCustomer(new(), new CallContext());
        Assert.Equal((2, 0.0), (again.WrittenIn, again.Drift));
        Assert.Equal(0.75, again.Separation.Now, 9);
        Assert.False(again.Separation.HasSince);
        Assert.Equal(0.75, again.Separation.Before, 9);
    }

    [Fact]
    public async Task B11_what_the_playbook_does_not_have_is_refused_with_the_nearest_name()
    {
        await using var desk = await Desk.OpenAsync(Text);
        await RefusesAsync(new() { Score = "fitt" }, "did you mean `fit`?");
        await RefusesAsync(new() { Succeeded = { "wonn" } }, "`transitions.succeeded`: the playbook has no transition `wonn`; did you mean `won`?");
        await RefusesAsync(new() { Sample = 3 }, "`sample` must be 5 or more");

        async Task RefusesAsync(LearnIdealCustomerRequest request, string part)
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() => InsightOf(desk).LearnIdealCustomer(request, new CallContext()));
            Assert.Equal(StatusCode.InvalidArgument, refused.Code);
            Assert.Contains(part, refused.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task K3_a_play_drafted_from_what_goes_with_retention_reaches_exactly_those_who_have_not_done_it()
    {
        await using var desk = await Desk.OpenAsync(Text, partitions: 4);
        for (var i = 0; i < 40; i++)
        {
            var renews = i % 2 == 0;
            await desk.SignalAsync("deal.won", $"r-{i}");
            if (renews ? i % 20 != 0 : i % 10 == 1)
            {
                await desk.SignalAsync("product.used", $"r-{i}", properties: ("feature", "report"));
            }

            await desk.SignalAsync("product.used", $"r-{i}", properties: ("feature", "admin"));
            await desk.SignalAsync(renews ? "contract.renewed" : "contract.ended", $"r-{i}");
        }

        for (var i = 0; i < 12; i++)
        {
            await desk.SignalAsync("deal.won", $"c-{i:d2}");
            await desk.SignalAsync("product.used", $"c-{i:d2}", properties: ("feature", i < 5 ? "report" : "admin"));
        }

        var contrast = new ContrastRequest { Transitions = new() { Succeeded = "renewed", Failed = "churned" } };
        var draft = await InsightOf(desk).DraftCampaign(new() { Contrast = contrast, Department = "cs" }, new CallContext());
        Assert.Equal(("product.used{feature=report}", 18L, 22L), (draft.Row.Did, draft.Row.Succeeded, draft.Row.All));
        Assert.Equal(["customer"], draft.Stages);
        Assert.Equal(Enumerable.Range(5, 7).Select(i => $"c-{i:d2}"), draft.Accounts);
        Assert.Equal((5L, "lacks_report"), (draft.Done, draft.Mark));

        // Into the draft of the next version as it is: the mark beside the attributes, the play beside the plays.
        var play = draft.Fragment[(draft.Fragment.IndexOf("plays:\n", StringComparison.Ordinal) + "plays:\n".Length)..];
        var text = Text.Replace("industry: string}", "industry: string, lacks_report: bool}", StringComparison.Ordinal).TrimEnd() + "\n" + play;
        Assert.DoesNotContain(PlaybookCompiler.Compile(text, "next.yaml", 2).Diagnostics, d => d.Severity == Severity.Error);
        await desk.PublishAsync(text);
        foreach (var account in draft.Accounts)
        {
            await desk.SignalAsync("account.updated", account, properties: ("lacks_report", new Value { Flag = true }));
        }

        for (var i = 0; i < 12; i++)
        {
            await desk.SignalAsync("page.viewed", $"c-{i:d2}");
        }

        var reached = new List<string>();
        foreach (var account in Enumerable.Range(0, 12).Select(i => $"c-{i:d2}").Concat(Enumerable.Range(0, 40).Select(i => $"r-{i}")))
        {
            if ((await desk.AccountAsync(account)).OpenActions.Any(a => a.Play == "adopt-report"))
            {
                reached.Add(account);
            }
        }

        Assert.Equal(draft.Accounts, reached);

        // Who begins to use it drops out of the next draft; the count does not know of those who did before it was asked, so the mark stays.
        await desk.SignalAsync("product.used", "c-07", properties: ("feature", "report"));
        var next = await InsightOf(desk).DraftCampaign(new() { Contrast = contrast, Did = draft.Row.Did, Department = "cs" }, new CallContext());
        Assert.Equal(draft.Accounts.Where(a => a != "c-07"), next.Accounts);
        Assert.Equal("lacks_report", next.Mark);
    }

    [Fact]
    public async Task K3_where_the_playbook_counts_the_thing_already_conditions_alone_say_who_is_meant()
    {
        var text = Text.Replace("when: \"signals.any(['contract.renewed'])\"", "when: \"signals.any(['contract.renewed']) || signals.count('product.used', {'feature': 'report'}) >= 100\"", StringComparison.Ordinal);
        await using var desk = await Desk.OpenAsync(text);
        for (var i = 0; i < 24; i++)
        {
            await desk.SignalAsync("deal.won", $"r-{i}");
            await desk.SignalAsync("product.used", $"r-{i}", properties: ("feature", i % 2 == 0 ? "report" : "admin"));
            await desk.SignalAsync(i % 2 == 0 ? "contract.renewed" : "contract.ended", $"r-{i}");
        }

        await desk.SignalAsync("deal.won", "new");
        var contrast = new ContrastRequest { Transitions = new() { Succeeded = "renewed", Failed = "churned" } };
        var draft = await InsightOf(desk).DraftCampaign(new() { Contrast = contrast, Department = "cs" }, new CallContext());
        Assert.Equal(("", "new"), (draft.Mark, Assert.Single(draft.Accounts)));
        Assert.Contains("eligible: \"signals.count('product.used', {'feature': 'report'}) == 0\"", draft.Fragment, StringComparison.Ordinal);
        var play = draft.Fragment[(draft.Fragment.IndexOf("plays:\n", StringComparison.Ordinal) + "plays:\n".Length)..];
        await desk.PublishAsync(text.TrimEnd() + "\n" + play);
        await desk.SignalAsync("page.viewed", "new");
        Assert.Equal("adopt-report", Assert.Single((await desk.AccountAsync("new")).OpenActions).Play);

        var refused = await Assert.ThrowsAsync<RpcException>(() => InsightOf(desk).DraftCampaign(new() { Contrast = contrast, Did = "product.usd{feature=report}" }, new CallContext()));
        Assert.Contains("did you mean `product.used{feature=report}`?", refused.Status.Detail, StringComparison.Ordinal);
    }
}
