using Google.Protobuf;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Grains.StoredForms.Levels;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.Partitions;
using Orchestrator.Simulation.Machine;
using Orchestrator.Simulation.Store;
using Orchestrator.V1;

namespace Orchestrator.Simulation.Checking;

/// <summary>
/// Sees everything become durable and keeps what it means: the fold of each grain from zero, what was sent and received, which signals were applied and which
/// actions were offered and ended. Whatever contradicts an invariant breaks the run at that very commit. Knows nothing of what the silos believe.
/// </summary>
/// <param name="simulation">Where what breaks is told.</param>
/// <param name="quarantineAfter">Deaths that put somebody into quarantine.</param>
/// <param name="known">The feature level of the oldest silo: what newer ones derive from the same facts is not in the snapshots that it writes, so states are compared by what all know.</param>
internal sealed class Journals(SimMachine simulation, int quarantineAfter, int known) : IStoreObserver
{
    private readonly Dictionary<GrainKey, (GrainState? State, long Last)> _folded = [];
    private readonly Dictionary<(int Partition, string Grain), long> _saved = [];
    private readonly Dictionary<int, List<JournalFrame>> _frames = [];
    private readonly Dictionary<int, long> _epochs = [];
    private readonly Dictionary<(int From, int To), long> _sent = [];
    private readonly Dictionary<(int From, int To), long> _received = [];
    private readonly Dictionary<string, Applied> _applied = [];
    private readonly Dictionary<string, List<string>> _buried = [];
    private readonly Dictionary<string, Dictionary<(int From, int To), (long Number, GrainKey Target)>> _carried = [];
    private readonly Dictionary<(int From, int To), long> _lastApplied = [];
    private readonly Dictionary<string, (GrainKey Account, OpenAction Action)> _offered = [];
    private readonly Dictionary<string, EndedHow> _ended = [];
    private readonly HashSet<(GrainKey, string, string)> _absorbed = [];
    private readonly Dictionary<GrainKey, long> _woken = [];
    private readonly Dictionary<GrainKey, List<long>> _entries = [];
    private readonly Dictionary<int, long> _acknowledged = [];
    private readonly Dictionary<int, List<(TimeSpan At, string Owner)>> _owners = [];
    private readonly Dictionary<int, (GrainKey? Open, Dictionary<GrainKey, int> Deaths)> _cares = [];
    private readonly HashSet<GrainKey> _quarantined = [];
    private bool _refolding;

    /// <summary>Where a signal was applied.</summary>
    internal sealed record Applied(GrainKey Account, int Partition, long Sequence, Signal Signal);

    public IReadOnlyDictionary<GrainKey, (GrainState? State, long Last)> Folded => _folded;

    public IReadOnlyDictionary<string, Applied> Signals => _applied;

    /// <summary>Signals that ended as dead letters, with the reasons.</summary>
    public IReadOnlyDictionary<string, List<string>> Buried => _buried;

    public IReadOnlyDictionary<string, (GrainKey Account, OpenAction Action)> Offered => _offered;

    public IReadOnlyDictionary<string, EndedHow> Ended => _ended;

    public IReadOnlyDictionary<(int From, int To), long> Sent => _sent;

    /// <summary>The highest instant of any frame, UTC ticks.</summary>
    public long LatestAt { get; private set; }

    public int Frames { get; private set; }

    public int FencedAppends { get; private set; }

    public int TakeOvers { get; private set; }

    public int Snapshots { get; private set; }

    public int Messages { get; private set; }

    public int Wakes { get; private set; }

    /// <summary>Who is given no commands any more.</summary>
    public IReadOnlyCollection<GrainKey> Quarantined => _quarantined;

    public long ReceivedFrom(int source, int partition) => _received.GetValueOrDefault((source, partition));

    /// <summary>Somebody was told of this frame.</summary>
    public void Acknowledge(int partition, long sequence) => _acknowledged[partition] = Math.Max(sequence, _acknowledged.GetValueOrDefault(partition));

