using System.Threading.Tasks.Sources;
using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.Partitions;

/// <summary>What one partition wants written, and its wait for the result. One for each partition, used again and again.</summary>
internal sealed class CommitRequest : IValueTaskSource<CommitResult>
{
    private ManualResetValueTaskSourceCore<CommitResult> _core = new() { RunContinuationsAsynchronously = true };

    public JournalAppend? Frame { get; set; }

    public List<SnapshotWrite> Snapshots { get; } = [];

    public CheckpointWrite? Checkpoint { get; set; }

    /// <summary>Events in the frame.</summary>
    public int Events { get; set; }

    public int Bytes { get; set; }

    public bool IsEmpty => Frame is null && Snapshots.Count == 0 && Checkpoint is null;

    /// <summary>The exception behind a result that has one.</summary>
    public Exception? Error { get; private set; }

    public void Clear()
    {
        Frame = null;
        Snapshots.Clear();
        Checkpoint = null;
        Events = 0;
        Bytes = 0;
        Error = null;
    }

    public ValueTask<CommitResult> Arm()
    {
        _core.Reset();
        return new ValueTask<CommitResult>(this, _core.Version);
    }

    public void Complete(CommitResult result, Exception? error = null)
    {
        Error = error;
        _core.SetResult(result);
    }

    CommitResult IValueTaskSource<CommitResult>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<CommitResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<CommitResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}

/// <summary>What became of a frame.</summary>
internal enum CommitResult
{
    /// <summary>Durable.</summary>
    Written,

    /// <summary>Not written: somebody else owns the partition.</summary>
    Refused,

    /// <summary>Not written: no space is left.</summary>
    Full,

    /// <summary>Perhaps written: the store must be asked under the next epoch before anything else happens.</summary>
    Unknown,
}
