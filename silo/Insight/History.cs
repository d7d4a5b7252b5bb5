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

    /// <summary>Reads older entries; false if there are none.</summary>
    public async Task<bool> MoreAsync(CancellationToken cancel)
    {
        if (_begun && _next == 0)
        {
            return false;
        }

        var page = await runtime.HistoryAsync(key, _next, Step, cancel);
        _begun = true;
        if (page.Count == 0)
        {
            return false;
        }

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
