using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Insight;

/// <summary>The account model as a caller sees it: through the services of a running silo.</summary>
public sealed class StandingTests
{
    private const string Playbook = """
        playbook: model
        currency: GBP
        time-zone: Europe/London
        departments:
          sales: {title: Sales}
          success: {title: Success}
        segments:
          large: {when: "account.employees >= 1000", cadence: 3d, people-per-week: 2, training: {sales: {en: "Large deals"}}}
          small: {when: "true"}
        buying-group:
          roles:
            champion: {required: 1, weight: 100}
            user: {required: 2, weight: 60}
          engagement: {window: 30d, cap-per-activity-day: 20, points: {page.viewed: 4}}
        buying-groups:
          storage: {priority: 5, roles: [user], interest: "signals.count('page.viewed', '7d') >= 1"}
        attributes:
          account: {employees: int?, industry: string?}
          contact: {title: string?, phone: string?}
        data-quality:
          account: {attributes: {employees: {fresh-for: 90d}, industry: {}}}
          contact: {attributes: {title: {}}, alike: [phone]}
        signals:
          page.viewed: {observed: true}
          order.placed: {observed: true}
        classification:
          now: {when: "true"}
        stages:
          lead: {kind: inventory, accountable: sales}
          customer: {kind: inventory, accountable: success}
        transitions:
          - {id: buys, from: lead, to: customer, when: "signals.any(['order.placed']) && account.employees >= 100"}
        journeys:
          buyer:
            stages: {unaware: {}, curious: {}}
            transitions: [{id: looks, from: unaware, to: curious, when: "signals.any(['page.viewed'])"}]
          habit:
            of: contact
            stages: {new: {}, regular: {}}
            transitions: [{id: orders, from: new, to: regular, when: "signals.any(['order.placed'])"}]
        experience:
          - {stage: lead, role: champion, expects: {en: "an answer within a day"}, delivered-by: sales, measured-by: "signals.count('page.viewed')", motive: {en: "to look good"}}
        plays:
          - {id: welcome, for: contact, stages: [lead], roles: [user], on: order.placed, goal: page.viewed, horizon: 7d, value: 100, valid-for: 3d, treatments: [{id: welcome-web, channel: web}]}
          - {id: refill-role, for: owner, department: success, on: [contact.left, contact.moved], goal: contact.joined, horizon: 30d, applicable: "buying_group.vacant(['champion'])", value: 30000, cost: 1000, valid-for: 14d, treatments: [{id: find-successor, channel: task}]}

        """;