    /// <summary>The last entry of a grain that anybody was told of: whoever begins to read now must see it.</summary>
    public long LastAcknowledged(GrainKey key, int partition)
    {
        var until = _acknowledged.GetValueOrDefault(partition);
        return _entries.TryGetValue(key, out var entries) ? entries.FindLast(e => e <= until) : 0;
    }

    public long Durable(int partition) => _frames.TryGetValue(partition, out var frames) ? frames.Count : 0;

    public bool IsCarried(string signal) => _carried.ContainsKey(signal);

    /// <summary>True once every message was received.</summary>
    public bool AllReceived => _sent.All(s => _received.GetValueOrDefault(s.Key) == s.Value);

    public IEnumerable<string> Unreceived => _sent.Where(s => _received.GetValueOrDefault(s.Key) != s.Value).Select(s => $"{s.Key.From} to {s.Key.To}: {_received.GetValueOrDefault(s.Key)} of {s.Value}");

    public void TookOver(int partition, long epoch, string owner, int reads, int level)
    {
        Must(reads >= level, "I16", $"partition {partition} was taken for `{owner}` by a silo that reads up to feature level {reads}, and the store has {level}");
        TakeOvers++;
        Must(epoch == _epochs.GetValueOrDefault(partition) + 1, "I2", $"partition {partition} goes from epoch {_epochs.GetValueOrDefault(partition)} to {epoch}");
        _epochs[partition] = epoch;
        if (!_owners.TryGetValue(partition, out var owners))
        {
            _owners.Add(partition, owners = []);
        }

        owners.Add((simulation.Time, owner));
        if (_cares.GetValueOrDefault(partition) is ({ } open, var deaths))
        {
            deaths[open] = deaths.GetValueOrDefault(open) + 1;
        }
    }

    /// <summary>Who was named the partition's owner, at any moment from one instant to another.</summary>
    public IEnumerable<string> OwnersBetween(int partition, TimeSpan from, TimeSpan to)
    {
        var owners = _owners.GetValueOrDefault(partition) ?? [];
        return owners.Where((o, i) => o.At <= to && (i + 1 == owners.Count || owners[i + 1].At >= from)).Select(o => o.Owner);
    }

    public void Appended(JournalFrame stored, int level)
    {
        Must(level >= FeatureLevel.Packed || !PackedBody.Is(stored.Body), "I16", $"frame {stored.Sequence} of partition {stored.Partition} is packed, and the store has feature level {level}");
        var frame = stored with { Body = PackedBody.Expand(stored.Body) };
        if (FormLevels.Find(StoredFrame.Descriptor, frame.Body, level) is { } above)
        {
            Must(false, "I16", $"frame {frame.Sequence} of partition {frame.Partition} has `{above.Name}` of feature level {above.Level}, and the store has {level}");
        }

        if (!_frames.TryGetValue(frame.Partition, out var frames))
        {
            _frames.Add(frame.Partition, frames = []);
        }

        Frames++;
        Must(frame.Sequence == frames.Count + 1, "I1", $"frame {frame.Sequence} of partition {frame.Partition} was written after frame {frames.Count}");
        Must(frame.Epoch == _epochs.GetValueOrDefault(frame.Partition), "I2", $"frame {frame.Sequence} of partition {frame.Partition} has epoch {frame.Epoch}, and {_epochs.GetValueOrDefault(frame.Partition)} was taken");
        Must(frames.Count == 0 || frame.At >= frames[^1].At, "I9", $"frame {frame.Sequence} of partition {frame.Partition} is older than the one before it: its instant goes back by {TimeSpan.FromTicks(frames.Count == 0 ? 0 : frames[^1].At - frame.At)}");
        frames.Add(frame);
        LatestAt = Math.Max(LatestAt, frame.At);
        if (simulation.Broken is null)
        {
            Fold(frame, FrameForm.Read(frame.Body));
        }
    }

