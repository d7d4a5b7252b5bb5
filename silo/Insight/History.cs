using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Insight;

/// <summary>What happened to one grain, newest first, read from the journal as far as it is asked for. Belongs to one call.</summary>
internal sealed class History(SiloRuntime runtime, GrainKey key, long from = 0)
{
    private const int Step = 64;

    private readonly List<(long Sequence, StoredEntry Entry, DateTimeOffset At)> _read = [];
    private long _next = from;
    private bool _begun;

    public GrainKey Key => key;

    /// <summary>What was read so far, newest first.</summary>
    public IReadOnlyList<(long Sequence, StoredEntry Entry, DateTimeOffset At)> Entries => _read;

    /// <summary>Whether the journal goes back to the grain's first entry; known once <see cref="MoreAsync"/> has said false.</summary>
    public bool IsComplete => _next == 0;

    /// <summary>What to say where the journal ends before the history does; null if it does not. Known once <see cref="MoreAsync"/> has said false.</summary>
    public string? Dropped => IsComplete ? null
        : _read.Count == 0 ? $"the history of `{(key.Id.Length > 0 ? key.Id : key.Affinity)}` is dropped by retention"
        : $"history before {_read[^1].At:yyyy-MM-ddTHH:mm:ssZ} is dropped by retention";

    /// <summary>Reads older entries; false if there are none.</summary>
    public async Task<bool> MoreAsync(CancellationToken cancel)
    {
        if (_begun && _next == 0)
        {
            return false;
        }

        var page = await runtime.HistoryAsync(key, _next, Step, cancel);
        if (page.Count == 0)
        {
            // Not begun at an entry: there may have been some that are gone.
            _next = _begun || _next > 0 ? _next : await runtime.LastEntryAsync(key, cancel);
            _begun = true;
            return false;
        }

        _begun = true;
        _read.AddRange(page);
        _next = page[^1].Entry.Previous;
        return true;
    }

    /// <summary>Reads until the entry at an index is there; false if the history ends before.</summary>
    public async Task<bool> ReachAsync(int index, CancellationToken cancel)
    {
        while (_read.Count <= index)
        {
            if (!await MoreAsync(cancel))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads all there is.</summary>
    public async Task ReadAllAsync(CancellationToken cancel)
    {
        while (await MoreAsync(cancel))
        {
        }
    }
}
