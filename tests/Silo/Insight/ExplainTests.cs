using Orchestrator.Grains.Accounts;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Insight;

public sealed class ExplainTests
{
    [Fact]
    public async Task An_action_is_explained_with_its_runners_up_and_what_held_the_others_back()
    {
        await using var desk = await Desk.OpenAsync();
        var signal = await desk.SignalAsync("page.viewed", email: "ann@acme.example", properties: ("topic", "pricing"));
        var action = Assert.Single((await desk.AccountAsync()).OpenActions);

        var why = await desk.ExplainAsync(action: action.Id);

        Assert.True(why.Reproduced);
        Assert.Equal((action.Id, "", "awareness", action.Contact, "sample", 1), (why.ActionId, why.NoneReason, why.Stage, why.Contact, why.Playbook, why.PlaybookVersion));
        Assert.Equal(action.DecidedAt, why.DecidedAt);
        var chosen = Assert.Single(why.Candidates, c => c.RemovedAt.Length == 0);
        Assert.Equal((action.Play, action.Treatment, action.Factors), (chosen.Play, chosen.Treatment, chosen.Factors));
        var ranked = why.Candidates.Where(c => c.Rank > 0).ToList();
        Assert.True(ranked.Count > 1);
        Assert.Equal(Enumerable.Range(1, ranked.Count), ranked.Select(c => c.Rank));
        Assert.Equal(ranked.Select(c => c.Factors.Priority).OrderDescending(), ranked.Select(c => c.Factors.Priority));
        Assert.Equal(1, ranked.Sum(c => c.Factors.Probability), 9);
        Assert.All(ranked.Where(c => c != chosen), c => Assert.Contains($"of `{chosen.Treatment}`", c.RemovedBy, StringComparison.Ordinal));
        Assert.Equal(15, why.Candidates.Count);
        Assert.Contains($"`{chosen.Treatment}` of play `{chosen.Play}` was offered", why.Summary, StringComparison.Ordinal);
        Assert.Contains("Next would have been", why.Summary, StringComparison.Ordinal);
        Assert.Equal(why, await desk.ExplainAsync(signal));
        Assert.Equal(why, await desk.ExplainAsync());
    }

