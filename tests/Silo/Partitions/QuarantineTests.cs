using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Identities;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Partitions;

public sealed class QuarantineTests : IDisposable
{
    private static readonly GrainKey Bad = GrainKey.Account(World.Tenant, "a-bad");
    private readonly ManualResetEventSlim _end = new();
    private readonly SemaphoreSlim _deaths = new(0);
    private volatile bool _deadly = true;

    private static readonly PartitionSettings Caring = PartitionSettings.Default;

    /// <summary>Two until the partition is careful, five with the same account's command open.</summary>
    private const int Enough = 7;

    [Fact]
    public async Task An_account_that_killed_one_silo_after_another_is_turned_away_and_its_neighbours_go_on()
    {
        await using var world = await World.BeginAsync(partitions: 1, Caring);
        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-good", "s-1", "g@x.example")));
        await DieAsync(world, Bad, World.Purchase("a-bad", "s-bad", "b@x.example"), times: Enough);

        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-good", "s-2", "g@x.example")));
        var turnedAway = Assert.IsType<Outcome.Unavailable>(await world.AskAsync(World.Purchase("a-bad", "s-bad", "b@x.example")));
        Assert.Contains("the account `a-bad` is in quarantine", turnedAway.Reason, StringComparison.Ordinal);
        Assert.Contains("the signal `s-bad`", turnedAway.Reason, StringComparison.Ordinal);
        var quarantine = await world.Silo.QuarantineAsync(Bad, CancellationToken.None);
        Assert.Equal(Enough, quarantine!.Crashes);
        Assert.Null(await world.Silo.QuarantineAsync(GrainKey.Account(World.Tenant, "a-good"), CancellationToken.None));
        await world.AssertEqualsFoldFromZeroAsync();
    }

    [Fact]
    public async Task Two_deaths_put_nobody_into_quarantine()
    {
        await using var world = await World.BeginAsync(partitions: 1, Caring);
        await DieAsync(world, Bad, World.Purchase("a-bad", "s-bad", "b@x.example"), times: 2);
        _deadly = false;
        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-bad", "s-bad", "b@x.example")));
    }

    [Fact]
    public async Task Six_deaths_put_nobody_into_quarantine()
    {
        await using var world = await World.BeginAsync(partitions: 1, Caring);
        await DieAsync(world, Bad, World.Purchase("a-bad", "s-bad", "b@x.example"), times: Enough - 1);
        _deadly = false;
        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-bad", "s-bad", "b@x.example")));
    }

    [Fact]
    public async Task An_account_one_of_whose_commands_was_survived_is_suspected_no_more()
    {
        await using var world = await World.BeginAsync(partitions: 1, Caring);
        await DieAsync(world, Bad, World.Purchase("a-bad", "s-bad", "b@x.example"), times: Enough - 1);
        for (var i = 0; i < 4; i++)
        {
            // As with silos that are killed from outside: whatever is open at that moment is not what kills them.
            _deadly = false;
            Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-bad", $"s-{i}", "b@x.example")));
            _deadly = true;
            await DieAsync(world, Bad, World.Purchase("a-bad", $"s-open-{i}", "b@x.example"), times: 2);
        }

        _deadly = false;
        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-bad", "s-last", "b@x.example")));
        Assert.Null(await world.Silo.QuarantineAsync(Bad, CancellationToken.None));
    }

    [Fact]
    public async Task After_two_deaths_partitions_go_on_beside_each_other_each_with_one_command_open()
    {
        await using var world = await World.BeginAsync(partitions: 2, Caring);
        var (here, there) = (AccountIn(0, 2), AccountIn(1, 2));
        for (var i = 0; i < 2; i++)
        {
            await Task.WhenAll(new[] { here, there }.Select(a => world.AskAsync(World.Purchase(a, $"s-{i}", "p@x.example"))));
            await world.CrashAndStartAsync();
        }

        // Neither ends before the other has begun.
        using var both = new CountdownEvent(2);
        world.OnTurn = command =>
        {
            if (command is AccountCommand.Record { Signal.Id: "s-both" })
            {
                both.Signal();
                both.Wait(TestContext.Current.CancellationToken);
            }
        };
        await world.InTimeAsync(Task.WhenAll(new[] { here, there }.Select(a => world.AskAsync(World.Purchase(a, "s-both", "p@x.example")))));
        Assert.Equal(2, (await world.JournalAsync()).Count(f => f.Frame.Care?.Intent?.Command == "the signal `s-both`"));
    }

