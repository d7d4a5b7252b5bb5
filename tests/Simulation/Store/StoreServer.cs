using Orchestrator.Silo.Journal;
using Orchestrator.Simulation.Machine;
using Orchestrator.Simulation.Planting;
using Orchestrator.Simulation.Worlds;

namespace Orchestrator.Simulation.Store;

/// <summary>
/// The database as a machine of its own: statements take time to come, wait for row locks, commit or not, and their answers may get lost. A statement that has
/// left its client comes whether or not the client still lives.
/// </summary>
internal sealed class StoreServer(SimMachine simulation, StoreModel model, Swarm swarm)
{
    private static readonly TimeSpan ClientPatience = TimeSpan.FromSeconds(4);
    private readonly HashSet<int> _locked = [];
    private readonly List<Pending> _waiting = [];
    private readonly List<Pending> _held = [];
    private int _connections;

    /// <summary>False in the healing phase: everything works.</summary>
    public bool Faulty { get; set; } = true;

    public bool Up { get; private set; } = true;

    /// <summary>How much longer than others a statement is under way, by who sends it and of which kind it is; null = none. A script's way to have one arrive late.</summary>
    public Func<Process, string, TimeSpan>? Later { get; set; }

    /// <summary>No space is left.</summary>
    public bool Full { get; set; }

    public StoreModel Model => model;

    public IStoreTransport For(Process client) => new Link(this, client);

    /// <summary>Stops at once: what is not committed is gone, and so are the connections.</summary>
    public void Stop()
    {
        simulation.Trace.Note(simulation.Now, "store-stops", _held.Count, _waiting.Count);
        Up = false;
        _connections++;
        foreach (var pending in _held.Concat(_waiting))
        {
            pending.Aborted = true;
            pending.Fail(new IOException("the store was stopped; the connection broke"));
        }

        _held.Clear();
        _waiting.Clear();
        _locked.Clear();
    }

    public void Begin()
    {
        simulation.Trace.Note(simulation.Now, "store-begins");
        Up = true;
    }

    private void Arrive(Pending pending)
    {
        if (!Up || pending.Connection != _connections)
        {
            pending.Fail(new IOException("the store does not answer"));
        }
        else if (Locks(pending) && pending.Partitions.Any(_locked.Contains))
        {
            _waiting.Add(pending);
        }
        else
        {
            Hold(pending);
        }
    }

    private bool Locks(Pending pending) => model.Planted != PlantedBug.KeyShare || pending.Kind != "append";

    private void Hold(Pending pending)
    {
        if (Full && (pending.Kind is "append" or "setting"))
        {
            pending.Fail(new StoreFullException("no space is left"));
            return;
        }

        try
        {
            pending.Check();
            if (pending.Partitions.Length == 0)
            {
                pending.Commit();
                return;
            }
        }
        catch (StoreRefusedException e)
        {
            pending.Fail(e);
            return;
        }

        if (Locks(pending))
        {
            _locked.UnionWith(pending.Partitions);
        }

        _held.Add(pending);
        if (model.Planted == PlantedBug.AnswerBeforeDurable)
        {
            pending.AnswerEarly();
        }

        simulation.After(pending.CommitTime, null, () => Commit(pending));
    }

    private void Commit(Pending pending)
    {
        if (pending.Aborted)
        {
            return;
        }

        pending.Commit();
        _held.Remove(pending);
        if (Locks(pending))
        {
            _locked.ExceptWith(pending.Partitions);
        }

        for (var i = 0; i < _waiting.Count;)
        {
            if (_waiting[i].Partitions.Any(_locked.Contains))
            {
                i++;
                continue;
            }

            var next = _waiting[i];
            _waiting.RemoveAt(i);
            Hold(next);
        }
    }

    private TimeSpan Delay() => simulation.Random.Between(TimeSpan.Zero, swarm.StoreDelay);

    private TimeSpan CommitTime() => Faulty && simulation.Random.Chance(swarm.CommitSlow)
        ? simulation.Random.Between(TimeSpan.Zero, ClientPatience * 1.5)
        : Delay();

