using Google.Protobuf;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Journal.Packing;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.EndToEnd.Crashes;

/// <summary>
/// What a dead silo left behind, read from its store by this process: how often each signal was applied, what became of each action, and whether the state that
/// recovery gives (snapshot and tail) is byte for byte the fold of the journal from its first frame.
/// </summary>
sealed class JournalCheck
{
    /// <summary>Where each signal was applied: account, partition and sequence.</summary>
    public Dictionary<string, List<string>> Applied { get; } = [];

    /// <summary>Signals on their durable way from an identity to the account of the person: a message in the journal, sent until it is applied.</summary>
    public HashSet<string> OnTheWay { get; } = [];

    public Dictionary<string, StoredAction> Offered { get; } = [];

    public Dictionary<string, List<StoredActionEnded>> Ended { get; } = [];

    public int Frames { get; private set; }

    public int Grains { get; private set; }

    /// <summary>Grains whose recovered state began with a snapshot and needed entries after it.</summary>
    public int SnapshotAndTail { get; private set; }

    public long SignalsCounted { get; private set; }

    public int DeadLetters { get; private set; }

    /// <summary>The folded state of each grain, by name.</summary>
    public SortedDictionary<string, StoredState> States { get; } = new(StringComparer.Ordinal);

    /// <summary>The kinds of facts in the journal, such as `account.action_offered`.</summary>
    public SortedSet<string> Kinds { get; } = new(StringComparer.Ordinal);

    public static async Task<JournalCheck> ReadAsync(string file)
    {
        await using var store = PackedStore.Reading(new SqliteStore(file, TimeProvider.System));
        await store.OpenAsync(new StoreCreation(16, "test"), default);
        return await ReadAsync(store);
    }

    /// <param name="store">Open; nobody writes to it meanwhile.</param>
    public static async Task<JournalCheck> ReadAsync(IStore store)
    {
        var check = new JournalCheck();
        foreach (var row in await store.PartitionsAsync(default))
        {
            await check.PartitionAsync(store, row);
        }

        return check;
    }

    async Task PartitionAsync(IStore store, PartitionRow row)
    {
        var fold = new Dictionary<GrainKey, (GrainState? State, long Last)>();
        var (expected, epoch) = (1L, 0L);
        await foreach (var frame in store.ReadFramesAsync(row.Partition, 1, row.NextSequence - 1, default))
        {
            Frames++;
            Assert.True(frame.Sequence == expected++ && frame.Epoch >= epoch, $"partition {row.Partition} has frame {frame.Sequence} of epoch {frame.Epoch} after frame {expected - 2} of epoch {epoch}");
            epoch = frame.Epoch;
            var stored = FrameForm.Read(frame.Body);
            DeadLetters += stored.DeadLetters.Count;
            OnTheWay.UnionWith(stored.Outbox.Select(m => (m.Command.Record ?? m.Command.Route)?.Signal.Id).OfType<string>());
            foreach (var entry in stored.Entries)
            {
                var key = KeyForm.Read(entry.Grain);
                fold[key] = (PartitionRecovery.Fold(key, fold.GetValueOrDefault(key).State, entry), frame.Sequence);
                Kinds.UnionWith(entry.Events.Select(KindOf));
                foreach (var @event in entry.Events.Where(e => e.Account is not null))
                {
                    Note(@event.Account, $"{key.Affinity} at {row.Partition}/{frame.Sequence}");
                }
            }
        }

        var memory = await PartitionRecovery.ReadAsync(store, row, PartitionSettings.Default, default);
        var tails = memory.Grains.All.Where(g => !g.IsSaved).Select(g => g.Name).ToHashSet();
        await PartitionRecovery.LoadAsync(store, row.Partition, memory, fold.Keys, default);
        foreach (var (key, (state, last)) in fold)
        {
            Grains++;
            var recovered = memory.Grains.Find(key)!;
            Assert.Equal(Bytes(state, last), Bytes(recovered.State, recovered.LastEntry));
            if (state is not null)
            {
                States[key.ToString()] = StateForm.Write(state, last);
            }

            SignalsCounted += state is Orchestrator.Grains.Accounts.Account account ? account.SignalCount : 0;
        }

        var snapshots = await store.ReadAllSnapshotsAsync(row.Partition, "", 10_000, default);
        SnapshotAndTail += snapshots.Count(s => tails.Contains(s.Grain) && fold[KeyForm.Parse(s.Grain)].Last > s.Sequence);
    }

    void Note(StoredAccountEvent @event, string place)
    {
        switch (@event.KindCase)
        {
            case StoredAccountEvent.KindOneofCase.SignalRecorded:
                var id = @event.SignalRecorded.Signal.Id;
                (Applied.TryGetValue(id, out var places) ? places : Applied[id] = []).Add(place);
                break;
            case StoredAccountEvent.KindOneofCase.ActionOffered:
                Assert.True(Offered.TryAdd(@event.ActionOffered.Action.Id, @event.ActionOffered.Action), $"action {@event.ActionOffered.Action.Id} was offered twice");
                break;
            case StoredAccountEvent.KindOneofCase.ActionEnded:
                (Ended.TryGetValue(@event.ActionEnded.Id, out var ends) ? ends : Ended[@event.ActionEnded.Id] = []).Add(@event.ActionEnded);
                break;
        }
    }

    static string KindOf(StoredEvent @event)
    {
        var grain = StoredEvent.Descriptor.Oneofs[0].Accessor.GetCaseFieldDescriptor(@event);
        var inner = (IMessage)grain.Accessor.GetValue(@event);
        return $"{grain.Name}.{inner.Descriptor.Oneofs[0].Accessor.GetCaseFieldDescriptor(inner).Name}";
    }

    static ByteString Bytes(GrainState? state, long last) => state is null ? ByteString.Empty : StateForm.Write(state, last).ToByteString();
}
