using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.StoredForms.Levels;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Bench.Loading;

/// <summary>
/// One partition of a store that is being filled: the silo's own turns and forms, a frame a batch, but nobody waits for a commit before the next batch and
/// grains are saved when all that happens to them has happened. What is written is what a silo would have written that had much to do at once.
/// </summary>
sealed class LoadingPartition(int number, int partitions, PartitionMemory memory, PlaybookLibrary playbooks)
{
    // As many as a partition wakes one account for in one batch.
    private const int MostWakes = 64;

    private readonly Turns turns = new(number, partitions, incarnation: 1, Newest());
    private readonly HashSet<GrainKey> missing = [];
    private readonly Asked asked = new();

    public PartitionMemory Memory => memory;

    /// <summary>Accounts whose frames are written and that have not slept up to now.</summary>
    public Queue<GrainKey> Awake { get; } = new();

    /// <summary>Messages for other partitions, in order.</summary>
    public List<StoredMessage> Sent { get; } = [];

    public long Wakes { get; private set; }

    public long Open { get; private set; }

    /// <summary>Begins a batch. Instants never go back within a partition.</summary>
    public void Begin(DateTimeOffset now) => turns.Begin(memory, Ticks.Instant(Math.Max(memory.LastAt, Ticks.Of(now))), playbooks);

    public void Run(GrainCommand command)
    {
        Need(command);
        if (!turns.Run(command, asked, null, 0))
        {
            throw new InvalidOperationException($"a turn of `{command.Target}` failed: {turns.Answers[^1].Rejection}");
        }

        if (turns.Answers.Count > 0 && turns.Answers[^1].Rejection is { } rejection)
        {
            throw new InvalidOperationException($"`{command.Target}` refused what it was loaded with: {rejection}");
        }
    }

    /// <summary>Applies the next message of another partition.</summary>
    public void Receive(int source, StoredMessage message)
    {
        turns.Receive(source, message.Number);
        Run(CommandForm.Read(message.Command));
    }

    /// <summary>Wakes an account for every instant that has passed, as a silo does that was away. False: some are left for the next batch.</summary>
    public bool Sleep(GrainKey account)
    {
        for (var i = 0; i < MostWakes; i++)
        {
            if (memory.Grains.Find(account)?.State?.Wake is not { } due || due > turns.Now)
            {
                return true;
            }

            Run(new AccountCommand.Wake(account, due));
            Wakes++;
        }

        return false;
    }

    /// <summary>Ends the batch.</summary>
    /// <returns>Its frame; null if nothing happened.</returns>
    public JournalAppend? End()
    {
        while (turns.Local.TryDequeue(out var command))
        {
            Run(command);
        }

        Sent.AddRange(turns.Sent);
        var bytes = turns.Finish();
        if (bytes.IsEmpty)
        {
            return null;
        }

        var at = Ticks.Of(turns.Now);
        var frame = new JournalAppend(number, memory.Epoch, memory.NextSequence, at, bytes.ToArray());
        foreach (var resident in turns.Touched)
        {
            memory.Grains.Unsave(resident, memory.NextSequence, at, resident.Entry!.Events);
            resident.LastEntry = memory.NextSequence;
            resident.Entry = null;
        }

        memory.LastAt = at;
        memory.NextSequence++;
        return frame;
    }

    /// <summary>The snapshots of all that has changed, by name so that the store's tree grows at one place; nothing stays in memory.</summary>
    public List<SnapshotWrite> Save()
    {
        var writes = new List<SnapshotWrite>();
        foreach (var resident in memory.Grains.All.Where(r => !r.IsSaved).OrderBy(r => r.Name, StringComparer.Ordinal))
        {
            var state = resident.State ?? throw new InvalidOperationException($"`{resident.Key}` has entries in the journal and no state");
            writes.Add(new SnapshotWrite(number, memory.Epoch, resident.Name, resident.LastEntry, Ticks.Of(state.Wake), state.IsFlagged, Google.Protobuf.MessageExtensions.ToByteArray(StateForm.Write(state, resident.LastEntry))));
            Open += state.IsFlagged ? 1 : 0;
            memory.Grains.Save(resident);
        }

        memory.Grains.Evict(int.MaxValue);
        return writes;
    }

    public CheckpointWrite Checkpoint() =>
        new(number, memory.Epoch, memory.NextSequence - 1, Google.Protobuf.MessageExtensions.ToByteArray(memory.Outbox.Save(memory.LastAt)));

    /// <summary>All that is loaded is new to the store, so what is not in memory does not exist.</summary>
    private void Need(GrainCommand command)
    {
        while (true)
        {
            turns.Need(command, missing);
            if (missing.Count == 0)
            {
                return;
            }

            foreach (var key in missing)
            {
                memory.Grains.Touch(key).Loaded = true;
            }

            missing.Clear();
        }
    }

    /// <summary>So that a refusal is told instead of buried.</summary>
    private sealed class Asked : IAnswered
    {
        public void Answered(object? state, Outcome outcome)
        {
        }
    }

    /// <summary>A store that is filled is a new one.</summary>
    private static WritableLevel Newest()
    {
        var level = new WritableLevel();
        level.Learn(FormLevels.Highest);
        return level;
    }
}