    public void Refused(in JournalAppend frame, PartitionRow row)
    {
        FencedAppends++;
        simulation.Trace.Note(simulation.Now, "fenced", frame.Partition, frame.Epoch, row.Epoch);
        // Whoever holds the epoch is the only writer, so it knows what comes next; anything else was sent twice or read too early.
        Must(frame.Epoch != row.Epoch, "I1", $"the owner of partition {frame.Partition} at epoch {frame.Epoch} wrote frame {frame.Sequence}, and {row.NextSequence} is next");
    }

    public void Saved(int partition, long epoch, SnapshotRow snapshot)
    {
        Snapshots++;
        var before = _saved.GetValueOrDefault((partition, snapshot.Grain));
        Must(snapshot.Sequence > before, "I8", $"the snapshot of `{snapshot.Grain}` goes from sequence {before} to {snapshot.Sequence}");
        Must(epoch == _epochs.GetValueOrDefault(partition), "I8", $"a snapshot of `{snapshot.Grain}` was written by epoch {epoch}, and {_epochs.GetValueOrDefault(partition)} was taken");
        _saved[(partition, snapshot.Grain)] = snapshot.Sequence;
        var (state, last) = _folded.GetValueOrDefault(KeyForm.Parse(snapshot.Grain));
        Must(snapshot.Sequence <= last, "I8", $"the snapshot of `{snapshot.Grain}` is of sequence {snapshot.Sequence}, its last entry is {last}");
        if (last == snapshot.Sequence)
        {
            snapshot = snapshot with { Body = PackedBody.Expand(snapshot.Body) };
            Must(Bytes(state, last).Equals(Known(ByteString.CopyFrom(snapshot.Body))), "I7", $"the snapshot of `{snapshot.Grain}` at {last} is not the fold of its journal:\n{state}\n{StateForm.Read(StoredState.Parser.ParseFrom(snapshot.Body)).State}");
        }
    }

    /// <summary>Begins anew with what is left after a restore.</summary>
    public void Restored(StoreModel model)
    {
        _refolding = true;
        _entries.Clear();
        _acknowledged.Clear();
        _folded.Clear();
        _saved.Clear();
        _frames.Clear();
        _sent.Clear();
        _received.Clear();
        _applied.Clear();
        _buried.Clear();
        _carried.Clear();
        _lastApplied.Clear();
        _offered.Clear();
        _ended.Clear();
        _absorbed.Clear();
        _woken.Clear();
        _cares.Clear();
        _quarantined.Clear();
        foreach (var row in model.Rows())
        {
            foreach (var frame in model.Frames(row.Partition, 1, long.MaxValue))
            {
                _epochs[row.Partition] = frame.Epoch;
                Appended(frame, model.Level);
            }

            _epochs[row.Partition] = row.Epoch;
            foreach (var snapshot in model.AllSnapshots(row.Partition, "", int.MaxValue))
            {
                _saved[(row.Partition, snapshot.Grain)] = snapshot.Sequence;
            }
        }

        _refolding = false;
    }

    /// <summary>What all silos of the world know of a state.</summary>
    public ByteString Bytes(GrainState? state, long last) => state is null ? ByteString.Empty : Known(StateForm.Write(state, last).ToByteString());

    private ByteString Known(ByteString state) => known < FeatureLevel.Current ? ByteString.CopyFrom(OlderForm.Of(state.ToByteArray(), known)) : state;

