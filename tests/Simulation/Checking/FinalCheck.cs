using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.Partitions;
using Orchestrator.Simulation.Machine;
using Orchestrator.Simulation.Store;
using Orchestrator.Simulation.Worlds;

namespace Orchestrator.Simulation.Checking;

/// <summary>What can only be said of the whole, when everything has come to rest.</summary>
internal sealed class FinalCheck(World world)
{
    private readonly Journals _journals = world.Journals;

    public void Run()
    {
        if (world.Simulation.Broken is null)
        {
            Signals();
            Tokens();
            Quarantines();
            Wakes();
            Rest();
            Recovery();
            Memory();
        }
    }

    private void Signals()
    {
        foreach (var id in world.Clients.Acknowledged)
        {
            Must(_journals.Signals.TryGetValue(id, out var applied), "I3", $"signal {id} was acknowledged and is nowhere; {string.Join("; ", _journals.Buried.GetValueOrDefault(id) ?? [])}");
            if (applied is not null)
            {
                Must(!world.Clients.Contents.TryGetValue(id, out var content) || applied.Signal.Properties["url"].Text == content, "I3", $"signal {id} was applied with the content of its second sending");
            }
        }
    }

    private void Quarantines() =>
        Must(_journals.Quarantined.Count == 0, "I13", $"`{_journals.Quarantined.FirstOrDefault().Affinity}` is in quarantine still, though it was let out");

    private void Tokens()
    {
        foreach (var token in world.Clients.Tokens)
        {
            var places = world.Clients.WhereIs(token);
            Must(places.Count == 1, "I10", $"token {token} is in {places.Count} places: {string.Join(", ", places)}");
        }
    }

    private void Wakes()
    {
        var now = SimMachine.Start + world.Simulation.Time;
        foreach (var (key, (state, _)) in _journals.Folded)
        {
            Must(state is not Account || state.Wake is not { } wake || wake > now - world.Swarm.Settings.LongestSleep - TimeSpan.FromSeconds(30), "I9", $"`{key.Affinity}` wanted to be woken {now - state?.Wake} ago");
        }
    }

    private void Rest()
    {
        var open = _journals.Folded.Values.Select(f => f.State).OfType<Account>().Sum(a => a.OpenActions.Count(o => !o.Asked));
        var held = world.Running.Sum(s => s.Hub.OpenActions);
        Must(held <= open, "I15", $"delivery still holds {held} actions, and {open} are open");
    }

    /// <summary>A silo that started now would find exactly what the journal says.</summary>
    private void Recovery()
    {
        using var keys = _journals.Folded.Keys.GroupBy(k => k.PartitionOf(world.Swarm.Partitions)).GetEnumerator();
        while (keys.MoveNext())
        {
            var row = PackedStore.Expand(world.Model.Row(keys.Current.Key));
            var store = PackedStore.Reading(new SimulatedStore(world.Model));
            // The model answers at once, so nothing here waits.
            var memory = PartitionRecovery.ReadAsync(store, row, world.Swarm.Settings, CancellationToken.None).GetAwaiter().GetResult();
            PartitionRecovery.LoadAsync(store, row.Partition, memory, [.. keys.Current], CancellationToken.None).GetAwaiter().GetResult();
            foreach (var key in keys.Current)
            {
                var found = memory.Grains.Find(key)!;
                Same(key, found.State, found.LastEntry, "a recovery gives");
            }

            Counters(row.Partition, memory);
        }
    }

    private void Counters(int partition, PartitionMemory memory)
    {
        var saved = memory.Outbox.Save(memory.LastAt);
        foreach (var ((from, to), number) in _journals.Sent)
        {
            Must(from != partition || saved.Sent.Any(s => s.Partition == to && s.Number == number), "I7", $"a recovery of partition {from} does not know that it has sent {number} messages to {to}");
            Must(to != partition || saved.Received.Any(s => s.Partition == from && s.Number == number), "I7", $"a recovery of partition {to} does not know that it has received {number} messages of {from}");
        }
    }

    /// <summary>The silos that run have in memory exactly what the journal says.</summary>
    private void Memory()
    {
        var left = 0;
        foreach (var group in _journals.Folded.Keys.GroupBy(k => k.PartitionOf(world.Swarm.Partitions)).ToList())
        {
            if (world.OwnerOf(group.Key) is { } silo)
            {
                left++;
                GrainKey[] keys = [.. group];
                silo.Process.Start(async () =>
                {
                    var states = await silo.Runtime.ReadAsync(keys, CancellationToken.None);
                    for (var i = 0; i < keys.Length; i++)
                    {
                        Same(keys[i], states[i], _journals.Folded[keys[i]].Last, $"{silo.Name} has");
                    }

                    left--;
                });
            }
        }

        if (!world.Simulation.RunUntil(() => left == 0, TimeSpan.FromMinutes(1), 100_000))
        {
            world.Simulation.Break("liveness", $"{left} partitions do not answer a read after everything was healed");
        }
    }

    private void Same(GrainKey key, GrainState? state, long last, string whose)
    {
        var (folded, at) = _journals.Folded[key];
        Must(last == at && _journals.Bytes(folded, at).Equals(_journals.Bytes(state, last)), "I7", $"{whose} `{key}` at {last}, the fold of its journal is at {at}:\n{state}\n{folded}");
    }

    private void Must(bool holds, string invariant, string how)
    {
        if (!holds)
        {
            world.Simulation.Break(invariant, how);
        }
    }
}
