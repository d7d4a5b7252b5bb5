using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms.Levels;
using Orchestrator.Silo.Insight;
using Orchestrator.Silo.Journal;
using Orchestrator.V1;
using Settlement = Orchestrator.Grains.Accounts.Settlement;

namespace Orchestrator.Silo.Tests.Insight;

public sealed class ReproductionTests
{
    private static readonly string[] Accounts = ["acme", "globex", "initech"];

    [Theory]
    [InlineData(1)]
    [InlineData(20261122)]
    public async Task Every_decision_of_a_random_history_is_reproduced_byte_for_byte(int seed)
    {
        var random = new Random(seed);
        await using var desk = await Desk.OpenAsync(settings: Partitions.Eager);
        for (var step = 0; step < 220; step++)
        {
            await StepAsync(desk, random, step);
        }

        await desk.World.CrashAndStartAsync();
        var decisions = await DecisionsOf.AllAsync(desk);
        Assert.True(decisions.Count >= 200, $"seed {seed}: {decisions.Count} decisions only");
        Assert.Contains(decisions, d => d.Cause is AccountEvent.Woken);
        Assert.Contains(decisions, d => d.Cause is AccountEvent.Asked);
        Assert.Contains(decisions, d => d.Facts.Any(f => f is AccountEvent.StageEntered));
        Assert.Contains(decisions, d => d.PlaybookVersion == 2);
        Assert.Contains(decisions, d => d.None is not null);
        foreach (var decision in decisions)
        {
            var made = await DecisionsOf.RecomputeAsync(desk, decision);
            Assert.True(made.Reproduced, $"seed {seed}: the decision of {decision.Account.Affinity} in frame {decision.Sequence}, turn {decision.Turn} ({decision.Cause}) is not reproduced");
            var why = await DecisionsOf.ExplainAsync(desk, decision);
            Assert.Equal(decision.Offered.Count(), why.Candidates.Count(c => c.RemovedAt.Length == 0));
            Assert.NotEmpty(why.Summary);
        }
    }

    [Fact]
    public async Task Decisions_from_before_and_after_a_restore_are_reproduced_and_share_no_action_id()
    {
        var random = new Random(7);
        await using var desk = await Desk.OpenAsync(settings: Partitions.Eager);
        for (var incarnation = 0; incarnation < 3; incarnation++)
        {
            desk.World.Restores = incarnation;
            await desk.World.CrashAndStartAsync();
            for (var step = 0; step < 30; step++)
            {
                await StepAsync(desk, random, step);
            }
        }

        var decisions = await DecisionsOf.AllAsync(desk);
        var incarnations = new HashSet<long>();
        foreach (var decision in decisions)
        {
            incarnations.Add(await desk.World.Silo.IncarnationOfAsync(decision.Account.PartitionOf(desk.World.Silo.Partitions), decision.Sequence, TestContext.Current.CancellationToken));
            Assert.True((await DecisionsOf.RecomputeAsync(desk, decision)).Reproduced, $"the decision of {decision.Account.Affinity} in frame {decision.Sequence}, turn {decision.Turn} is not reproduced");
        }

        // A store that was never restored writes what it has always written.
        Assert.Equal([0, 2, 3], incarnations.Order());
    }

    [Fact]
    public async Task F3_decisions_made_while_older_silos_shared_the_store_are_reproduced_as_they_were_made_then()
    {
        await using var desk = await Desk.OpenAsync(Plain, level: 1);
        await desk.SignalAsync("contact.updated", "acme", "ann@acme.example", ("title", "Head of things"));
        desk.World.Level = FeatureLevel.Current;
        await desk.World.StopAndStartAsync();
        await desk.World.Store.RaiseLevelAsync(FeatureLevel.Current, TestContext.Current.CancellationToken);
        await desk.World.StopAndStartAsync();
        await desk.SignalAsync("contact.updated", "globex", "bob@globex.example", ("title", "Clerk"));

        var decisions = await DecisionsOf.AllAsync(desk);
        foreach (var decision in decisions)
        {
            Assert.True((await DecisionsOf.RecomputeAsync(desk, decision)).Reproduced, $"the decision of {decision.Account.Affinity} in frame {decision.Sequence} is not reproduced");
        }

        // Otherwise this would be no test: one of both says less than this build would say now.
        Assert.Equal([1, 2], await LevelsAsync(desk, decisions));
    }