    private void Fold(JournalFrame frame, StoredFrame stored)
    {
        TakeCare(frame, stored.Care);
        foreach (var message in stored.Outbox)
        {
            Send((frame.Partition, message.Destination), message);
        }

        foreach (var mark in stored.Received)
        {
            Receive((mark.Partition, frame.Partition), mark.Number);
        }

        foreach (var letter in stored.DeadLetters)
        {
            if ((letter.Command.Record ?? letter.Command.Route)?.Signal.Id is { } id)
            {
                (_buried.TryGetValue(id, out var reasons) ? reasons : _buried[id] = []).Add(letter.Error);
            }

            Must(letter.Error.StartsWith("refused: ", StringComparison.Ordinal) || letter.Command.Route?.Signal.Id.StartsWith("poison", StringComparison.Ordinal) == true, "I13", $"a decision threw: {letter.Error}");
        }

        var events = new List<(GrainKey Key, StoredEvent Event)>();
        foreach (var entry in stored.Entries)
        {
            var key = KeyForm.Read(entry.Grain);
            var (state, last) = _folded.GetValueOrDefault(key);
            Must(entry.Previous == last, "I7", $"the entry of `{key}` in frame {frame.Sequence} of partition {frame.Partition} follows {entry.Previous}, and its last is {last}");
            if (simulation.Broken is not null)
            {
                return;
            }

            _folded[key] = (PartitionRecovery.Fold(key, state, entry), frame.Sequence);
            (_entries.TryGetValue(key, out var entries) ? entries : _entries[key] = []).Add(frame.Sequence);
            events.AddRange(entry.Events.Where(e => e.Account is not null).Select(e => (key, e)));
        }

        // Entries are by grain; what happened first is told by the turns.
        foreach (var (key, @event) in events.OrderBy(e => e.Event.Turn))
        {
            Note(key, @event.Account, frame);
        }
    }

    /// <summary>Quarantine is for who was under way at five deaths in succession, none of whose commands was survived in between.</summary>
    private void TakeCare(JournalFrame frame, StoredCare? care)
    {
        var (open, deaths) = _cares.GetValueOrDefault(frame.Partition, (null, []));
        foreach (var quarantine in care?.Quarantined ?? [])
        {
            var grain = KeyForm.Read(quarantine.Grain);
            Must(deaths.GetValueOrDefault(grain) >= quarantineAfter, "I13", $"`{grain.Affinity}` was put into quarantine after {deaths.GetValueOrDefault(grain)} deaths with a command of it under way");
            _quarantined.Add(grain);
            simulation.Trace.Note(simulation.Now, "quarantine", frame.Partition, text: grain.Affinity);
        }

        foreach (var released in care?.Released ?? [])
        {
            _quarantined.Remove(PartitionCare.SubjectOf(KeyForm.Read(released)));
        }

        if (open is { } survived && frame.Epoch == _frames[frame.Partition].ElementAtOrDefault(_frames[frame.Partition].Count - 2)?.Epoch)
        {
            deaths.Remove(survived);
        }

        _cares[frame.Partition] = (care?.Intent is { } intent ? PartitionCare.SubjectOf(KeyForm.Read(intent.Grain)) : null, deaths);
    }

    private void Send((int From, int To) pair, StoredMessage message)
    {
        Messages++;
        var last = _sent.GetValueOrDefault(pair);
        Must(message.Number == last + 1, "I5", $"partition {pair.From} gives message {message.Number} to {pair.To} after {last}");
        _sent[pair] = message.Number;
        simulation.Trace.Note(simulation.Now, "gives", pair.From, pair.To, message.Number, $"{message.Command.KindCase} {message.Command.Target.Affinity} {(message.Command.Record ?? message.Command.Route)?.Signal.Id}");
        if (message.Command.Record?.Signal.Id is { } id)
        {
            if (!_carried.TryGetValue(id, out var ways))
            {
                _carried.Add(id, ways = []);
            }

            ways.TryAdd(pair, (message.Number, KeyForm.Read(message.Command.Target)));
        }
        else if (message.Command.Route?.Signal.Id is { } routed)
        {
            _carried.TryAdd(routed, []);
        }
    }

