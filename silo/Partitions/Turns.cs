using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Journal;
using Orchestrator.V1;

namespace Orchestrator.Silo.Partitions;

/// <summary>
/// Runs the turns of one batch on a partition's memory and gathers what must be written and what may be released afterwards. Reused from batch to batch;
/// lives on the partition's loop.
/// </summary>
internal sealed class Turns(int partition, int partitions, long incarnation, WritableLevel level)
{
    /// <summary>A turn has it to itself from beginning to end. One for each thread, not for each partition: hundreds of them never stay in the processor's cache.</summary>
    [ThreadStatic]
    private static TurnWorkspace? s_workspace;

    private readonly FrameDraft _draft = new();

    // What a frame says besides entries: little, and mostly nothing.
    private StoredFrame _frame = new();
    private bool _behind;
    private PartitionMemory? _memory;
    private PlaybookLibrary _playbooks = PlaybookLibrary.Empty;

    /// <summary>The batch's instant.</summary>
    public DateTimeOffset Now { get; private set; }

    /// <summary>Turns run in this batch.</summary>
    public int Count { get; private set; }

    /// <summary>Events of this batch.</summary>
    public int Events { get; private set; }

    /// <summary>Estimated bytes of the commands run.</summary>
    public long Bytes { get; private set; }

    /// <summary>Grains with an entry in this batch.</summary>
    public List<Resident> Touched { get; } = [];

    /// <summary>Who waits for what, in order.</summary>
    public List<(IAnswered To, object? State, Answer? Answer, Rejection? Rejection)> Answers { get; } = [];

    /// <summary>To release, in order.</summary>
    public List<Effect> Effects { get; } = [];

    /// <summary>Messages of this batch to grains of this partition that have not had their turn.</summary>
    public Queue<GrainCommand> Local { get; } = new();

    /// <summary>Messages of this batch to other partitions.</summary>
    public List<StoredMessage> Sent { get; } = [];

    public void Begin(PartitionMemory memory, DateTimeOffset now, PlaybookLibrary playbooks)
    {
        (_memory, Now, _playbooks) = (memory, now, playbooks);
        if (_frame.CalculateSize() > 0)
        {
            _frame = new StoredFrame();
        }

        _draft.Clear();
        (Count, Events, Bytes) = (0, 0, 0);
        End();
    }

    /// <summary>
    /// Lets go of all that the batch made. What hundreds of partitions hold on to until each has its next batch survives young collections, and pauses last as
    /// long as copying survivors takes.
    /// </summary>
    public void End()
    {
        Touched.Clear();
        Answers.Clear();
        Effects.Clear();
        Local.Clear();
        Sent.Clear();
    }

    /// <summary>Adds the grains that a command needs and that are not loaded. A command that fails here fails again, and is caught, in its turn.</summary>
    public void Need(GrainCommand command, ICollection<GrainKey> missing)
    {
        try
        {
            GrainTurn.Need(command, _memory!.Grains, missing);
        }
        catch (Exception)
        {
            // Its turn throws the same and buries it; what it had asked for does no harm.
        }
    }

