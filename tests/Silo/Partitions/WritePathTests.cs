using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Tests.Partitions;

public sealed class WritePathTests
{
    [Fact]
    public async Task Whoever_was_answered_hears_nothing_more_when_the_silo_stops()
    {
        var heard = new Heard();
        await using (var world = await World.BeginAsync(partitions: 1))
        {
            for (var i = 0; i < 20; i++)
            {
                world.Silo.Tell(World.Purchase($"a-{i}", $"s-{i}", "p@x.example"), heard, i);
            }

            await world.AskAsync(World.Purchase("a-0", "last", "p@x.example"));
            await world.Silo.StopAsync();
        }

        Assert.Equal(Enumerable.Range(0, 20), heard.States.Cast<int>());
    }

    private sealed class Heard : IAnswered
    {
        public System.Collections.Concurrent.ConcurrentQueue<object?> States { get; } = new();

        public void Answered(object? state, Outcome outcome) => States.Enqueue(state);
    }

    [Fact]
    public async Task An_acknowledged_command_is_in_the_journal_where_the_answer_says()
    {
        await using var world = await World.BeginAsync();
        var asked = Enumerable.Range(0, 200).Select(i => world.Silo.AskAsync(World.Bind($"email:{i}@x.example", $"c-{i}"), CancellationToken.None)).ToList();
        var outcomes = await world.InTimeAsync(Task.WhenAll(asked));
        var journal = (await world.JournalAsync()).ToDictionary(f => (f.Partition, f.Sequence), f => f.Frame);
        for (var i = 0; i < outcomes.Length; i++)
        {
            var accepted = Assert.IsType<Outcome.Accepted>(outcomes[i]);
            Assert.Contains(journal[(accepted.Partition, accepted.Sequence)].Entries, e => e.Grain.Affinity == $"email:{i}@x.example" && e.Events[0].Identity.Bound.Contact.Contact == $"c-{i}");
        }
    }

