using Google.Protobuf;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Tests.Partitions;

public sealed class RecoveryTests
{
    private static readonly PartitionSettings EagerSnapshots = PartitionSettings.Default with { SnapshotEvents = 1, TailLimit = 2, SnapshotShare = 0.9, ResidentLimit = 6 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restart_at_every_cut_gives_what_a_fold_from_zero_gives(bool eager)
    {
        await using var world = await World.BeginAsync(partitions: 2, eager ? EagerSnapshots : PartitionSettings.Default);
        for (var i = 0; i < 12; i++)
        {
            await world.AskAsync(World.Route(world.Identifier(i % 2, i % 5), $"s-{i}"));
            await world.AskAsync(World.Bind($"email:{i % 4}@x.example", $"c-{i}"));
            await world.AskAsync(new CatalogCommand.Publish(GrainKey.Catalog(World.Tenant), "p", $"{i / 3}", "p.yaml", $"{i / 3}", [], 0));
            await world.CrashAndStartAsync();
            await world.AssertEqualsFoldFromZeroAsync();
        }
    }

    [Fact]
    public async Task A_grain_with_much_behind_its_snapshot_is_read_at_once_after_a_take_over()
    {
        await using var world = await World.BeginAsync(partitions: 1);
        for (var i = 0; i < 60; i++)
        {
            Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase($"a-{i % 3}", $"s-{i}", "p@x.example")));
        }

