using System.Threading.Channels;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Bench.Bound;

/// <summary>The signal service of the bound: the contract as it is, with every signal accepted.</summary>
public sealed class BoundSignals(BoundCommitter committer)
{
    public IAsyncEnumerable<RecordResponse> Record(MessageReader<RecordRequest> requests, CallContext call)
    {
        // Bounded by what the client has outstanding; the reader stops taking when the committer is full.
        var answers = Channel.CreateUnbounded<RecordResponse>(new() { SingleReader = true });
        _ = TakeAsync(requests, answers.Writer);
        return answers.Reader.ReadAllAsync(call.CancellationToken);
    }

    public async Task<RecordBatchResponse> RecordBatch(RecordBatchRequest request, CallContext call)
    {
        var answers = Channel.CreateUnbounded<RecordResponse>();
        committer.BeginDecoding();
        var source = new BoundSource(answers.Writer);
        foreach (var signal in request.Signals)
        {
            committer.Add(source, Entry(signal, out var partition), partition);
        }

        committer.EndDecoding();
        source.NoMore();
        var byId = new Dictionary<string, Acknowledgement>();
        await foreach (var answer in answers.Reader.ReadAllAsync(call.CancellationToken))
        {
            foreach (var one in answer.Acknowledgements)
            {
                byId[one.SignalId] = one;
            }
        }

        return new RecordBatchResponse { Acknowledgements = { request.Signals.Select(signal => byId[signal.Id]) } };
    }

    async Task TakeAsync(MessageReader<RecordRequest> requests, ChannelWriter<RecordResponse> answers)
    {
        var source = new BoundSource(answers);
        try
        {
            while (await requests.WaitToReadAsync().ConfigureAwait(false))
            {
                await committer.RoomAsync().ConfigureAwait(false);
                committer.BeginDecoding();
                while (requests.TryRead(out var request))
                {
                    committer.Add(source, Entry(request.Signal, out var partition), partition);
                }

                committer.EndDecoding();
            }

            source.NoMore();
        }
        catch (Exception fault) when (fault is RpcException or OperationCanceledException)
        {
            answers.TryComplete(fault);
        }
    }

    /// <summary>What a silo journals of such a signal when nothing is to be done: the signal with its score and tally posts, and the contact's part.</summary>
    static (StoredEntry Account, StoredEntry Contact) Entry(Signal signal, out int partition)
    {
        partition = GrainKey.Account("default", signal.Account).PartitionOf(BoundServer.Partitions);
        var at = signal.Time.Seconds * TimeSpan.TicksPerSecond;
        var post = new StoredScorePost { Score = "engagement", Points = 3, HalfLife = TimeSpan.TicksPerDay * 14, At = at };
        var recorded = new StoredSignalRecorded
        {
            Signal = signal,
            Contact = "c-0123456789abcdef",
            At = at,
            PlaybookVersion = 1,
            IdHash = StableHash.Of(signal.Id),
            ContentHash = 1,
            Sequence = 1,
            Scores = { post },
            Tallies = { new StoredTallyPost { Tally = signal.Type, At = at, KeepFor = TimeSpan.TicksPerDay * 30 } },
        };
        var account = new StoredEntry
        {
            Grain = new StoredGrainKey { Kind = 1, Tenant = "default", Affinity = signal.Account },
            Previous = 1,
            Events = { new StoredEvent { Account = new StoredAccountEvent { SignalRecorded = recorded } }, new StoredEvent { Account = new StoredAccountEvent { None = new StoredNone { Reason = 1 } } } },
        };
        var contact = new StoredEntry
        {
            Grain = new StoredGrainKey { Kind = 2, Tenant = "default", Affinity = signal.Account, Id = recorded.Contact },
            Previous = 1,
            Events = { new StoredEvent { Contact = new StoredContactEvent { Signalled = new StoredContactSignalled { At = at, Scores = { post } } } } },
        };
        return (account, contact);
    }
}