    [Fact]
    public async Task A_command_that_changes_nothing_writes_nothing()
    {
        await using var world = await World.BeginAsync();
        await world.AskAsync(World.Bind("email:a@x.example", "c-1"));
        var before = (await world.JournalAsync()).Count;
        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Bind("email:a@x.example", "c-1")));
        Assert.Equal(before, (await world.JournalAsync()).Count);
    }

    [Fact]
    public async Task The_same_publish_after_a_crash_gets_the_same_answer()
    {
        await using var world = await World.BeginAsync();
        var publish = new CatalogCommand.Publish(GrainKey.Catalog(World.Tenant), "p", "text", "p.yaml", "digest", ["vp"], 0);
        var first = Assert.IsType<Answer.Published>(Assert.IsType<Outcome.Accepted>(await world.AskAsync(publish)).Answer);
        await world.CrashAndStartAsync();
        var again = Assert.IsType<Answer.Published>(Assert.IsType<Outcome.Accepted>(await world.AskAsync(publish)).Answer);
        Assert.Equal(first.Version.Version, again.Version.Version);
        Assert.Equal(first.Version.PublishedAt, again.Version.PublishedAt);
    }

    [Fact]
    public async Task Playbooks_are_known_before_the_first_command_after_a_start()
    {
        await using var world = await World.BeginAsync();
        await world.AskAsync(new CatalogCommand.Publish(GrainKey.Catalog(World.Tenant), "p", "one", "p.yaml", "1", [], 0));
        await world.AskAsync(new CatalogCommand.Publish(GrainKey.Catalog(World.Tenant), "p", "two", "p.yaml", "2", [], 1));
        world.Published.Clear();
        await world.StopAndStartAsync();
        Assert.Equal([1, 2], world.Published.Select(v => v.Version));
    }

    [Fact]
    public async Task A_published_playbook_decides_only_once_it_is_durable_and_before_the_answer()
    {
        await using var world = await World.BeginAsync();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Store.Gate = gate.Task;
        var asked = world.Silo.AskAsync(new CatalogCommand.Publish(GrainKey.Catalog(World.Tenant), "p", "one", "p.yaml", "1", [], 0), CancellationToken.None);
        await world.UntilAsync(() => Task.FromResult(world.Store.Appends == 1));
        Assert.Empty(world.Published);
        Assert.False(asked.IsCompleted);
        var answeredFirst = false;
        world.OnPublish = _ => answeredFirst = asked.IsCompleted;
        gate.SetResult();
        await world.InTimeAsync(asked);
        Assert.Single(world.Published);
        Assert.False(answeredFirst);
    }

    [Fact]
    public async Task A_poisonous_command_is_kept_as_a_dead_letter_and_the_partition_goes_on()
    {
        await using var world = await World.BeginAsync(partitions: 1);
        var poisoned = await world.AskAsync(World.Poison("no-kind"));
        Assert.IsType<Rejection.Broken>(Assert.IsType<Outcome.Rejected>(poisoned).Rejection);
        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Bind("email:a@x.example", "c-1")));
        var letter = Assert.Single((await world.JournalAsync()).SelectMany(f => f.Frame.DeadLetters));
        Assert.Equal("no-kind", letter.Grain.Affinity);
        Assert.Equal("poison", Assert.IsType<Orchestrator.Grains.Identities.IdentityCommand.Route>(CommandForm.Read(letter.Command)).Signal.Id);
        Assert.Contains("ArgumentOutOfRange", letter.Error, StringComparison.Ordinal);
        Assert.Null((await world.InTimeAsync(world.Silo.ReadAsync([GrainKey.Identity(World.Tenant, "no-kind")], CancellationToken.None)))[0]);
    }

    [Fact]
    public async Task A_poisonous_command_undoes_nothing_of_the_turn_before_it()
    {
        await using var world = await World.BeginAsync(partitions: 1);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Store.Gate = gate.Task;
        var asked = new[] { World.Bind("email:first@x.example", "c"), World.Bind("email:a@x.example", "c-1"), (GrainCommand)World.Poison("no-kind") }
            .Select(c => world.Silo.AskAsync(c, CancellationToken.None)).ToList();
        gate.SetResult();
        await world.InTimeAsync(Task.WhenAll(asked));
        await world.AskAsync(World.Poison("no-kind"));
        await world.AssertEqualsFoldFromZeroAsync();
    }

    [Fact]
    public async Task A_full_mailbox_answers_with_a_delay_and_drops_nothing()
    {
        await using var world = await World.BeginAsync(partitions: 1, PartitionSettings.Default with { MailboxLimit = 8 });
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Store.Gate = gate.Task;
        var asked = Enumerable.Range(0, 40).Select(i => world.Silo.AskAsync(World.Bind($"email:{i}@x.example", "c"), CancellationToken.None)).ToList();
        gate.SetResult();
        var outcomes = await world.InTimeAsync(Task.WhenAll(asked));
        Assert.Contains(outcomes, o => o is Outcome.Overloaded(var after) && after == PartitionSettings.Default.RetryAfter);
        Assert.All(outcomes, o => Assert.True(o is Outcome.Overloaded or Outcome.Accepted));
        Assert.Equal(outcomes.Count(o => o is Outcome.Accepted), (await world.JournalAsync()).Sum(f => f.Frame.Entries.Count));
    }

    [Fact]
    public async Task A_hot_account_cannot_hold_its_neighbour_back()
    {
        var settings = PartitionSettings.Default with { BatchLimit = 16 };
        await using var world = await World.BeginAsync(partitions: 1, settings);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Store.Gate = gate.Task;
        var hot = Enumerable.Range(0, 400).Select(i => world.Silo.AskAsync(World.Poison("hot"), CancellationToken.None)).ToList();
        var quiet = world.Silo.AskAsync(World.Bind("email:quiet@x.example", "c"), CancellationToken.None);
        gate.SetResult();
        await world.InTimeAsync(Task.WhenAll(hot));
        var accepted = Assert.IsType<Outcome.Accepted>(await world.InTimeAsync(quiet));
        var last = (await world.JournalAsync()).Max(f => f.Sequence);
        Assert.True(last >= 20, $"the hot account took {last} frames");
        Assert.True(accepted.Sequence <= 3, $"the quiet one waited for frame {accepted.Sequence}");
    }

    [Fact]
    public async Task A_hot_account_is_turned_away_before_its_neighbours_are()
    {
        await using var world = await World.BeginAsync(partitions: 1, PartitionSettings.Default with { MailboxLimit = 64, BatchLimit = 1 });
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Store.Gate = gate.Task;
        var hot = Enumerable.Range(0, 200).Select(_ => world.Silo.AskAsync(World.Poison("hot"), CancellationToken.None)).ToList();
        var others = Enumerable.Range(0, 20).Select(i => world.Silo.AskAsync(World.Bind($"email:{i}@x.example", "c"), CancellationToken.None)).ToList();
        gate.SetResult();
        Assert.Contains(await world.InTimeAsync(Task.WhenAll(hot)), o => o is Outcome.Overloaded);
        Assert.All(await world.InTimeAsync(Task.WhenAll(others)), o => Assert.IsType<Outcome.Accepted>(o));
    }

    [Fact]
    public async Task A_stop_answers_everything_that_waits_and_refuses_the_rest()
    {
        await using var world = await World.BeginAsync();
        var asked = Enumerable.Range(0, 100).Select(i => world.Silo.AskAsync(World.Bind($"email:{i}@x.example", "c"), CancellationToken.None)).ToList();
        await world.InTimeAsync(world.Silo.StopAsync());
        Assert.All(await world.InTimeAsync(Task.WhenAll(asked)), o => Assert.IsType<Outcome.Accepted>(o));
        Assert.IsType<Outcome.Unavailable>(await world.AskAsync(World.Bind("email:late@x.example", "c")));
    }

    [Fact]
    public async Task History_is_walked_from_the_newest_entry_back_across_a_restart()
    {
        await using var world = await World.BeginAsync(partitions: 1, PartitionSettings.Default with { SnapshotEvents = 1, TailLimit = 1 });
        var catalog = GrainKey.Catalog(World.Tenant);
        for (var i = 1; i <= 6; i++)
        {
            await world.AskAsync(new CatalogCommand.Publish(catalog, "p", $"{i}", "p.yaml", $"{i}", [], 0));
            if (i == 3)
            {
                await world.CrashAndStartAsync();
            }
        }

        var newest = await world.InTimeAsync(world.Silo.HistoryAsync(catalog, 0, 4, CancellationToken.None));
        var rest = await world.InTimeAsync(world.Silo.HistoryAsync(catalog, newest[^1].Entry.Previous, 10, CancellationToken.None));
        Assert.Equal([6, 5, 4, 3, 2, 1], newest.Concat(rest).Select(h => h.Entry.Events[0].Catalog.Published.Version));
    }
}
