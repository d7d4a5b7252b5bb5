using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.V1;

namespace Orchestrator.Silo.Partitions;

/// <summary>
/// The frame of one batch while its turns run: events become bytes at once and each grain's entry knows which are its own. Reused from batch to batch; the bytes
/// are those of a <see cref="StoredFrame"/>. Lives on the partition's loop.
/// </summary>
internal sealed class FrameDraft
{
    private readonly FormBuffer _events = new();
    private readonly List<Piece> _pieces = [];
    private readonly List<FrameEntry> _entries = [];
    private readonly FormBuffer _frame = new();
    private int _used;

    public void Clear()
    {
        _events.Clear();
        _pieces.Clear();
        _frame.Clear();
        _used = 0;
    }

    /// <summary>Writes an event; it belongs to no entry until it is added to one, and to none if its turn fails.</summary>
    public int Write(GrainEvent @event, uint turn)
    {
        var at = _events.Length;
        EventForm.Write(@event, turn, _events);
        _pieces.Add(new Piece { At = at, Length = _events.Length - at, Next = -1 });
        return _pieces.Count - 1;
    }

    /// <summary>An event as it was written; valid until the next is.</summary>
    public ReadOnlySpan<byte> Written(int piece) => _events.Written.Slice(_pieces[piece].At, _pieces[piece].Length);

    /// <summary>A new entry, without events.</summary>
    public FrameEntry Open(GrainKey grain)
    {
        if (_used == _entries.Count)
        {
            _entries.Add(new FrameEntry());
        }

        var entry = _entries[_used++];
        entry.Begin(grain);
        return entry;
    }

    /// <summary>Adds an event that was written in this batch to the end of an entry.</summary>
    public void Add(FrameEntry entry, int piece)
    {
        if (entry.Events == 0)
        {
            entry.First = piece;
        }
        else
        {
            var last = _pieces[entry.Last];
            last.Next = piece;
            _pieces[entry.Last] = last;
        }

        entry.Last = piece;
        entry.Events++;
    }

    /// <summary>The whole frame; valid until <see cref="Clear"/>.</summary>
    /// <param name="at">The batch's instant, UTC ticks.</param>
    /// <param name="rest">What a frame says besides form, instant and entries, which it must not have.</param>
    public ReadOnlySpan<byte> Finish(long at, StoredFrame rest)
    {
        _frame.Clear();
        _frame.Whole(StoredFrame.FormatFieldNumber, FrameForm.Format);
        _frame.Whole(StoredFrame.AtFieldNumber, at);
        for (var i = 0; i < _used; i++)
        {
            Write(_entries[i]);
        }

        _frame.Append(rest);
        return _frame.Written;
    }

    private void Write(FrameEntry entry)
    {
        var begun = _frame.Begin(StoredFrame.EntriesFieldNumber);
        KeyForm.Write(StoredEntry.GrainFieldNumber, entry.Grain, _frame);
        _frame.Whole(StoredEntry.PreviousFieldNumber, entry.Previous);
        _frame.Whole(StoredEntry.WakeFieldNumber, entry.Wake);
        _frame.Flag(StoredEntry.FlaggedFieldNumber, entry.Flagged);
        var left = entry.Events;
        for (var p = entry.First; left > 0; left--)
        {
            _frame.Bytes(StoredEntry.EventsFieldNumber, _events.Written.Slice(_pieces[p].At, _pieces[p].Length));
            p = _pieces[p].Next;
        }

        _frame.End(begun);
    }

    private record struct Piece(int At, int Length, int Next);
}

/// <summary>What one batch did to one grain; see <see cref="StoredEntry"/>.</summary>
internal sealed class FrameEntry
{
    public GrainKey Grain { get; private set; }

    public long Previous { get; set; }

    /// <summary>UTC ticks; 0 = never.</summary>
    public long Wake { get; set; }

    public bool Flagged { get; set; }

    /// <summary>How many.</summary>
    public int Events { get; set; }

    /// <summary>The first event's place in the draft, if there is one.</summary>
    public int First { get; set; }

    public int Last { get; set; }

    public void Begin(GrainKey grain)
    {
        Grain = grain;
        (Previous, Wake, Flagged, Events) = (0, 0, false, 0);
    }
}