    [Fact]
    public async Task Deciding_on_nothing_is_explained()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("account.updated", properties: ("kind", "competitor"));
        var signal = await desk.SignalAsync("page.viewed", email: "ann@acme.example");
        var why = await desk.ExplainAsync(signal);
        Assert.True(why.Reproduced);
        Assert.Empty(why.ActionId);
        Assert.Equal("the plays of the stage wait for other signals", why.NoneReason);
        Assert.Equal("the account is classified `never`: no effort goes to it", why.Candidates.First(c => c.Play == "banner").RemovedBy);
        Assert.All(why.Candidates.Where(c => c.Play is not ("outage" or "call" or "thanks")), c => Assert.Equal("stage", c.RemovedAt));
        Assert.Contains("Nothing was done at stage `awareness`", why.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_decision_that_time_made_is_explained_with_the_evidence_of_its_transition()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("form.submitted", email: "ann@acme.example");
        Assert.Equal("nurture", (await desk.AccountAsync()).Stage);
        desk.World.Clock.Advance(TimeSpan.FromDays(11));
        await desk.World.UntilAsync(async () => (await desk.AccountAsync()).Stage == "awareness");

        var stage = (await desk.TimelineAsync()).Entries.First(e => e.Kind == "stage");
        Assert.Contains("from stage `nurture` to `awareness` by transition `cold`", stage.Text, StringComparison.Ordinal);
        var facts = await DecisionsOf.AllAsync(desk);
        var woken = facts.Single(d => d.Sequence == stage.Position.Sequence && d.Facts.Any(f => f is AccountEvent.StageEntered));
        Assert.IsType<AccountEvent.Woken>(woken.Cause);
        var why = await DecisionsOf.ExplainAsync(desk, woken);
        Assert.True(why.Reproduced);
        var moved = Assert.Single(why.Transitions);
        Assert.Equal(("cold", "nurture", "awareness"), (moved.Transition, moved.From, moved.To));
        Assert.True(Assert.Single(moved.Clauses).Held);
        Assert.Contains("time alone", why.Summary, StringComparison.Ordinal);
        Assert.Contains("by `cold`", why.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_to_a_question_is_explained_and_other_channels_were_not_asked_for()
    {
        await using var desk = await Desk.OpenAsync();
        await desk.SignalAsync("page.viewed", email: "ann@acme.example");
        var ann = (await desk.ContactAsync("ann@acme.example")).Id;
        var answer = await desk.AskAsync("in-app", ann);
        var why = await desk.ExplainAsync();
        Assert.True(why.Reproduced);
        Assert.Equal(answer.Action?.Id ?? "", why.ActionId);
        Assert.Equal(answer.NoneReason, why.NoneReason);
        Assert.Equal(ann, why.Contact);
        Assert.Contains(why.Candidates, c => c.RemovedAt == "treatment" && c.RemovedBy == "`web` was not asked for");
        Assert.Contains("somebody asked for the best action on channel `in-app`", why.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_explanation_stays_the_same_after_more_has_happened_and_a_new_version_and_a_restart()
    {
        await using var desk = await Desk.OpenAsync(settings: Partitions.Eager);
        var signal = await desk.SignalAsync("page.viewed", email: "ann@acme.example");
        var before = await desk.ExplainAsync(signal);
        Assert.True(before.Reproduced);

        for (var i = 0; i < 5; i++)
        {
            await desk.SignalAsync("form.submitted", email: $"p{i}@acme.example");
        }

        await desk.PublishAsync(SamplePlaybook.Text.Replace("value: 900, cost: 1,", "value: 1, cost: 900,", StringComparison.Ordinal));
        Assert.Equal(2, (await desk.ExplainAsync(await desk.SignalAsync("page.viewed", email: "ann@acme.example"))).PlaybookVersion);
        Assert.Equal(before, await desk.ExplainAsync(signal));

        await desk.World.CrashAndStartAsync();
        Assert.Equal(before, await desk.ExplainAsync(signal));
    }

    [Fact]
    public async Task A_person_known_by_an_identifier_only_has_decisions_that_are_reproduced()
    {
        await using var desk = await Desk.OpenAsync();
        var signal = await desk.SignalAsync("page.viewed", account: "", email: "eve@nowhere.example");
        string? account = null;
        await desk.World.UntilAsync(async () =>
        {
            try
            {
                account = (await desk.ContactAsync("eve@nowhere.example")).Account;
                return true;
            }
            catch (RpcException e) when (e.Code == StatusCode.NotFound)
            {
                return false;
            }
        });
        Assert.True((await desk.ExplainAsync(signal, account: account!)).Reproduced);

        // She turns out to work for acme: what follows her forwarding address is reproduced too, and the old account still explains itself.
        await desk.SignalAsync("form.submitted", email: "eve@nowhere.example");
        await desk.World.UntilAsync(async () => (await desk.AccountAsync(account!)).ForwardedTo == "acme");
        Assert.Equal("eve@nowhere.example", Assert.Single((await desk.ContactAsync("eve@nowhere.example")).Identifiers).Value);
        Assert.True((await desk.ExplainAsync(signal, account: account!)).Reproduced);
        var late = await desk.SignalAsync("page.viewed", account: account!, email: "eve@nowhere.example");
        await desk.World.UntilAsync(async () => (await desk.TimelineAsync()).Entries.Any(e => e.Signal?.Id == late));
        Assert.True((await desk.ExplainAsync(late)).Reproduced);
        Assert.Equal(await desk.ExplainAsync(late), await desk.ExplainAsync(late, account: account!));
    }

    [Fact]
    public async Task A_mandatory_message_is_explained_beside_the_choice()
    {
        await using var desk = await Desk.OpenAsync();
        var signal = await desk.SignalAsync("incident.declared", email: "ann@acme.example");
        var why = await desk.ExplainAsync(signal);
        Assert.True(why.Reproduced);
        Assert.Equal(("outage", "outage-mail", "", 0), (why.Candidates[0].Play, why.Candidates[0].Treatment, why.Candidates[0].RemovedAt, why.Candidates[0].Rank));
        Assert.Contains(why.Candidates, c => c.Treatment == "outage-app" && c.RemovedAt == "treatment");
        Assert.NotEqual("outage", (await desk.AccountAsync()).OpenActions.Single(a => a.Id == why.ActionId).Play);
    }

    [Fact]
    public async Task What_cannot_be_explained_is_refused_with_what_to_do()
    {
        await using var desk = await Desk.OpenAsync();
        var signal = await desk.SignalAsync("page.viewed", email: "ann@acme.example");

        Task RefusesAsync(ExplainRequest request, StatusCode code, string part) => desk.RefusesAsync((s, c) => s.Explain(request, c), code, part);
        await RefusesAsync(new() { Account = "acme", ActionId = "a-1", SignalId = "s-1" }, StatusCode.InvalidArgument, "both `action_id` and `signal_id`");
        await RefusesAsync(new() { Account = "acme", ActionId = "a-1" }, StatusCode.NotFound, "no action `a-1` was ever decided for the account `acme`");
        await RefusesAsync(new() { Account = "acme", SignalId = "other" }, StatusCode.NotFound, "no signal `other` was recorded for the account `acme`");
        await RefusesAsync(new() { Account = "nobody" }, StatusCode.NotFound, "no signal has ever named the account `nobody`");
        await RefusesAsync(new() { Account = "a b" }, StatusCode.InvalidArgument, "the account `a b` has a character at 2");
        await RefusesAsync(new() { Account = "acme", SignalId = signal, Play = "baner" }, StatusCode.InvalidArgument, "has no play `baner`; did you mean `banner`?");
    }
}
