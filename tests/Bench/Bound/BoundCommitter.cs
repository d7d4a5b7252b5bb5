using System.Buffers;
using System.Diagnostics;
using Google.Protobuf;
using Orchestrator.Silo.Journal;
using Orchestrator.V1;

namespace Orchestrator.Bench.Bound;

/// <summary>Joins frames of all partitions into one durable transaction at a time, by the rule of the silo: when nobody is decoding, or at 2 ms, 512 events or 256 kB.</summary>
/// <remarks>While one transaction is on its way the next gathers. <see cref="Add"/> comes from any thread.</remarks>
public sealed class BoundCommitter : IDisposable
{
    const int FlushEvents = 512;
    const int FlushBytes = 256 * 1024;
    const int MostWaiting = 50_000;
    static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(2);

    readonly IStore store;
    readonly long[] epochs;
    readonly long[] next;
    readonly Lock gate = new();
    readonly SemaphoreSlim wakeup = new(0);
    Gathering gathering = new();
    Gathering spare = new();
    int decoding;
    volatile bool stopping;

    public BoundCommitter(IStore store, long[] epochs, long[] next)
    {
        (this.store, this.epochs, this.next) = (store, epochs, next);
        Ended = Task.Run(RunAsync);
    }

    /// <summary>Ends after <see cref="Stop"/>, or with what the store threw.</summary>
    public Task Ended { get; }

    /// <summary>Signals made durable.</summary>
    public long Signals { get; private set; }

    public void BeginDecoding() => Interlocked.Increment(ref decoding);

    public void EndDecoding()
    {
        if (Interlocked.Decrement(ref decoding) == 0)
        {
            wakeup.Release();
        }
    }

    /// <summary>Waits while too many signals wait for a commit, so that memory is bounded.</summary>
    public async ValueTask RoomAsync()
    {
        while (Volatile.Read(ref gathering).Events > MostWaiting && !Ended.IsCompleted)
        {
            await Task.Delay(1);
        }
    }

    public void Add(BoundSource source, in (StoredEntry Account, StoredEntry Contact) entry, int partition)
    {
        source.Taken();
        bool flush;
        lock (gate)
        {
            flush = gathering.Add(source, entry, partition) is var first && (first || gathering.Events == FlushEvents);
        }

        if (flush)
        {
            wakeup.Release();
        }
    }

    public void Stop()
    {
        stopping = true;
        wakeup.Release();
    }

    public void Dispose() => wakeup.Dispose();

    async Task RunAsync()
    {
        while (!stopping || gathering.Events > 0)
        {
            if (Look() is { } wait)
            {
                await wakeup.WaitAsync(wait).ConfigureAwait(false);
                continue;
            }

            Gathering taken;
            lock (gate)
            {
                (taken, gathering) = (gathering, spare);
            }

            await WriteAsync(taken).ConfigureAwait(false);
            spare = taken;
        }
    }

    /// <summary>How long to wait for more; null to write now.</summary>
    TimeSpan? Look()
    {
        lock (gate)
        {
            if (gathering.Events == 0)
            {
                return Timeout.InfiniteTimeSpan;
            }

            var rest = Linger - Stopwatch.GetElapsedTime(gathering.FirstAt);
            return Volatile.Read(ref decoding) == 0 || gathering.Events >= FlushEvents || gathering.Bytes >= FlushBytes || rest <= TimeSpan.Zero ? null : rest;
        }
    }

    async Task WriteAsync(Gathering taken)
    {
        var now = DateTimeOffset.UtcNow.UtcTicks;
        var frames = new List<JournalAppend>(taken.Frames.Count);
        var rented = new List<byte[]>(taken.Frames.Count);
        foreach (var (partition, frame) in taken.Frames)
        {
            frame.Format = 1;
            frame.At = now;
            var size = frame.CalculateSize();
            var buffer = ArrayPool<byte>.Shared.Rent(size);
            frame.WriteTo(buffer.AsSpan(0, size));
            rented.Add(buffer);
            frames.Add(new(partition, epochs[partition], next[partition], now, buffer.AsMemory(0, size)));
        }

        var accepted = await store.AppendAsync(new(frames, [], []), CancellationToken.None).ConfigureAwait(false);
        if (!Array.TrueForAll(accepted, yes => yes))
        {
            throw new InvalidOperationException("a frame was refused, although this process owns every partition");
        }

        foreach (var (source, id, partition) in taken.Signals)
        {
            source.Acknowledge(id, partition, next[partition]);
        }

        foreach (var (source, _, _) in taken.Signals)
        {
            source.Release();
        }

        foreach (var partition in taken.Frames.Keys)
        {
            next[partition]++;
        }

        rented.ForEach(buffer => ArrayPool<byte>.Shared.Return(buffer));
        Signals += taken.Signals.Count;
        taken.Clear();
    }

    /// <summary>Frames and callers of one transaction.</summary>
    sealed class Gathering
    {
        int events;

        public Dictionary<int, StoredFrame> Frames { get; } = [];

        public List<(BoundSource Source, string Id, int Partition)> Signals { get; } = [];

        public int Events => Volatile.Read(ref events);

        public int Bytes { get; private set; }

        public long FirstAt { get; private set; }

        /// <returns>True for the first of a transaction.</returns>
        public bool Add(BoundSource source, in (StoredEntry Account, StoredEntry Contact) entry, int partition)
        {
            if (!Frames.TryGetValue(partition, out var frame))
            {
                Frames.Add(partition, frame = new());
            }

            frame.Entries.Add(entry.Account);
            frame.Entries.Add(entry.Contact);
            var signal = entry.Account.Events[0].Account.SignalRecorded.Signal;
            Signals.Add((source, signal.Id, partition));

            // Near enough for a limit; sizing each entry would walk it twice.
            Bytes += 450;
            Volatile.Write(ref events, events + 1);
            if (events > 1)
            {
                return false;
            }

            FirstAt = Stopwatch.GetTimestamp();
            return true;
        }

        public void Clear()
        {
            Frames.Clear();
            Signals.Clear();
            Bytes = 0;
            Volatile.Write(ref events, 0);
        }
    }
}
