using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Outbox;

namespace Orchestrator.Silo.Partitions;

/// <summary>What waits at one partition. Anybody posts; the partition's loop takes.</summary>
/// <remarks>
/// Bounded by count and by bytes. Above half of the bound one affinity key may hold a sixteenth of it only, so that a hot account
/// is turned away before its neighbours are. Messages from other partitions have a bound of their own: one that is dropped is sent again.
/// </remarks>
internal sealed class Mailbox(PartitionSettings settings, Wakeup wakeup)
{
    private const int Slots = 1024;
    private const int MessageLimit = 16_384;
    private const int ReadLimit = 1_024;

    private readonly Lock _gate = new();
    private readonly int[] _held = new int[Slots];
    private readonly Lanes _lanes = new();
    private List<Letter> _incoming = [];
    private List<Letter> _spare = [];
    private List<PartitionMessage> _messages = [];
    private List<PartitionMessage> _spareMessages = [];
    private List<ReadRequest> _reads = [];
    private int _count;
    private long _bytes;
    private bool _closed;

    /// <summary>Commands that wait.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Whether anything waits. Loop only.</summary>
    public bool HasWork
    {
        get
        {
            lock (_gate)
            {
                return _count > 0 || _messages.Count > 0 || _reads.Count > 0;
            }
        }
    }

    /// <summary>Takes a command in, or says why not.</summary>
    public Admission Post(in Letter letter)
    {
        var slot = SlotOf(letter.Command.Target);
        lock (_gate)
        {
            if (_closed)
            {
                return Admission.Closed;
            }

            if (_count >= settings.MailboxLimit || _bytes + letter.Bytes > settings.MailboxLimitBytes
                || (_count > settings.MailboxLimit / 2 && _held[slot] >= Math.Max(1, settings.MailboxLimit / 16)))
            {
                return Admission.Full;
            }

            _incoming.Add(letter);
            _held[slot]++;
            _bytes += letter.Bytes;
            _count++;
        }

        wakeup.Set();
        return Admission.Taken;
    }

    /// <summary>Takes a message of another partition in, or drops it: the sender sends it again.</summary>
    public void Post(PartitionMessage message)
    {
        lock (_gate)
        {
            if (_closed || _messages.Count >= MessageLimit)
            {
                return;
            }

            _messages.Add(message);
        }

        wakeup.Set();
    }

    public bool Post(ReadRequest read)
    {
        lock (_gate)
        {
            if (_closed || _reads.Count >= ReadLimit)
            {
                return false;
            }

            _reads.Add(read);
        }

        wakeup.Set();
        return true;
    }

    /// <summary>Moves the next commands into <paramref name="batch"/>: all in order of arrival if they fit, else in turns between affinity keys.</summary>
    public void Take(List<Letter> batch)
    {
        List<Letter> arrived;
        lock (_gate)
        {
            arrived = _incoming;
            _incoming = _spare;
        }

        long bytes = 0;
        if (_lanes.Count == 0 && arrived.Count <= settings.BatchLimit && Sum(arrived) <= settings.BatchLimitBytes)
        {
            batch.AddRange(arrived);
        }
        else
        {
            foreach (var letter in arrived)
            {
                _lanes.Add(letter);
            }

            while (batch.Count < settings.BatchLimit && bytes < settings.BatchLimitBytes && _lanes.TryTake(out var letter))
            {
                batch.Add(letter);
                bytes += letter.Bytes;
            }
        }

        arrived.Clear();
        _spare = arrived;
        lock (_gate)
        {
            foreach (var letter in batch)
            {
                _held[SlotOf(letter.Command.Target)]--;
                _bytes -= letter.Bytes;
            }

            _count -= batch.Count;
        }
    }

    /// <summary>All messages that wait; valid until the next call.</summary>
    public List<PartitionMessage> TakeMessages()
    {
        lock (_gate)
        {
            var taken = _messages;
            _messages = _spareMessages;
            _messages.Clear();
            _spareMessages = taken;
            return taken;
        }
    }

    public IReadOnlyList<ReadRequest> TakeReads()
    {
        lock (_gate)
        {
            if (_reads.Count == 0)
            {
                return [];
            }

            var taken = _reads;
            _reads = [];
            return taken;
        }
    }

    /// <summary>Takes nothing in any more; what waits may still be taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
        }

        wakeup.Set();
    }

    private static int SlotOf(GrainKey key) => (int)(StableHash.Of(key.Affinity) % Slots);

    private static long Sum(List<Letter> letters)
    {
        long bytes = 0;
        foreach (var letter in letters)
        {
            bytes += letter.Bytes;
        }

        return bytes;
    }
}

/// <summary>Whether the mailbox took a command.</summary>
internal enum Admission
{
    Taken,
    Full,
    Closed,
}
