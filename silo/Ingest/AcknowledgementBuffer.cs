using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Ingest;

/// <summary>
/// Acknowledgements as the bytes of the messages that carry them, written when they are given: no object waits for the connection. Used again and again; one
/// owner at a time.
/// </summary>
internal sealed class AcknowledgementBuffer
{
    private const int MostInOneMessage = 1_024;
    private const int LargestMessage = 64 * 1024;

    private readonly FormBuffer bytes = new();

    // Where each message but the last ends.
    private readonly List<int> ends = [];
    private int begun;
    private int count;

    public bool IsEmpty => bytes.Length == 0;

    /// <summary>How many messages they make.</summary>
    public int Messages => IsEmpty ? 0 : ends.Count + 1;

    /// <summary>One of the messages; valid until more are added.</summary>
    public Encoded<RecordResponse> this[int message]
    {
        get
        {
            var from = message == 0 ? 0 : ends[message - 1];
            var to = message == ends.Count ? bytes.Length : ends[message];
            return new(bytes.Memory[from..to]);
        }
    }

    /// <summary>Adds one of a signal that is recorded: the same bytes as <see cref="Acknowledging.Of"/> gives, without the message.</summary>
    public void Add(string signalId, int partition, Answer.Recorded recorded)
    {
        Cut();
        var acknowledgement = bytes.Begin(RecordResponse.AcknowledgementsFieldNumber);
        bytes.Text(Acknowledgement.SignalIdFieldNumber, signalId);
        bytes.Whole(Acknowledgement.ResultFieldNumber, (int)Acknowledging.ResultOf(recorded));
        var position = bytes.Begin(Acknowledgement.PositionFieldNumber);
        bytes.Whole(Position.PartitionFieldNumber, partition);
        bytes.Whole(Position.SequenceFieldNumber, recorded.Sequence);
        bytes.End(position);
        bytes.End(acknowledgement);
    }

    public void Add(Acknowledgement acknowledgement)
    {
        Cut();
        bytes.Message(RecordResponse.AcknowledgementsFieldNumber, acknowledgement);
    }

    public void Clear()
    {
        bytes.Clear();
        ends.Clear();
        (begun, count) = (0, 0);
    }

    /// <summary>Begins another message if the last one is full.</summary>
    private void Cut()
    {
        if (++count > MostInOneMessage || bytes.Length - begun >= LargestMessage)
        {
            ends.Add(begun = bytes.Length);
            count = 1;
        }
    }
}