    /// <summary>One statement on its way.</summary>
    private abstract class Pending
    {
        public required string Kind { get; init; }

        public required int[] Partitions { get; init; }

        public required int Connection { get; init; }

        public required TimeSpan CommitTime { get; init; }

        public bool Aborted { get; set; }

        public abstract void Check();

        public abstract void Commit();

        public abstract void AnswerEarly();

        public abstract void Fail(Exception e);
    }

    private sealed class Pending<T>(SimMachine simulation, Process client, StoreCall<T> call, TaskCompletionSource<T> source, TimeSpan back, bool answered) : Pending
    {
        public override void Check() => call.Check();

        public override void Commit()
        {
            var result = call.Apply();
            simulation.Trace.Note(simulation.Now, call.Kind, client.Id, Partitions.Length > 0 ? Partitions[0] : -1, result is bool[] { Length: > 0 } accepted ? accepted.Count(static a => a) : -1);
            if (answered)
            {
                Answer(() => source.TrySetResult(result));
            }
        }

        public override void AnswerEarly()
        {
            if (answered && call.Early is { } early)
            {
                var result = early();
                Answer(() => source.TrySetResult(result));
            }
        }

        public override void Fail(Exception e) => Answer(() => source.TrySetException(e));

        private void Answer(Action answer) => simulation.After(back, client, answer);
    }

    private sealed class Link(StoreServer server, Process client) : IStoreTransport
    {
        private bool _failed;

        public Task<T> CallAsync<T>(StoreCall<T> call)
        {
            server.Simulation.MustBeOnItsThread();
            var source = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            Send(call, source);
            return source.Task;
        }

        private void Send<T>(StoreCall<T> call, TaskCompletionSource<T> source)
        {
            var (simulation, swarm, random) = (server.Simulation, server.Swarm, server.Simulation.Random);
            var there = server.Delay() + (server.Later?.Invoke(client, call.Kind) ?? TimeSpan.Zero);
            var back = server.Delay();
            var answered = true;
            if (_failed)
            {
                simulation.After(back, client, () => source.TrySetException(new StoreFailedException("the store failed before")));
                return;
            }

            if (call.Writes)
            {
                simulation.After(ClientPatience, client, () => source.TrySetException(new TimeoutException("the store did not answer in time")));
            }

            if (server.Faulty && call.Writes)
            {
                if (random.Chance(swarm.WriteRefused))
                {
                    simulation.Trace.Note(simulation.Now, "write-refused", client.Id);
                    simulation.After(back, client, () => source.TrySetException(new IOException("the store refused the statement")));
                    return;
                }

                if (random.Chance(swarm.WriteLost))
                {
                    simulation.Trace.Note(simulation.Now, "write-lost", client.Id);
                    return;
                }

                if (random.Chance(swarm.AnswerLost))
                {
                    simulation.Trace.Note(simulation.Now, "answer-lost", client.Id);
                    answered = false;
                }
                else if (random.Chance(swarm.WriteLate))
                {
                    simulation.Trace.Note(simulation.Now, "write-late", client.Id);
                    there = ClientPatience + random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(20));
                }

                if (call.Kind == "append" && random.Chance(swarm.StoreFails))
                {
                    simulation.Trace.Note(simulation.Now, "store-fails", client.Id);
                    _failed = true;
                    answered = false;
                    simulation.After(back, client, () => source.TrySetException(new StoreFailedException("an error of the disk")));
                }
            }
            else if (server.Faulty && random.Chance(swarm.ReadFails))
            {
                simulation.After(back, client, () => source.TrySetException(new IOException("the connection broke")));
                return;
            }

            var pending = new Pending<T>(simulation, client, call, source, back, answered)
            {
                Kind = call.Kind, Partitions = call.Partitions, Connection = server._connections, CommitTime = server.CommitTime(),
            };
            simulation.After(there, null, () => server.Arrive(pending));
        }
    }

    private SimMachine Simulation => simulation;

    private Swarm Swarm => swarm;
}