    /// <summary>One turn. What throws is our bug: it changes nothing, is kept as a dead letter, and the partition goes on.</summary>
    /// <returns>False if it failed.</returns>
    public bool Run(GrainCommand command, IAnswered? to, object? state, int bytes)
    {
        var turn = Count++;
        Bytes += bytes;
        _memory!.Grains.BeginTurn();
        var workspace = s_workspace ??= new TurnWorkspace();
        var keepsStates = false;
        try
        {
            var position = new TurnPosition(partition, _memory.NextSequence, turn) { Incarnation = incarnation };
            var context = new TurnContext(position, Now, _playbooks, _memory.Grains, workspace.Deciding) { Level = level.Now };
            switch (GrainTurn.Decide(command, context))
            {
                case Verdict.Accepted accepted:
                    Prepare(accepted, (uint)turn, workspace);
                    if (level.IsLow && Above(command, accepted, workspace) is { } above)
                    {
                        workspace.Clear();
                        Refuse(command, to, state, above, turn);
                        break;
                    }

                    Keep(accepted, workspace);
                    if (to is not null)
                    {
                        Answers.Add((to, to.Decided(state), accepted.Answer, null));
                    }

                    keepsStates = GrainTurn.KeepsStates(command, workspace.Deciding);
                    break;
                case Verdict.Rejected(var rejection):
                    Refuse(command, to, state, rejection, turn);
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }
        catch (Exception e)
        {
            workspace.Clear();
            _memory.Grains.ShareAsked();
            Bury(command, turn, e.ToString());
            if (to is not null)
            {
                Answers.Add((to, state, null, new Rejection.Broken(e.Message)));
            }

            return false;
        }

        if (keepsStates)
        {
            workspace.Rewrite(_memory.Grains);
        }
        else
        {
            workspace.HandOver();
            _memory.Grains.ShareAsked();
        }

        return true;
    }

    /// <summary>What this frame says of the partition's care; made if it says nothing yet.</summary>
    public StoredCare Care() => _frame.Care ??= _memory!.Care.Said();

    public StoredCare? CareOrNone => _frame.Care;

    /// <summary>Whether this frame lets the grain out of quarantine.</summary>
    public bool Releases(GrainKey grain) => _frame.Care is { Released.Count: > 0 } care && care.Released.Contains(KeyForm.Write(PartitionCare.SubjectOf(grain)));

    /// <summary>Durable with this frame, decided later, in order.</summary>
    public void SendToSelf(StoredCommand command) => Sent.Add(_memory!.Outbox.Add(partition, command));

    public void Answer(IAnswered? to, object? state, Answer answer)
    {
        if (to is not null)
        {
            Answers.Add((to, state, answer, null));
        }
    }

    /// <summary>Keeps a command that has no turn.</summary>
    public void Bury(GrainCommand command, string error) => Bury(command, Count, error);

    /// <summary>Notes a message of another partition as applied, in the frame that holds its effects.</summary>
    public void Receive(int source, long number)
    {
        _memory!.Outbox.Receive(source, number);
        foreach (var mark in _frame.Received)
        {
            if (mark.Partition == source)
            {
                mark.Number = number;
                return;
            }
        }

        _frame.Received.Add(new StoredWatermark { Partition = source, Number = number });
    }

    /// <summary>Leaves what is still to be done in this partition to a later batch: durable, as a message to itself.</summary>
    public void LeaveLocal()
    {
        while (Local.TryDequeue(out var command))
        {
            SendToSelf(CommandForm.Write(command));
        }
    }

    /// <summary>The frame of this batch, valid until the next begins; empty if nothing happened.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        foreach (var resident in Touched)
        {
            var entry = resident.Entry!;
            entry.Previous = resident.LastEntry;
            entry.Wake = Ticks.Of(resident.State?.Wake);
            entry.Flagged = resident.State?.IsFlagged ?? false;
        }

        _frame.Outbox.AddRange(Sent);
        if (Touched.Count + _frame.Outbox.Count + _frame.Received.Count + _frame.DeadLetters.Count == 0 && _frame.Care is null)
        {
            return [];
        }

        // Said only where it matters: whoever recomputes these turns needs it.
        _frame.Incarnation = incarnation > 1 ? incarnation : 0;
        _memory!.Outbox.WriteAcknowledged(_frame);
        return _draft.Finish(Ticks.Of(Now), _frame);
    }