    private void Receive((int From, int To) pair, long number)
    {
        Must(number > _received.GetValueOrDefault(pair), "I5", $"partition {pair.To} received message {number} of {pair.From} after {_received.GetValueOrDefault(pair)}");
        // After a restore partitions are folded one after the other, not as it happened.
        Must(_refolding || number <= _sent.GetValueOrDefault(pair), "I4", $"partition {pair.To} received message {number} of {pair.From}, which has committed {_sent.GetValueOrDefault(pair)}");
        _received[pair] = number;
        simulation.Trace.Note(simulation.Now, "receives", pair.From, pair.To, number);
    }

    private void Note(GrainKey account, StoredAccountEvent @event, JournalFrame frame)
    {
        switch (@event.KindCase)
        {
            case StoredAccountEvent.KindOneofCase.SignalRecorded:
                Apply(account, @event.SignalRecorded.Signal, frame);
                break;
            case StoredAccountEvent.KindOneofCase.ActionOffered:
                var action = ((AccountEvent.ActionOffered)EventForm.Read(new StoredEvent { Account = @event }, account)).Action;
                Must(_offered.TryAdd(action.Id, (account, action)), "I6", $"action {action.Id} was decided twice");
                break;
            case StoredAccountEvent.KindOneofCase.ActionEnded:
                Must(_offered.ContainsKey(@event.ActionEnded.Id), "I6", $"action {@event.ActionEnded.Id} ended and was never decided");
                Must(_ended.TryAdd(@event.ActionEnded.Id, (EndedHow)(int)@event.ActionEnded.How), "I3", $"action {@event.ActionEnded.Id} ended twice");
                break;
            case StoredAccountEvent.KindOneofCase.Absorbed:
                var moved = @event.Absorbed;
                // Each move of the token gives it a new name, so the same pair twice is the same message twice; but whoever found that two accounts were merged into each other may come home again and again.
                Must((moved.From.Account, moved.From.Contact) == (account.Affinity, moved.Contact) || _absorbed.Add((account, moved.Contact, moved.From.ToString()!)), "I10", $"`{account.Affinity}` took {moved.Contact} in from {moved.From} twice");
                break;
            case StoredAccountEvent.KindOneofCase.Woken:
                var woken = @event.Woken;
                Wakes++;
                Must(woken.Due <= frame.At, "I9", $"`{account.Affinity}` was woken {TimeSpan.FromTicks(woken.Due - frame.At)} too early");
                Must(woken.Due > _woken.GetValueOrDefault(account), "I9", $"`{account.Affinity}` was woken twice for one instant");
                _woken[account] = woken.Due;
                break;
        }
    }

    private void Apply(GrainKey account, Signal signal, JournalFrame frame)
    {
        simulation.Trace.Note(simulation.Now, "applies", frame.Partition, frame.Sequence, 0, $"{signal.Id} {account.Affinity}");
        var here = new Applied(account, frame.Partition, frame.Sequence, signal);
        if (!_applied.TryAdd(signal.Id, here))
        {
            var there = _applied[signal.Id];
            simulation.Break("I3", $"signal {signal.Id} was applied by `{there.Account.Affinity}` at {there.Partition}/{there.Sequence} and by `{account.Affinity}` at {frame.Partition}/{frame.Sequence}");
            return;
        }

        // Only where one way led here do we know which way it came. What came to another account of this partition went on from there with the turns of the batch: those after it may be first.
        if (!_refolding && _carried.TryGetValue(signal.Id, out var ways))
        {
            // A message that has not been received is not how it came: the same signal, sent twice, is on its way once more.
            var led = ways.Where(w => w.Key.To == frame.Partition).ToList();
            if (led is [var (pair, (number, target))] && target == account && number <= _received.GetValueOrDefault(pair))
            {
                Must(number > _lastApplied.GetValueOrDefault(pair), "I5", $"partition {pair.To} applied message {number} of {pair.From} after {_lastApplied.GetValueOrDefault(pair)}");
                _lastApplied[pair] = number;
            }
        }
    }

    private void Must(bool holds, string invariant, string how)
    {
        if (!holds)
        {
            simulation.Break(invariant, how);
        }
    }
}