        await world.CrashAndStartAsync();
        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-0", "s-new", "p@x.example")));
        Assert.InRange(world.Store.PointReads, 1, 2);
        await world.AssertEqualsFoldFromZeroAsync();
    }

    [Fact]
    public async Task Snapshots_let_the_checkpoint_move_and_cold_grains_leave_memory()
    {
        await using var world = await World.BeginAsync(partitions: 1, EagerSnapshots);
        for (var i = 0; i < 150; i++)
        {
            Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Bind($"email:{i}@x.example", $"c-{i}")));
        }

        var row = (await world.Store.PartitionsAsync(CancellationToken.None))[0];
        Assert.True(row.Checkpoint > 60, $"the checkpoint stands at {row.Checkpoint} of {row.NextSequence - 1}");
        await world.AssertEqualsFoldFromZeroAsync();
        await world.CrashAndStartAsync();
        await world.AssertEqualsFoldFromZeroAsync();
    }

    [Fact]
    public async Task Unsaved_grains_are_saved_when_they_get_old()
    {
        await using var world = await World.BeginAsync(partitions: 1);
        await world.AskAsync(World.Bind("email:a@x.example", "c"));
        world.Clock.Advance(PartitionSettings.Default.TailAge + TimeSpan.FromSeconds(1));
        await world.UntilAsync(async () => (await world.Store.ReadAllSnapshotsAsync(0, "", 10, CancellationToken.None)).Count == 1);
    }

    [Fact]
    public async Task Open_actions_are_offered_again_after_a_start()
    {
        var account = GrainKey.Account(World.Tenant, "a-1");
        await using var world = await World.BeginAsync(partitions: 1, seed: world => SaveAsync(world, Open(account, World.Start.AddDays(1)), World.Start.AddYears(1)));
        await world.UntilAsync(() => Task.FromResult(!world.Sink.Released.IsEmpty));
        var released = Assert.Single(world.Sink.Released);
        var offer = Assert.IsType<Effect.Offer>(released.Effect);
        Assert.Equal("x-1", offer.Action.Id);
        Assert.Equal([new PersonName("email", "a@x.example")], offer.Identifiers);
        Assert.Equal(0, released.Sequence);
    }

    [Fact]
    public async Task Open_actions_that_are_over_are_not_offered_again()
    {
        var account = GrainKey.Account(World.Tenant, "a-1");
        await using var world = await World.BeginAsync(partitions: 1, seed: world => SaveAsync(world, Open(account, World.Start), World.Start.AddYears(1)));
        await world.AskAsync(World.Bind("email:b@x.example", "c"));
        await world.AskAsync(World.Bind("email:c@x.example", "c"));
        Assert.Empty(world.Sink.Released);
    }

    [Fact]
    public async Task A_grain_is_woken_at_the_exact_instant_and_not_before()
    {
        var account = GrainKey.Account(World.Tenant, "a-1");
        var due = World.Start.AddHours(5).AddTicks(12_345_670_000);
        await using var world = await World.BeginAsync(partitions: 1, seed: world => SaveAsync(world, Account.Unknown(account) with { Exists = true, Stage = "known", StageSince = World.Start.AddDays(-1) }, due));
        world.Clock.Advance(due - World.Start - TimeSpan.FromMilliseconds(2));
        await world.AskAsync(World.Bind("email:b@x.example", "c"));
        Assert.Empty(await WakesAsync(world));
        world.Clock.Advance(TimeSpan.FromMilliseconds(2));
        await world.UntilAsync(async () => (await WakesAsync(world)).Count > 0);
        Assert.Equal(due.UtcTicks, (await WakesAsync(world))[0].Due);
    }

    [Fact]
    public async Task Wakes_that_were_missed_while_stopped_come_in_order_of_due_and_in_small_batches()
    {
        const int count = 1_500;
        var settings = PartitionSettings.Default with { WakesPerBatch = 100 };
        await using var world = await World.BeginAsync(partitions: 1, settings, seed: async world =>
        {
            await using var store = world.NewStore();
            await store.OpenAsync(new StoreCreation(1, "seed"), CancellationToken.None);
            var row = await store.TakeOverAsync(0, 0, "seed", CancellationToken.None);
            var saved = Enumerable.Range(0, count).Select(i => Save(Account.Unknown(GrainKey.Account(World.Tenant, $"a-{i * 7919 % count}")) with { Exists = true, Stage = "known", StageSince = World.Start.AddDays(-1) }, World.Start.AddSeconds(-i - 1), row!.Epoch)).ToList();
            await store.AppendAsync(new AppendBatch([First(row!.Epoch)], saved, []), CancellationToken.None);
        });
        await world.UntilAsync(async () => (await WakesAsync(world)).Select(w => w.Account).Distinct().Count() == count);
        var wakes = (await WakesAsync(world)).DistinctBy(w => w.Account).ToList();
        Assert.Equal(wakes.Select(w => w.Due).Order(), wakes.Select(w => w.Due));
        Assert.All(wakes.CountBy(w => w.Sequence), frame => Assert.True(frame.Value <= 100));
    }

    internal static Account Open(GrainKey account, DateTimeOffset until) => Account.Unknown(account) with
    {
        Exists = true,
        Stage = "s",
        Identifiers = Account.Unknown(account).Identifiers.Add("email:a@x.example", "c-1"),
        OpenActions =
        [
            new OpenAction
            {
                Id = "x-1", Play = "p", Treatment = "t", Channel = "email", Contact = "c-1", Department = "", Stage = "s", Playbook = "b", PlaybookVersion = 1,
                DecidedAt = World.Start, ValidUntil = until, Transactional = false, Factors = new Factors(0.5, 1, 1, 1, 1), Reason = "r",
            },
        ],
    };

    internal static async Task SaveAsync(World world, Account account, DateTimeOffset wake)
    {
        await using var store = world.NewStore();
        await store.OpenAsync(new StoreCreation(1, "seed"), CancellationToken.None);
        var row = await store.TakeOverAsync(0, 0, "seed", CancellationToken.None);
        await store.AppendAsync(new AppendBatch([First(row!.Epoch)], [Save(account, wake, row.Epoch)], []), CancellationToken.None);
    }

    /// <summary>A frame that snapshots may claim to include.</summary>
    private static JournalAppend First(long epoch) =>
        new(0, epoch, 1, World.Start.AddDays(-1).UtcTicks, new Orchestrator.V1.StoredFrame { Format = 1 }.ToByteArray());

    private static SnapshotWrite Save(GrainState state, DateTimeOffset wake, long epoch) =>
        new(0, epoch, KeyForm.Name(state.Key), 1, wake.UtcTicks, state.IsFlagged, StateForm.Write(state with { Wake = wake }, 1).ToByteArray());

    /// <summary>Wakes in the journal, whether their turns failed or not.</summary>
    private static async Task<List<(string Account, long Due, long Sequence)>> WakesAsync(World world)
    {
        var wakes = new List<(string, long, long)>();
        foreach (var (_, sequence, frame) in await world.JournalAsync())
        {
            wakes.AddRange(frame.DeadLetters.Where(d => d.Command.Wake is not null).Select(d => (d.Grain.Affinity, d.Command.Wake.Due, sequence)));
            wakes.AddRange(frame.Entries.SelectMany(e => e.Events.Where(x => x.Account?.Woken is not null).Select(x => (e.Grain.Affinity, x.Account.Woken.Due, sequence))));
        }

        return wakes;
    }
}
