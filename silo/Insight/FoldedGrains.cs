using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;

namespace Orchestrator.Silo.Insight;

/// <summary>Grains as they were at a place in the journal.</summary>
internal sealed class FoldedGrains : IGrains
{
    private readonly Dictionary<GrainKey, GrainState?> _states;

    public FoldedGrains()
        : this([])
    {
    }

    private FoldedGrains(Dictionary<GrainKey, GrainState?> states) => _states = states;

    public bool TryGet(GrainKey key, out GrainState? state) => _states.TryGetValue(key, out state);

    public void Set(GrainKey key, GrainState? state) => _states[key] = state;

    public FoldedGrains Copy() => new(new Dictionary<GrainKey, GrainState?>(_states));

    /// <summary>Folds a whole history from its first entry up to just before a turn; null if there was nothing yet.</summary>
    public static GrainState? Fold(History history, long sequence, uint turn)
    {
        GrainState? state = null;
        for (var i = history.Entries.Count - 1; i >= 0 && history.Entries[i].Sequence <= sequence; i--)
        {
            var (at, entry, _) = history.Entries[i];
            foreach (var stored in entry.Events)
            {
                if (at < sequence || stored.Turn < turn)
                {
                    state = GrainTurn.Evolve(history.Key, state, EventForm.Read(stored, history.Key));
                }
            }

            if (at < sequence && state is not null)
            {
                state = state with { Wake = Ticks.InstantOrNone(entry.Wake) };
            }
        }

        return state;
    }
}