    [Fact]
    public async Task B5_the_answer_to_a_signal_comes_with_the_group_score_that_it_made()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("role.assigned", email: "ann@acme.example", properties: ("role", "champion"));
        await desk.SignalAsync("role.assigned", email: "bob@acme.example", properties: ("role", "user"));
        await desk.SignalAsync("page.viewed", email: "ann@acme.example");
        var groups = (await desk.AccountAsync()).Standing.BuyingGroups;
        Assert.Equal(["", "storage"], groups.Select(g => g.Offering));
        Assert.Equal((0.75, 4 * 100 / 160.0), (groups[0].Completeness, groups[0].Engagement));
        Assert.Equal([("champion", 1, 1, 1.0, 0.625), ("user", 1, 2, 0.5, 0.375)], groups[0].Roles.Select(r => (r.Role, r.Assigned, r.Required, r.Completeness, r.Share)));
        Assert.Equal(4, Assert.Single(groups[0].Roles[0].Members).Engagement);
        Assert.Equal((0.5, true, 5), (groups[1].Completeness, groups[1].Interested, groups[1].Priority));
        Assert.Contains((await desk.TimelineAsync()).Entries, e => e.Text == $"`page.viewed` of contact `{groups[0].Roles[0].Members[0].Contact}` counts 4 for the engagement of the buying group.");
    }

    [Fact]
    public async Task A12_whoever_leaves_is_shown_as_gone_and_the_role_is_to_be_refilled()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("role.assigned", email: "ann@acme.example", properties: ("role", "champion"));
        await desk.SignalAsync("contact.left", email: "ann@acme.example", properties: ("reason", "retired"));
        var account = await desk.AccountAsync();
        Assert.Equal((0.0, 0, "refill-role"), (account.Standing.BuyingGroups[0].Completeness, account.ContactCount, Assert.Single(account.OpenActions).Play));
        Assert.Equal("retired", Assert.Single(account.Standing.Departures).Reason);
        var ann = await desk.ContactAsync("ann@acme.example", "acme");
        Assert.NotNull(ann.Standing.LeftAt);
        Assert.Empty(ann.Roles);
        var explained = await desk.ExplainAsync();
        Assert.True(explained.Reproduced, explained.Summary);
    }

    [Fact]
    public async Task A12_a_person_who_changes_employer_is_found_at_the_new_one()
    {
        await using var desk = await Desk.OpenAsync(Playbook, partitions: 8);
        await desk.SignalAsync("role.assigned", email: "ann@acme.example", properties: ("role", "champion"));
        await desk.SignalAsync("contact.updated", email: "ann@acme.example", properties: ("title", "Head"));
        await desk.SignalAsync("contact.moved", email: "ann@acme.example", properties: ("to", "globex"));
        await desk.World.UntilAsync(async () => (await TryContactAsync(desk, "ann@acme.example"))?.Account == "globex");
        var ann = await desk.ContactAsync("ann@acme.example");
        Assert.Equal(("Head", 0), (ann.Attributes["title"].Text, ann.Roles.Count));
        Assert.Equal("globex", Assert.Single((await desk.AccountAsync()).Standing.Departures).To.Account);
        Assert.False((await desk.AccountAsync("globex")).Provisional);
    }

    [Fact]
    public async Task A14_values_say_who_asserts_or_observed_them_and_an_explanation_says_what_rests_on_assertions_only()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.RecordAsync(new Signal { Id = "x-1", Type = "account.updated", Account = "acme", Source = "crm", AssertedBy = "sales", Properties = { ["employees"] = new Value { Integer = 500 } } });
        await desk.SignalAsync("account.updated", properties: ("industry", "law"));
        var signal = await desk.SignalAsync("order.placed", email: "ann@acme.example");
        var account = await desk.AccountAsync();
        Assert.Equal((true, "sales", "crm"), (account.Standing.Provenance["employees"].Asserted, account.Standing.Provenance["employees"].By, account.Standing.Provenance["employees"].Source));
        Assert.Equal((false, "test"), (account.Standing.Provenance["industry"].Asserted, account.Standing.Provenance["industry"].Source));
        var clauses = Assert.Single((await desk.ExplainAsync(signal)).Transitions).Clauses;
        Assert.Equal([false, true], clauses.Select(c => c.AssertedOnly));
        Assert.Contains("which only people say", (await desk.ExplainAsync(signal)).Summary, StringComparison.Ordinal);
        Assert.Contains((await desk.TimelineAsync()).Entries, e => e.Text == "Attributes became known: `employees` is 500, asserted by `sales`.");
    }

    [Fact]
    public async Task A13_what_is_missing_and_who_may_be_one_is_shown()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("account.updated", properties: ("employees", 20));
        await desk.SignalAsync("contact.updated", email: "ann@acme.example", properties: ("phone", "1"));
        await desk.SignalAsync("contact.updated", email: "bob@acme.example", properties: ("phone", "1"));
        var quality = (await desk.AccountAsync()).Standing.DataQuality;
        Assert.Equal((60 * 0.5 + 25, 0.5, 1.0, 0.0), (quality.Score, quality.Complete, quality.Fresh, quality.Unique));
        Assert.Equal(["industry"], quality.Missing);
        Assert.Equal(2, quality.SuspectedDuplicates.Count);
        var (ann, bob) = (await desk.ContactAsync("ann@acme.example", "acme"), await desk.ContactAsync("bob@acme.example", "acme"));
        Assert.Equal([bob.Id], ann.Standing.DataQuality.SuspectedDuplicates);
        Assert.Equal(["title"], ann.Standing.DataQuality.Missing);
    }

    [Fact]
    public async Task B12_the_customers_view_stands_beside_our_own_process()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("account.updated", properties: ("employees", 2_000));
        await desk.SignalAsync("page.viewed", email: "ann@acme.example");
        await desk.SignalAsync("order.placed", email: "ann@acme.example");
        var account = await desk.AccountAsync();
        Assert.Equal(("customer", "now"), (account.Stage, account.Standing.Classification));
        Assert.Equal(("buyer", "curious", "looks"), (account.Standing.Journeys[0].Journey, account.Standing.Journeys[0].Stage, account.Standing.Journeys[0].By));
        Assert.Equal("regular", Assert.Single((await desk.ContactAsync("ann@acme.example", "acme")).Standing.Journeys).Stage);
        Assert.Equal(("large", 259_200, 2, "Large deals"), (account.Standing.SegmentPolicy.Segment, account.Standing.SegmentPolicy.Cadence.Seconds, account.Standing.SegmentPolicy.PeoplePerWeek, account.Standing.SegmentPolicy.Training["sales"]));
        Assert.Contains((await desk.TimelineAsync()).Entries, e => e.Kind == "journey" && e.Text == "In journey `buyer` the account moved from `unaware` to `curious` by `looks`.");
    }

    [Fact]
    public async Task B7_parts_roll_up_to_their_parent_across_partitions_and_survive_a_restart()
    {
        await using var desk = await Desk.OpenAsync(Playbook, partitions: 8);
        await desk.SignalAsync("account.affiliated", "plant", properties: ("parent", "region"));
        await desk.SignalAsync("account.affiliated", "region", properties: ("parent", "group"));
        await desk.SignalAsync("order.placed", "plant", "ann@acme.example");
        await desk.World.UntilAsync(async () => await HierarchyAsync(desk, "group") is { Accounts: 3, Signals: 3, Contacts: 1 });
        await desk.SignalAsync("account.affiliated", "group", properties: ("parent", "plant"));
        await desk.World.UntilAsync(async () => (await HierarchyAsync(desk, "group"))?.Refused.Length > 0);
        Assert.Equal("`plant` is a part of this account", (await HierarchyAsync(desk, "group"))!.Refused);
        await desk.World.StopAndStartAsync();
        Assert.Equal(3, (await HierarchyAsync(desk, "group"))!.Accounts);
        Assert.Equal(("region", false), ((await HierarchyAsync(desk, "plant"))!.Parent, (await HierarchyAsync(desk, "plant"))!.Pending));
        await desk.SignalAsync("account.affiliated", "plant", properties: ("parent", ""));
        await desk.World.UntilAsync(async () => await HierarchyAsync(desk, "group") is { Accounts: 2 });
    }

    [Fact]
    public async Task B6_what_the_roles_at_the_stage_expect_is_shown_with_how_it_is_met()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        await desk.SignalAsync("page.viewed", email: "ann@acme.example");
        var expected = Assert.Single((await desk.AccountAsync()).Standing.Experiences);
        Assert.Equal(("champion", "an answer within a day", "sales", "1"), (expected.Role, expected.Expects["en"], expected.DeliveredBy, expected.Measured));
        await desk.SignalAsync("account.updated", properties: ("employees", 100));
        await desk.SignalAsync("order.placed");
        Assert.Empty((await desk.AccountAsync()).Standing.Experiences);
    }

    [Fact]
    public async Task B8_the_contract_of_stage_and_role_can_be_read_with_its_gaps()
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        var playbooks = new PlaybookService(desk.World.Silo);
        var contract = await playbooks.Contract(new ContractRequest(), new CallContext());
        Assert.Equal(["lead", "customer"], contract.Stages.Select(s => s.Stage));
        var (champion, user) = (contract.Stages[0].Roles[0], contract.Stages[0].Roles[1]);
        Assert.Equal(("champion", "an answer within a day", "sales", "signals.count('page.viewed')", "to look good"), (champion.Role, champion.Expects["en"], champion.DeliveredBy, champion.Criterion, champion.Motive["en"]));
        Assert.Equal(["channel", "content"], champion.Gaps);
        Assert.Equal(("user", "web", "welcome-web"), (user.Role, Assert.Single(user.Channels), Assert.Single(user.Contents)));
        Assert.Equal(["expectation", "department", "criterion"], user.Gaps);
        Assert.Empty(contract.Stages[1].Roles);
        var refused = await Assert.ThrowsAsync<RpcException>(() => playbooks.Contract(new ContractRequest { Stage = "leed" }, new CallContext()));
        Assert.Equal((StatusCode.NotFound, "no stage `leed`; did you mean `lead`?"), (refused.Code, refused.Status.Detail));
    }

    [Theory]
    [InlineData("role.assigned", "role", "champoin", "unknown role `champoin`; did you mean `champion`?")]
    [InlineData("contact.moved", "to", "acme", "`to` is `acme`, where the person is already; the account of the new employer was expected")]
    [InlineData("contact.moved", "to", "no such place", "the account `no such place` has a character at 3 that is not a letter, a digit or one of `._:@/-`")]
    public async Task A12_what_a_signal_about_people_must_name_is_checked(string type, string property, string value, string reason)
    {
        await using var desk = await Desk.OpenAsync(Playbook);
        var signal = new Signal { Id = "x-1", Type = type, Account = "acme", Identifiers = { new Identifier { Kind = "email", Value = "a@x.example" } }, Properties = { [property] = new Value { Text = value } } };
        Assert.Equal(reason, (await desk.TryRecordAsync(signal)).Reason);
    }

    private static async Task<Hierarchy?> HierarchyAsync(Desk desk, string account)
    {
        try
        {
            return (await desk.AccountAsync(account)).Standing.Hierarchy;
        }
        catch (RpcException e) when (e.Code == StatusCode.NotFound)
        {
            return null;
        }
    }

    private static async Task<Contact?> TryContactAsync(Desk desk, string email)
    {
        try
        {
            return await desk.ContactAsync(email);
        }
        catch (RpcException e) when (e.Code == StatusCode.NotFound)
        {
            return null;
        }
    }
}
