using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Outbox;
using Orchestrator.Silo.Partitions;
using Orchestrator.Simulation.Planting;
using PlaybookVersion = Orchestrator.Grains.Playbooks.PlaybookVersion;

namespace Orchestrator.Simulation.Worlds;

/// <summary>
/// An engine worse than any real one: partitions are taken by whoever is told to, at any moment, from owners that live and are told nothing. It forwards by hints
/// that may be old, and gives up after two hops. Runs in its silo's process.
/// </summary>
internal sealed class AdversaryEngine(World world, SimSilo silo) : IEngine
{
    private const int MostHops = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly HashSet<int> _busy = [];
    private readonly SortedSet<int> _taken = [];
    private readonly Dictionary<int, long> _highest = [];
    private readonly HashSet<(int, int, long)> _posted = [];
    private IPartitionHost? _host;

    public Task StartAsync(IPartitionHost host, CancellationToken cancel)
    {
        _host = host;
        return Task.CompletedTask;
    }

    public void Tell(int partition, GrainCommand command, IAnswered? to, object? state) => Tell(partition, command, to, state, MostHops);

    public void Post(int partition, PartitionMessage message)
    {
        if (Planted(partition, message))
        {
            return;
        }

        if (_host is null || !_host.TryPost(partition, message))
        {
            if (world.HintOf(partition) is { } owner && owner != silo)
            {
                world.Network.Send(silo.Process, owner.Process, message.GetType().Name, () => owner.Adversary!.Arrive(partition, message));
                world.Simulation.Trace.Note(world.Simulation.Now, "message", message.Source, message.Destination, (message as PartitionMessage.Sent)?.Number ?? -1);
            }
        }
    }

    public Task<ReadResult> ReadAsync(int partition, IReadOnlyList<GrainKey> keys, CancellationToken cancel) =>
        _host?.TryRead(partition, keys)?.WaitAsync(cancel)
            ?? Task.FromException<ReadResult>(new PartitionUnavailableException($"partition {partition} is not running"));

    public void Published(string tenant, PlaybookVersion version)
    {
    }

    public void Lost(int partition)
    {
        world.LostBy(partition, silo);
        silo.Process.Start(() => LetGoAsync(partition));
    }

    public async Task StopAsync()
    {
        for (var partition = 0; partition < _host!.Partitions; partition++)
        {
            await LetGoAsync(partition);
        }
    }

    /// <summary>Takes a partition from whoever has it; that one is not asked.</summary>
    /// <param name="seen">The epoch to take it from; null = whatever the store says.</param>
    public async Task TakeAsync(int partition, long? seen)
    {
        await BusyAsync(partition);
        try
        {
            await _host!.LetGoAsync(partition);
            _taken.Remove(partition);
            silo.Forget(partition);
            world.LostBy(partition, silo);
            if (await _host.TakeAsync(partition, seen, CancellationToken.None))
            {
                _taken.Add(partition);
                world.TakenBy(partition, silo);
            }
        }
        catch (Exception e) when (e is IOException or TimeoutException or Silo.Journal.StoreFullException or Silo.Journal.StoreFailedException)
        {
            await _host!.LetGoAsync(partition);
        }
        catch (Silo.Journal.StoreRefusedException)
        {
            // The store's feature level has risen above what it reads: a real one ends.
            world.Crash(silo);
        }
        finally
        {
            _busy.Remove(partition);
        }
    }

    /// <summary>Partitions that this silo believes to be its own.</summary>
    public IReadOnlyCollection<int> Taken => _taken;

    /// <summary>Takes a partition that nobody owns as far as is known, unless it is being taken here.</summary>
    public Task TakeIfFreeAsync(int partition) => _busy.Contains(partition) ? Task.CompletedTask : TakeAsync(partition, null);

    public async Task LetGoAsync(int partition)
    {
        await BusyAsync(partition);
        try
        {
            await _host!.LetGoAsync(partition);
            _taken.Remove(partition);
            silo.Forget(partition);
            world.LostBy(partition, silo);
        }
        finally
        {
            _busy.Remove(partition);
        }
    }

    private async Task BusyAsync(int partition)
    {
        while (!_busy.Add(partition))
        {
            await silo.Process.Clock.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    private void Tell(int partition, GrainCommand command, IAnswered? to, object? state, int hops)
    {
        if (world.Planted == PlantedBug.AnsweredBeforeCommit && command is AccountCommand.Record && to is not null && _host?.TryTell(partition, command, null, null) == true)
        {
            to.Answered(state, new Outcome.Accepted(new Answer.Recorded(0, Duplicate: false), partition, 0));
            return;
        }

        if (_host is not null && _host.TryTell(partition, command, to, state))
        {
            return;
        }

        if (hops == 0 || world.HintOf(partition) is not { } owner || owner == silo)
        {
            to?.Answered(state, new Outcome.Unavailable($"partition {partition} is not known to run anywhere"));
            return;
        }

        var waiting = new Forwarded(to, state);
        world.Simulation.After(Patience, silo.Process, () => waiting.Answer(new Outcome.Unavailable("the owner did not answer")));
        world.Network.Send(silo.Process, owner.Process, "tell", () => owner.Adversary!.Tell(
            partition, command, new Answering(outcome => world.Network.Send(owner.Process, silo.Process, "told", () => waiting.Answer(outcome))), null, hops - 1));
    }

    private void Arrive(int partition, PartitionMessage message)
    {
        if (world.Planted == PlantedBug.DedupeByGlobalSequence && message is PartitionMessage.Sent sent)
        {
            // "The highest number seen": of any source, so that a later source's low numbers look like duplicates, and are confirmed as such.
            if (sent.Number < _highest.GetValueOrDefault(partition))
            {
                Post(sent.Source, new PartitionMessage.Acknowledged(sent.Incarnation, sent.Source, sent.Destination, sent.Number));
                return;
            }

            _highest[partition] = sent.Number;
        }

        if (world.Planted == PlantedBug.GapAccepted && message is PartitionMessage.Sent next && next.Number == world.Journals.ReceivedFrom(next.Source, partition) + 2)
        {
            message = next with { Number = next.Number - 1 };
        }

        _host?.TryPost(partition, message);
    }

    /// <summary>True if a planted bug has dealt with it.</summary>
    private bool Planted(int partition, PartitionMessage message) => world.Planted switch
    {
        PlantedBug.MessagesNotDeduplicated when message is PartitionMessage.Sent sent && _host is not null => AsCommand(partition, sent),
        PlantedBug.OutboxNotResent => message is PartitionMessage.Sent sent && !_posted.Add((sent.Source, partition, sent.Number)),
        _ => false,
    };

    private bool AsCommand(int partition, PartitionMessage.Sent sent)
    {
        if (_host!.TryTell(partition, sent.Command, null, null))
        {
            _host.TryPost(sent.Source, new PartitionMessage.Acknowledged(sent.Incarnation, sent.Source, sent.Destination, sent.Number));
            return true;
        }

        return false;
    }

    /// <summary>A caller's wait while its command is with another silo; hears once, whatever the network does.</summary>
    private sealed class Forwarded(IAnswered? to, object? state)
    {
        private bool _answered;

        public void Answer(Outcome outcome)
        {
            if (!_answered)
            {
                _answered = true;
                to?.Answered(state, outcome);
            }
        }
    }

    private sealed class Answering(Action<Outcome> back) : IAnswered
    {
        public void Answered(object? state, Outcome outcome) => back(outcome);
    }
}
