namespace Orchestrator.Grains.Partitioning;

/// <summary>What a grain knows. A value: the same journal always folds to the same bytes (<see cref="StoredForms.StateForm"/>).</summary>
public abstract record GrainState
{
    // UTC ticks; 0 = never. An optional instant would take three times as much in each state.
    private long wake;

    private protected GrainState(GrainKey key) => Key = key;

    public GrainKey Key { get; init; }

    /// <summary>When time alone may change something; null = never. Set by the turn that produced the state.</summary>
    public DateTimeOffset? Wake
    {
        get => wake == 0 ? null : Instants.At(wake);
        init => wake = value?.UtcTicks ?? 0;
    }

    /// <summary>Sets the wake of a state that the turn itself has made and that nobody else has seen.</summary>
    internal void WakeAt(DateTimeOffset? at) => wake = at?.UtcTicks ?? 0;

    private protected void TakeWake(GrainState next) => wake = next.wake;

    /// <summary>Whether the silo must look at this grain after a restart: it has open actions.</summary>
    public virtual bool IsFlagged => false;
}

/// <summary>A fact about one grain, in the past tense.</summary>
public abstract record GrainEvent
{
    private protected GrainEvent()
    {
    }
}

/// <summary>A wish addressed to one grain.</summary>
/// <param name="Target">The grain that answers it; its partition is where it is decided.</param>
public abstract record GrainCommand(GrainKey Target);
