using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Insight;

public sealed class HandoffInsightTests
{
    private const string Playbook = """
        playbook: small
        currency: JPY
        time-zone: Asia/Tokyo
        lifecycle-owner: revenue-office
        departments: {marketing: {pool: hunter}, sales: {pool: hunter}}
        signals:
          meeting.booked: {observed: true}
        stages: {nurture: {kind: inventory, accountable: marketing}, opportunity: {kind: inventory, accountable: sales}}
        transitions: [{id: book, from: nurture, to: opportunity, when: "signals.any(['meeting.booked'])"}]
        handoffs: [{from: marketing, to: sales, on: book, packet: [insights, promises], accept-within: 4h, else: return}]
        feedback: [{from: sales, to: marketing, about: [transition]}]
        """;

    [Fact]
    public async Task L1_L2_an_account_shows_who_is_accountable_and_the_packet_until_the_handoff_is_accepted()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("owner.assigned", properties: [("department", "marketing"), ("owner", "mia")]);
        await desk.SignalAsync("insight.noted", properties: [("about", "risk"), ("text", "hates lock-in")]);
        await desk.SignalAsync("promise.made", properties: [("promise", "p-1"), ("text", "a demo")]);
        await desk.SignalAsync("meeting.booked");
        var account = await desk.AccountAsync();
        Assert.Equal(("opportunity", "marketing"), (account.Stage, account.Accountable));
        Assert.Equal(("marketing", "mia", "revenue-office"), (account.Ownership.Department, account.Ownership.Owner, account.Ownership.EndToEnd));
        Assert.Equal(("book", "marketing", "sales"), (account.Ownership.Pending.Handoff, account.Ownership.Pending.From, account.Ownership.Pending.To));
        var asked = Assert.Single(account.OpenActions);
        Assert.Equal(("handoff", "book", "sales", account.Ownership.Pending.ActionId), (asked.Kind, asked.Subject, asked.Department, asked.Id));
        Assert.Equal(["insights/risk", "promises/p-1"], asked.Packet.Select(p => p.Name));
        Assert.Contains("a demo", asked.Packet[1].Text, StringComparison.Ordinal);

        await desk.SettleAsync(asked, new Grains.Accounts.Settlement.Done("", "") { By = "sam" });
        account = await desk.AccountAsync();
        Assert.Equal(("sales", "sam", null), (account.Ownership.Department, account.Ownership.Owner, account.Ownership.Pending));
        Assert.Contains((await desk.TimelineAsync()).Entries, e => e.Kind == "owner" && e.Text == "`sam` acts for the account in department `sales`: accepted handoff `book`.");
    }

    [Fact]
    public async Task L3_L4_L6_an_account_shows_its_promises_insights_and_feedback()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("promise.made", properties: [("promise", "p-1"), ("text", "a demo")]);
        await desk.SignalAsync("promise.kept", properties: [("promise", "p-1"), ("note", "they liked it")]);
        await desk.SignalAsync("insight.noted", properties: [("about", "risk"), ("text", "hates lock-in")]);
        var given = await desk.SignalAsync("feedback.given", properties: [("from", "sales"), ("to", "marketing"), ("about", "transition:book"), ("verdict", "too early")]);
        var account = await desk.AccountAsync();
        Assert.Equal(("p-1", Promise.Types.Standing.Kept, "test says so: they liked it"), (account.Promises[0].Id, account.Promises[0].Standing, account.Promises[0].Because));
        Assert.Equal(("risk", "hates lock-in", "test", true), (account.Knowledge.Insights[0].About, account.Knowledge.Insights[0].Text, account.Knowledge.Insights[0].By, account.Knowledge.Insights[0].Observed));
        Assert.Equal((given, "transition", "book", 1, "too early"), (account.Knowledge.Feedback[0].Id, account.Knowledge.Feedback[0].Kind, account.Knowledge.Feedback[0].About, account.Knowledge.Feedback[0].PlaybookVersion, account.Knowledge.Feedback[0].Verdict));
        var told = (await desk.TimelineAsync()).Entries.Select(e => e.Text).ToList();
        Assert.Contains("Promise `p-1` was kept: test says so: they liked it.", told);
        Assert.Contains("`sales` told `marketing` about transition `book` of playbook version 1: too early.", told);
        Assert.Contains("Insight about `risk` by `test`, observed: hates lock-in.", told);
    }
}
