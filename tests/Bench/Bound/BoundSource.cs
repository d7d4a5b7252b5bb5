using System.Threading.Channels;
using Orchestrator.V1;

namespace Orchestrator.Bench.Bound;

/// <summary>Where a caller's acknowledgements go: one message a commit.</summary>
public sealed class BoundSource(ChannelWriter<RecordResponse> answers)
{
    RecordResponse? gathering;
    int outstanding = 1;

    public void Taken() => Interlocked.Increment(ref outstanding);

    /// <summary>By the committer only.</summary>
    public void Acknowledge(string id, int partition, long sequence)
    {
        gathering ??= new();
        gathering.Acknowledgements.Add(new Acknowledgement
        {
            SignalId = id,
            Result = Acknowledgement.Types.Result.Recorded,
            Position = new Position { Partition = partition, Sequence = sequence },
        });
    }

    /// <summary>By the committer only, after each commit.</summary>
    public void Release()
    {
        if (gathering is { } message)
        {
            gathering = null;
            answers.TryWrite(message);
            Finish(message.Acknowledgements.Count);
        }
    }

    /// <summary>No more signals come; the answers end with the last acknowledgement.</summary>
    public void NoMore() => Finish(1);

    void Finish(int count)
    {
        if (Interlocked.Add(ref outstanding, -count) == 0)
        {
            answers.TryComplete();
        }
    }
}
