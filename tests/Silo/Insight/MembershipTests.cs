using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Ingest;

namespace Orchestrator.Silo.Tests.Insight;

/// <summary>One person in several accounts as a caller sees them: through the services of a running silo.</summary>
public sealed class MembershipTests
{
    private const string Playbook = """
        playbook: people
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        roles:
          buyer: {required: 1, weight: 100, title: Buyer}
          user: {required: 1, weight: 40, title: User}
        channels: {email: {kind: push}}
        contact-policy: {caps: [{per: contact, at-most: 1, rolling: 1d}]}
        signals:
          page.viewed: {observed: true}
          email.clicked: {observed: true}
        stages: {start: {kind: inventory}}
        plays:
          - {id: mail, for: contact, on: page.viewed, goal: email.clicked, horizon: 7d, value: 100, valid-for: 2h, treatments: [{id: mail-a, channel: email}]}

        """;

    [Fact]
    public async Task A10_a_person_is_shown_with_all_their_accounts_and_their_role_in_each_and_one_cap_holds_for_all()
    {
        await using var desk = await Desk.OpenAsync(Playbook, partitions: 4);
        await desk.SignalAsync("contact.joined", "acme", "ann@x.test", ("role", "buyer"));
        // Their address means them once it has heard of it.
        await desk.World.UntilAsync(async () => await desk.World.Silo.ReadAsync([GrainKey.Identity(Tenants.Default, "email:ann@x.test")], CancellationToken.None) is [Identity { Contact.Affinity: "acme" }]);
        await desk.SignalAsync("contact.joined", "globex", "ann@x.test", ("role", "user"), ("also", new V1.Value { Flag = true }));
        await desk.World.UntilAsync(async () => (await desk.ContactAsync("ann@x.test", "globex")).Memberships.Count == 2);
        foreach (var account in new[] { "acme", "globex" })
        {
            var shown = (await desk.ContactAsync("ann@x.test", account)).Memberships;
            Assert.Equal([("acme", "buyer", true), ("globex", "user", false)], shown.Select(m => (m.Account, Assert.Single(m.Roles), m.Home)));
        }

        await desk.SignalAsync("page.viewed", "globex", "ann@x.test");
        await desk.World.UntilAsync(async () => (await desk.TimelineAsync("globex")).Entries.Any(e => e.Kind == "granted"));
        Assert.Contains((await desk.TimelineAsync("acme")).Entries, e => e.Kind == "membership" && e.Text.Contains("A message of account `globex`", StringComparison.Ordinal));

        // It was the only one of a day: nothing is left at home either.
        await desk.SignalAsync("page.viewed", "acme", "ann@x.test");
        Assert.Empty((await desk.AccountAsync("acme")).OpenActions);
        Assert.Single((await desk.AccountAsync("globex")).OpenActions);
    }
}