    [Fact]
    public async Task Only_one_command_of_a_silo_is_open_at_a_time_where_one_was_open_at_a_death()
    {
        await using var world = await World.BeginAsync(partitions: 4, Caring);
        var bad = Enumerable.Range(0, 4).Select(p => GrainKey.Account(World.Tenant, AccountIn(p, 4))).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => world.AskAsync(World.Purchase($"a-{i}", $"first-{i}", "p@x.example"))));
        await world.CrashAndStartAsync();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => world.AskAsync(World.Purchase($"a-{i}", $"second-{i}", "p@x.example"))));
        await world.CrashAndStartAsync();

        // Each partition has one open when the third silo dies, of an account none of whose commands is survived afterwards.
        world.OnTurn = command =>
        {
            if (_deadly && bad.Contains(command.Target))
            {
                _deaths.Release();
                _end.Wait();
            }
        };
        foreach (var account in bad)
        {
            _ = world.Silo.AskAsync(World.Purchase(account.Affinity, "s-open", "p@x.example"), CancellationToken.None);
        }

        await world.UntilAsync(async () => (await world.JournalAsync()).Count(f => f.Frame.Care?.Intent?.Command == "the signal `s-open`") == 4);
        await world.CrashAndStartAsync();
        _deadly = false;
        var (now, most) = (0, 0);
        world.OnTurn = command =>
        {
            if (command is not AccountCommand.Record { Signal.Id: ['t', 'h', ..] })
            {
                // What is left of a dead silo's loops.
                return;
            }

            most = Math.Max(most, Interlocked.Increment(ref now));
            Thread.SpinWait(20_000);
            Interlocked.Decrement(ref now);
        };
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => world.AskAsync(World.Purchase($"a-{i}", $"third-{i}", "p@x.example"))));
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task The_command_is_written_down_alone_before_it_is_decided_after_two_deaths()
    {
        await using var world = await World.BeginAsync(partitions: 1, Caring);
        await DieAsync(world, Bad, World.Purchase("a-bad", "s-bad", "b@x.example"), times: 2);
        _deadly = false;
        await Task.WhenAll(Enumerable.Range(0, 5).Select(i => world.AskAsync(World.Purchase($"a-{i}", $"s-{i}", "p@x.example"))));
        var journal = await world.JournalAsync();
        var intents = journal.Where(f => f.Frame.Care?.Intent?.Grain.Kind == (uint)GrainKind.Account).ToList();
        Assert.Equal(["a-0", "a-1", "a-2", "a-3", "a-4"], intents.Select(f => f.Frame.Care.Intent.Grain.Affinity).Order(StringComparer.Ordinal));
        Assert.All(intents, intent =>
        {
            Assert.Empty(intent.Frame.Entries);
            var next = journal.Single(f => f.Sequence == intent.Sequence + 1).Frame;
            var recorded = Assert.Single(next.Entries.SelectMany(e => e.Events), e => e.Account?.SignalRecorded is not null);
            Assert.Equal(intent.Frame.Care.Intent.Command, $"the signal `{recorded.Account.SignalRecorded.Signal.Id}`");
        });
    }

    [Fact]
    public async Task Silos_that_die_of_something_else_put_nobody_into_quarantine()
    {
        await using var world = await World.BeginAsync(partitions: 1, Caring);
        for (var i = 0; i < 6; i++)
        {
            Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-good", $"s-{i}", "g@x.example")));
            await world.CrashAndStartAsync();
        }

        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-good", "s-9", "g@x.example")));
        Assert.Equal(6, (await world.JournalAsync()).Max(f => f.Frame.Care?.Crashes ?? 0));
    }

    [Fact]
    public async Task An_end_in_order_makes_all_well_again()
    {
        await using var world = await World.BeginAsync(partitions: 1, Caring);
        await DieAsync(world, Bad, World.Purchase("a-bad", "s-bad", "b@x.example"), times: 2);
        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-good", "s-1", "g@x.example")));
        await world.StopAndStartAsync();
        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-good", "s-2", "g@x.example")));
        Assert.Null((await world.JournalAsync())[^1].Frame.Care);
    }

    [Fact]
    public async Task Owners_that_decided_nothing_and_ended_in_order_count_as_no_death()
    {
        await using var world = await World.BeginAsync(partitions: 1, Caring);
        await world.StopAndStartAsync();
        await world.StopAndStartAsync();
        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-good", "s-1", "g@x.example")));
        Assert.All(await world.JournalAsync(), f => Assert.Equal(0, f.Frame.Care?.Crashes ?? 0));

        // Nor do they make well what others have counted, having survived nothing.
        await DieAsync(world, Bad, World.Purchase("a-bad", "s-bad", "b@x.example"), times: 2);
        _deadly = false;
        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-good", "s-2", "g@x.example")));
        Assert.NotNull(await world.Silo.HandOverAsync(0, "another"));
        await world.StopAndStartAsync();
        await world.StopAndStartAsync();
        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-good", "s-3", "g@x.example")));
        Assert.Equal(2, (await world.JournalAsync()).Last(f => f.Frame.Care is not null).Frame.Care.Crashes);
    }

    [Fact]
    public async Task Enough_events_make_all_well_again()
    {
        await using var world = await World.BeginAsync(partitions: 1, Caring with { WellAfterEvents = 5 });
        await DieAsync(world, Bad, World.Purchase("a-bad", "s-bad", "b@x.example"), times: 2);
        for (var i = 0; i < 6; i++)
        {
            Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-good", $"s-{i}", "g@x.example")));
        }

        var journal = await world.JournalAsync();
        Assert.Contains(journal, f => f.Frame.Care?.Intent is not null);
        Assert.Null(journal[^1].Frame.Care);
    }

    [Fact]
    public async Task A_command_of_which_nothing_comes_is_survived_too()
    {
        await using var world = await World.BeginAsync(partitions: 1, Caring with { WellAfterEvents = 30 });
        await DieAsync(world, Bad, World.Purchase("a-bad", "s-bad", "b@x.example"), times: 2);
        for (var i = 0; i < 32; i++)
        {
            Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-good", "s-again", "g@x.example")));
        }

        Assert.IsType<Outcome.Accepted>(await world.AskAsync(World.Purchase("a-good", "s-new", "g@x.example")));
        Assert.Null((await world.JournalAsync())[^1].Frame.Care);
    }

    [Fact]
    public async Task Messages_for_an_account_in_quarantine_are_kept_and_decided_once_after_its_release()
    {
        var settings = Caring with { SnapshotEvents = 1, TailLimit = 2, SnapshotShare = 0.9 };
        await using var world = await World.BeginAsync(partitions: 2, settings);
        var name = world.Identifier(0, 1, accountIn: 1);
        var account = GrainKey.Account(World.Tenant, Identity.ProvisionalAccount(name));
        await DieAsync(world, account, World.Route(name, "s-0"), times: Enough);
        for (var i = 1; i < 4; i++)
        {
            Assert.IsType<Outcome.Accepted>(await world.AskInTimeAsync(World.Route(name, $"s-{i}")));
        }

        await world.UntilAsync(async () => (await world.JournalAsync()).SelectMany(f => f.Frame.Care?.Parked ?? []).Select(c => c.Record.Signal.Id).Distinct().Count() == 4);
        for (var i = 0; i < 80; i++)
        {
            // The checkpoint passes the frames in which they were parked.
            await world.AskInTimeAsync(World.Purchase($"a-{i}", $"p-{i}", "p@x.example"));
        }

        await world.CrashAndStartAsync();
        _deadly = false;
        Assert.IsType<Outcome.Unavailable>(await world.AskInTimeAsync(new AccountCommand.Ask(account, "c", "email")));
        Assert.IsType<Outcome.Accepted>(await world.AskInTimeAsync(new PartitionCommand.Release(account)));
        await world.UntilAsync(async () => (await world.ArrivalsAsync()).Keys.Count(id => id[0] == 's') == 4);
        Assert.All(await world.ArrivalsAsync(), arrival => Assert.Equal(1, arrival.Value));
        Assert.Null(await world.InTimeAsync(world.Silo.QuarantineAsync(account, CancellationToken.None)));
        var order = (await world.JournalAsync()).SelectMany(f => f.Frame.Entries).SelectMany(e => e.Events).Select(e => e.Account?.SignalRecorded?.Signal.Id).Where(id => id?[0] == 's');
        Assert.Equal(["s-0", "s-1", "s-2", "s-3"], order);
        await world.AssertEqualsFoldFromZeroAsync();
    }

    [Fact]
    public async Task The_open_actions_of_an_account_are_offered_again_after_its_release_and_not_before()
    {
        var open = RecoveryTests.Open(Bad, World.Start.AddDays(1));
        await using var world = await World.BeginAsync(partitions: 1, Caring, seed: world => RecoveryTests.SaveAsync(world, open, World.Start.AddYears(1)));
        await world.UntilAsync(() => Task.FromResult(Offered(world).Count > 0));
        // Whoever made the store did not leave in order either.
        await DieAsync(world, Bad, World.Purchase("a-bad", "s-bad", "b@x.example"), times: Enough - 1);
        Assert.IsType<Outcome.Unavailable>(await world.AskInTimeAsync(World.Purchase("a-bad", "s-1", "b@x.example")));

        await world.CrashAndStartAsync();
        _deadly = false;
        await world.AskInTimeAsync(World.Purchase("a-good", "s-2", "g@x.example"));
        Assert.Empty(Offered(world));

        await world.AskInTimeAsync(new PartitionCommand.Release(Bad));
        await world.UntilAsync(() => Task.FromResult(Offered(world).SetEquals(open.OpenActions.Select(a => a.Id))));
    }

    [Fact]
    public async Task A_turn_that_takes_long_is_named_and_one_that_does_not_end_is_a_crash()
    {
        await using var world = await World.BeginAsync(partitions: 1, Caring);
        Kill(world, Bad);
        var machine = new FakeTimeProvider(World.Start);
        var log = new NotedLog();
        var crashes = new List<string>();
        using var watch = new TurnWatch(world.Silo, machine, log, crashes.Add);
        machine.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(log.Lines);
        _ = world.Silo.AskAsync(World.Purchase("a-bad", "s-bad", "b@x.example"), CancellationToken.None);
        await _deaths.WaitAsync(TestContext.Current.CancellationToken);

        Advance(machine, looks: 4);
        Assert.Contains("the account `a-bad`", Assert.Single(log.Lines), StringComparison.Ordinal);
        Advance(machine, looks: 34);
        Assert.Empty(crashes);
        Advance(machine, looks: 4);
        Assert.Contains("the account `a-bad` does not come to an end of deciding the signal `s-bad`", Assert.Single(crashes), StringComparison.Ordinal);
        Assert.Single(log.Lines);
    }

    public void Dispose()
    {
        _end.Set();
        _deaths.Dispose();
    }

    private static string AccountIn(int partition, int partitions) =>
        Enumerable.Range(0, int.MaxValue).Select(i => $"a-in-{i}").First(a => GrainKey.Account(World.Tenant, a).PartitionOf(partitions) == partition);

    private static void Advance(FakeTimeProvider machine, int looks)
    {
        for (var i = 0; i < looks; i++)
        {
            machine.Advance(TimeSpan.FromMilliseconds(125));
        }
    }

    /// <summary>From now on a turn of this account ends the process, as far as the store can tell: it never comes back.</summary>
    private void Kill(World world, GrainKey account) => world.OnTurn = command =>
    {
        if (_deadly && command.Target == account)
        {
            _deaths.Release();
            _end.Wait();
        }
    };

    private static HashSet<string> Offered(World world) => [.. world.Sink.Released.Select(r => r.Effect).OfType<Effect.Offer>().Where(o => o.Account == Bad).Select(o => o.Action.Id)];

    private async Task DieAsync(World world, GrainKey account, GrainCommand command, int times)
    {
        Kill(world, account);
        for (var i = 0; i < times; i++)
        {
            var asked = world.Silo.AskAsync(command, CancellationToken.None);
            var death = _deaths.WaitAsync(TestContext.Current.CancellationToken);
            await world.InTimeAsync(death);
            await world.CrashAndStartAsync();
        }
    }

    private sealed class NotedLog : Microsoft.Extensions.Logging.ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