    private const string Plain = """
        playbook: plain
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        attributes: {account: {country: string?}, contact: {title: string?}}
        signals: {email.clicked: {observed: true}}
        journey: {start: known}
        stages:
          known: {kind: inventory, accountable: sales}
        plays:
          - {id: mail, for: contact, on: contact.updated, goal: email.clicked, horizon: 7d, value: 100, valid-for: 14d, treatments: [{id: mail-a, channel: email}]}
        channels:
          email: {title: E-mail}
        """;

    /// <summary>1 where the frame of a decision has nothing that a silo of the first level could not read, in order.</summary>
    private static async Task<IEnumerable<int>> LevelsAsync(Desk desk, IReadOnlyList<PastDecision> decisions)
    {
        var journal = await desk.World.JournalAsync();
        return decisions.Select(d => FormLevels.Find(journal.Single(f => f.Sequence == d.Sequence && f.Partition == d.Account.PartitionOf(desk.World.Silo.Partitions)).Frame, 1) is null ? 1 : 2).Order();
    }

    internal static async Task StepAsync(Desk desk, Random random, int step)
    {
        var account = Accounts[random.Next(Accounts.Length)];
        var email = $"p{random.Next(5)}@{account}.example";
        if (step == 120)
        {
            await desk.PublishAsync(SamplePlaybook.Text.Replace("explore: 0.2", "explore: 0.4", StringComparison.Ordinal));
        }

        switch (random.Next(16))
        {
            case 0:
                desk.World.Clock.Advance(TimeSpan.FromHours(random.Next(1, 60)));
                break;
            case 1:
                await desk.SignalAsync("account.updated", account, properties: [("employees", random.Next(0, 1500)), ("country", random.Next(2) == 0 ? "GB" : "FR")]);
                break;
            case 2:
                await desk.SignalAsync("contact.updated", account, email, ("title", random.Next(2) == 0 ? "Head of things" : "Clerk"));
                break;
            case 3:
                await desk.SignalAsync(random.Next(4) == 0 ? "consent.withdrawn" : "consent.given", account, email, ("purpose", "marketing"), ("channel", "email"));
                break;
            case 4:
                await desk.SignalAsync("ticket.opened", account, email, ("severity", random.Next(1, 6)));
                break;
            case 5:
                await desk.SignalAsync("meeting.booked", account, email);
                break;
            case 6:
                await desk.SignalAsync("purchase.made", account, email, ("amount", new Money { MinorUnits = random.Next(100_000), Currency = "GBP" }));
                break;
            case 7:
                await desk.SignalAsync("page.viewed", "", $"v{random.Next(4)}@nowhere.example", ("topic", "pricing"));
                break;
            case 8:
                // A visitor turns out to be one of the account's.
                await desk.SignalAsync("form.submitted", account, $"v{random.Next(4)}@nowhere.example");
                break;
            case 9:
                await desk.SignalAsync("incident.declared", account, random.Next(2) == 0 ? email : "");
                break;
            case 10 or 11 when await KnownAsync(desk, account) is { OpenActions.Count: > 0 } known:
                var open = known.OpenActions[random.Next(known.OpenActions.Count)];
                Settlement settlement = random.Next(4) switch
                {
                    // A request is answered: it cannot be put off.
                    1 when open.Kind != "play" => new Settlement.Declined("not now", null),
                    0 => new Settlement.Done("shown", ""),
                    1 => new Settlement.Declined("not now", TimeSpan.FromHours(random.Next(1, 100))),
                    2 => new Settlement.Reject("no such address"),
                    _ => new Settlement.Retry(TimeSpan.FromMinutes(random.Next(1, 100)), 1, "busy"),
                };
                await desk.SettleAsync(open, settlement);
                break;
            case 12 when await KnownAsync(desk, account) is { Contacts.Count: > 0 } known:
                await desk.AskAsync(random.Next(2) == 0 ? "web" : "in-app", random.Next(3) == 0 ? "" : known.Contacts[random.Next(known.Contacts.Count)], account);
                break;
            case 13:
                await desk.SignalAsync("form.submitted", account, email);
                break;
            default:
                await desk.SignalAsync("page.viewed", account, email, ("topic", random.Next(2) == 0 ? "pricing" : "docs"));
                break;
        }
    }

    private static async Task<V1.Account?> KnownAsync(Desk desk, string account)
    {
        try
        {
            return await desk.AccountAsync(account);
        }
        catch (Orchestrator.Protos.Rpc.RpcException e) when (e.Code == Orchestrator.Protos.Rpc.StatusCode.NotFound)
        {
            return null;
        }
    }
}
