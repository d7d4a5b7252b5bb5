using Orchestrator.V1;

namespace Orchestrator.Silo.Outbox;

/// <summary>
/// A partition's counters and what it sent that is not acknowledged. Part of the journaled state: the same numbers after every recovery.
/// Lives on the partition's loop.
/// </summary>
/// <remarks>
/// Contiguous per pair, not per source: with one counter for all destinations a destination would see gaps that it could not tell from losses. Each turn asks for the pair of the
/// partition with itself: its numbers stand by themselves, beside the tables.
/// </remarks>
/// <param name="self">The partition.</param>
internal sealed class OutboxState(int self)
{
    private readonly Dictionary<int, long> _sent = [];
    private readonly Dictionary<int, long> _received = [];
    private readonly Dictionary<int, Queue<StoredMessage>> _unacknowledged = [];
    private readonly SortedDictionary<int, long> _toJournal = [];
    private long _sentToSelf;
    private long _receivedFromSelf;

    /// <summary>Messages that wait for an acknowledgement.</summary>
    public int Waiting { get; private set; }

    /// <summary>The highest number applied from a source.</summary>
    public long ReceivedFrom(int source) => _received.GetValueOrDefault(source);

    public void Receive(int source, long number)
    {
        _received[source] = number;
        if (source == self)
        {
            _receivedFromSelf = number;
        }
    }

    /// <summary>Whether messages of this partition to itself have not been applied yet.</summary>
    public bool HasUnreceived => _sentToSelf > _receivedFromSelf;

    /// <summary>Gives the next number to a command.</summary>
    public StoredMessage Add(int destination, StoredCommand command)
    {
        var message = new StoredMessage { Destination = destination, Number = _sent.GetValueOrDefault(destination) + 1, Command = command };
        Keep(message);
        return message;
    }

    /// <summary>Forgets what is durable at the destination; journaled with the next frame, since forgetting late only costs a doubled message.</summary>
    public void Acknowledge(int destination, long number)
    {
        if (Trim(destination, number))
        {
            _toJournal[destination] = number;
        }
    }

    /// <summary>Writes the acknowledgements that the journal does not know yet.</summary>
    public void WriteAcknowledged(StoredFrame frame)
    {
        foreach (var (destination, number) in _toJournal)
        {
            frame.Acknowledged.Add(new StoredWatermark { Partition = destination, Number = number });
        }

        _toJournal.Clear();
    }

    /// <summary>What waits for this destination from a number on, in order, at most <paramref name="limit"/>.</summary>
    public IEnumerable<StoredMessage> Unacknowledged(int destination, long from, int limit) =>
        _unacknowledged.TryGetValue(destination, out var queue) ? queue.Where(m => m.Number >= from).Take(limit) : [];

    /// <summary>The lowest number that this destination has not acknowledged; the next one to be given if there is none.</summary>
    public long FirstUnacknowledged(int destination) =>
        _unacknowledged.TryGetValue(destination, out var queue) && queue.TryPeek(out var first) ? first.Number : _sent.GetValueOrDefault(destination) + 1;

    /// <summary>Who has not acknowledged something, in order.</summary>
    public IEnumerable<int> Destinations => _unacknowledged.Where(d => d.Value.Count > 0).Select(d => d.Key).Order();

    /// <summary>Starts from what was saved with a checkpoint.</summary>
    public void Load(StoredWatermarks saved)
    {
        foreach (var message in saved.Outbox)
        {
            Keep(message);
        }

        foreach (var mark in saved.Sent)
        {
            Send(mark.Partition, mark.Number);
        }

        foreach (var mark in saved.Received)
        {
            Receive(mark.Partition, mark.Number);
        }
    }

    /// <summary>Folds a frame. What the saved watermarks already include changes nothing.</summary>
    public void Fold(StoredFrame frame)
    {
        foreach (var message in frame.Outbox)
        {
            if (message.Number > _sent.GetValueOrDefault(message.Destination))
            {
                Keep(message);
            }
        }

        foreach (var mark in frame.Received)
        {
            Receive(mark.Partition, Math.Max(mark.Number, ReceivedFrom(mark.Partition)));
        }

        foreach (var mark in frame.Acknowledged)
        {
            Trim(mark.Partition, mark.Number);
        }
    }

    /// <summary>Everything, by partition.</summary>
    public StoredWatermarks Save(long lastAt)
    {
        var saved = new StoredWatermarks { LastAt = lastAt };
        foreach (var (partition, number) in _sent.OrderBy(mark => mark.Key))
        {
            saved.Sent.Add(new StoredWatermark { Partition = partition, Number = number });
        }

        foreach (var (partition, number) in _received.OrderBy(mark => mark.Key))
        {
            saved.Received.Add(new StoredWatermark { Partition = partition, Number = number });
        }

        foreach (var (_, queue) in _unacknowledged.OrderBy(messages => messages.Key))
        {
            saved.Outbox.AddRange(queue);
        }

        return saved;
    }

    private void Keep(StoredMessage message)
    {
        if (!_unacknowledged.TryGetValue(message.Destination, out var queue))
        {
            _unacknowledged.Add(message.Destination, queue = new());
        }

        queue.Enqueue(message);
        Send(message.Destination, message.Number);
        Waiting++;
    }

    private void Send(int destination, long number)
    {
        _sent[destination] = number;
        if (destination == self)
        {
            _sentToSelf = number;
        }
    }

    private bool Trim(int destination, long number)
    {
        var trimmed = false;
        if (_unacknowledged.TryGetValue(destination, out var queue))
        {
            while (queue.TryPeek(out var first) && first.Number <= number)
            {
                queue.Dequeue();
                Waiting--;
                trimmed = true;
            }
        }

        return trimmed;
    }
}