    /// <summary>Computes everything that may fail, so that keeping it cannot.</summary>
    private void Prepare(Verdict.Accepted accepted, uint turn, TurnWorkspace workspace)
    {
        for (var i = 0; i < accepted.Facts.Count; i++)
        {
            var fact = accepted.Facts[i];
            var resident = Loaded(fact.Grain);
            if (accepted.Folded is null)
            {
                Become(workspace, resident, GrainTurn.Evolve(fact.Grain, workspace.StateOf(resident), fact.Event));
            }

            workspace.Events.Add((resident, _draft.Write(fact.Event, turn)));
        }

        for (var i = 0; i < (accepted.Folded?.Count ?? 0); i++)
        {
            Become(workspace, Loaded(accepted.Folded![i].Key), accepted.Folded[i]);
        }

        for (var i = 0; i < accepted.Wakes.Count; i++)
        {
            var wake = accepted.Wakes[i];
            var resident = Loaded(wake.Grain);
            if (workspace.StateOf(resident) is { } state && state.Wake != wake.At)
            {
                Become(workspace, resident, state with { Wake = wake.At });
                workspace.Woken.Add(resident);
            }
        }

        // What earlier batches left to this partition has not had its turn: what is sent now on the same ways must not overtake it.
        _behind = Local.Count == 0 && _memory!.Outbox.HasUnreceived;
        for (var i = 0; i < accepted.Effects.Count; i++)
        {
            var effect = accepted.Effects[i];
            if (effect is Effect.Send(var command) && command.Target.PartitionOf(partitions) is var destination && (destination != partition || _behind))
            {
                workspace.Sends.Add((destination, CommandForm.Write(command)));
            }
        }
    }

    /// <summary>The refusal, if an older silo beside this one could not read what the turn would write or send.</summary>
    private Rejection.NeedsLevel? Above(GrainCommand command, Verdict.Accepted accepted, TurnWorkspace workspace)
    {
        foreach (var (_, @event) in workspace.Events)
        {
            if (LevelGate.Refusal(command, StoredEvent.Descriptor, _draft.Written(@event), level.Now) is { } above)
            {
                return above;
            }
        }

        foreach (var effect in accepted.Effects)
        {
            if (effect is Effect.Send(var sent) && LevelGate.Refusal(sent, level.Now) is { } above)
            {
                return above;
            }
        }

        return null;
    }

    private void Become(TurnWorkspace workspace, Resident resident, GrainState state)
    {
        workspace.Become(resident, state);
        if (state is Grains.Contacts.Contact { MovedTo: not null })
        {
            _memory!.Grains.Depart();
        }
    }

    private void Keep(Verdict.Accepted accepted, TurnWorkspace workspace)
    {
        foreach (var (resident, @event) in workspace.Events)
        {
            _draft.Add(EntryOf(resident), @event);
        }

        foreach (var resident in workspace.Woken)
        {
            EntryOf(resident);
        }

        Events += workspace.Events.Count;
        foreach (var (destination, command) in workspace.Sends)
        {
            Sent.Add(_memory!.Outbox.Add(destination, command));
        }

        for (var i = 0; i < accepted.Effects.Count; i++)
        {
            var effect = accepted.Effects[i];
            if (effect is not Effect.Send(var command))
            {
                Effects.Add(effect);
            }
            else if (!_behind && command.Target.PartitionOf(partitions) == partition)
            {
                Local.Enqueue(command);
            }
        }
    }

    private void Refuse(GrainCommand command, IAnswered? to, object? state, Rejection rejection, int turn)
    {
        if (to is not null)
        {
            Answers.Add((to, state, null, rejection));
        }
        else if (command is not AccountCommand.Wake)
        {
            // The sender was told that it is recorded, so a message that is refused here must not vanish.
            Bury(command, turn, $"refused: {rejection}");
        }
    }

    private void Bury(GrainCommand command, int turn, string error) =>
        _frame.DeadLetters.Add(new StoredDeadLetter { Turn = (uint)turn, Grain = KeyForm.Write(command.Target), Command = CommandForm.Write(command), Error = error });

    private FrameEntry EntryOf(Resident resident)
    {
        if (resident.Entry is null)
        {
            resident.Entry = _draft.Open(resident.Key);
            _memory!.Grains.Touch(resident.Key);
            Touched.Add(resident);
        }

        return resident.Entry;
    }

    private Resident Loaded(GrainKey key) =>
        _memory!.Grains.Find(key) is { Loaded: true } resident
            ? resident
            : throw new InvalidOperationException($"a turn touched `{key}`, which is not loaded: its command did not say that it needs it");
}
