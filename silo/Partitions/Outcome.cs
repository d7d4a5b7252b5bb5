using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Silo.Partitions;

/// <summary>What became of a command.</summary>
public abstract record Outcome
{
    private Outcome()
    {
    }

    /// <summary>Durable, and applied exactly once.</summary>
    /// <param name="Answer">From the grain.</param>
    /// <param name="Partition">Where it was decided.</param>
    /// <param name="Sequence">The last frame that the answer depends on; all up to it are durable.</param>
    public sealed record Accepted(Answer Answer, int Partition, long Sequence) : Outcome;

    /// <summary>Refused; the same command is refused again. Nothing happened.</summary>
    /// <param name="Rejection">Why, with the facts.</param>
    public sealed record Rejected(Rejection Rejection) : Outcome;

    /// <summary>Not taken because too much is waiting: send it again.</summary>
    /// <param name="RetryAfter">Wait at least this long.</param>
    public sealed record Overloaded(TimeSpan RetryAfter) : Outcome;

    /// <summary>Not answered: it may or may not have happened. Send it again with the same id.</summary>
    /// <param name="Reason">In plain words.</param>
    public sealed record Unavailable(string Reason) : Outcome;
}

/// <summary>Whoever waits for outcomes; one object may wait for many commands, told apart by its state.</summary>
public interface IAnswered
{
    /// <summary>Called once for each command, on the partition's loop: must return soon and never throw.</summary>
    /// <param name="state">As given with the command.</param>
    /// <param name="outcome">What became of it.</param>
    void Answered(object? state, Outcome outcome);

    /// <summary>
    /// Called when a command has had its turn and only waits to be written: what of its state is still needed, to be given back with the outcome. From here on it is
    /// not refused any more: its outcome is never <see cref="Outcome.Rejected"/>.
    /// </summary>
    /// <param name="state">As given with the command, or what an earlier call gave back: a turn that is taken again calls this again.</param>
    object? Decided(object? state) => state;
}

/// <summary>An effect whose cause is durable.</summary>
/// <param name="Partition">Where it was decided.</param>
/// <param name="Epoch">The writer's epoch when it was released.</param>
/// <param name="Sequence">The frame that caused it; 0 when it is offered again after a start.</param>
/// <param name="Index">Its place among the frame's effects.</param>
/// <param name="Effect">What to do. At least once: after a start everything open is offered again under the same ids.</param>
public readonly record struct ReleasedEffect(int Partition, long Epoch, long Sequence, int Index, Effect Effect);

/// <summary>Takes effects to the world.</summary>
public interface IEffectSink
{
    /// <summary>Called on a partition's loop, in order of the partition's journal: must return soon and never throw.</summary>
    void Release(in ReleasedEffect effect);

    /// <summary>The partition is another silo's now, which releases what is open again.</summary>
    void Forget(int partition)
    {
    }
}
