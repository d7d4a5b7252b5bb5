using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Ingest;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Insight;

/// <summary>One person in several accounts whose messages are counted at one of them: a silo that dies between the question and the answer.</summary>
public sealed class SharedCapKillTests
{
    private const string Playbook = """
        playbook: people
        currency: GBP
        time-zone: Europe/London
        departments: {sales: {title: Sales}}
        roles: {buyer: {required: 1, weight: 100, title: Buyer}}
        channels: {email: {kind: push}}
        contact-policy: {caps: [{per: contact, at-most: 1, rolling: 1d}]}
        signals: {page.viewed: {observed: true}, email.clicked: {observed: true}}
        stages: {start: {kind: inventory}}
        plays:
          - {id: mail, for: contact, on: page.viewed, goal: email.clicked, horizon: 7d, value: 100, valid-for: 2h, treatments: [{id: mail-a, channel: email}]}

        """;

    /// <summary>At each commit on the way from the signal to the grant, before it is durable and after.</summary>
    [Theory]
    [InlineData(Fault.HangsBefore)]
    [InlineData(Fault.HangsAfter)]
    public async Task A10_a_kill_between_ask_and_grant_of_a_shared_cap_neither_loses_the_grant_nor_gives_it_twice(Fault fault)
    {
        var killed = 0;
        for (var step = 1; step <= 5; step++)
        {
            await using var desk = await Desk.OpenAsync(Playbook, partitions: 4);
            Assert.NotEqual(PartitionOf("acme"), PartitionOf("globex"));
            await desk.SignalAsync("contact.joined", "acme", "ann@x.test", ("role", "buyer"));
            await desk.World.UntilAsync(async () => await desk.World.Silo.ReadAsync([GrainKey.Identity(Tenants.Default, "email:ann@x.test")], CancellationToken.None) is [Identity { Contact.Affinity: "acme" }]);
            await desk.SignalAsync("contact.joined", "globex", "ann@x.test", ("role", "buyer"), ("also", new Value { Flag = true }));
            await desk.World.UntilAsync(async () => (await desk.ContactAsync("ann@x.test", "globex")).Memberships.Count == 2);
            await DeliveredAsync(desk);

            var store = desk.World.Store;
            var reached = store.Appends;
            store.OnAppend = number => number == reached + step ? fault : Fault.None;
            var signal = new Signal { Id = "asks", Type = "page.viewed", Account = "globex", Identifiers = { new Identifier { Kind = "email", Value = "ann@x.test" } } };
            _ = new SignalService(desk.World.Silo, desk.World.Shelf, desk.World.Clock).RecordBatch(new RecordBatchRequest { Signals = { signal } }, new CallContext());
            await desk.World.UntilAsync(async () => store.Hanging.Task.IsCompleted || (await GrantsAsync(desk) == 1 && store.Appends < reached + step));
            if (store.Hanging.Task.IsCompleted)
            {
                killed++;
                await desk.World.CrashAndStartAsync();
            }
            else
            {
                // The way was shorter: nobody is killed on it.
                store.OnAppend = _ => Fault.None;
            }

            // Whoever got no acknowledgement sends again.
            Assert.Contains((await desk.TryRecordAsync(signal)).Result, new[] { Acknowledgement.Types.Result.Recorded, Acknowledgement.Types.Result.Duplicate });
            await desk.World.UntilAsync(async () => (await desk.AccountAsync("globex")).OpenActions.Count == 1 && await GrantsAsync(desk) == 1);
            Assert.Equal(1, await GrantsAsync(desk));
            Assert.Equal(1, await CountedAsync(desk));
            Assert.Equal("mail", Assert.Single((await desk.AccountAsync("globex")).OpenActions).Play);

            // It was the only one of a day, and it counts where the person is at home.
            await desk.SignalAsync("page.viewed", "acme", "ann@x.test");
            Assert.Empty((await desk.AccountAsync("acme")).OpenActions);
        }

        Assert.True(killed >= 3, $"only {killed} of the steps were reached: ask, count and grant are three commits at least");
    }

    private static int PartitionOf(string account) => GrainKey.Account(Tenants.Default, account).PartitionOf(4);

    private static async Task<int> GrantsAsync(Desk desk) => (await EventsAsync(desk)).Count(e => e.ActionGranted is not null);

    private static async Task<int> CountedAsync(Desk desk) => (await EventsAsync(desk)).Count(e => e.Membership?.Event?.Counted is not null);

    private static async Task<List<StoredAccountEvent>> EventsAsync(Desk desk) =>
        [.. (await desk.World.JournalAsync()).SelectMany(f => f.Frame.Entries).SelectMany(e => e.Events).Select(e => e.Account).Where(e => e is not null)];

    /// <summary>All messages have been taken: the journal says so.</summary>
    private static Task DeliveredAsync(Desk desk) => desk.World.UntilAsync(async () =>
    {
        var sent = new Dictionary<(int, int), long>();
        var taken = new Dictionary<(int, int), long>();
        foreach (var (partition, _, frame) in await desk.World.JournalAsync())
        {
            foreach (var message in frame.Outbox)
            {
                sent[(partition, message.Destination)] = Math.Max(sent.GetValueOrDefault((partition, message.Destination)), message.Number);
            }

            foreach (var received in frame.Received)
            {
                taken[(received.Partition, partition)] = Math.Max(taken.GetValueOrDefault((received.Partition, partition)), received.Number);
            }
        }

        return sent.All(s => s.Key.Item1 == s.Key.Item2 || taken.GetValueOrDefault(s.Key) >= s.Value);
    });
}
