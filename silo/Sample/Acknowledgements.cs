using System.Collections.Concurrent;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Sample;

/// <summary>Hears what became of the signals sent, on the partitions' loops, and keeps it for the replay's own loop.</summary>
internal sealed class Acknowledgements : IAcknowledged
{
    private readonly ConcurrentQueue<(Sent Signal, Outcome Outcome)> arrived = new();

    public bool TryTake(out (Sent Signal, Outcome Outcome) next) => arrived.TryDequeue(out next);

    public void Answered(object? state, Outcome outcome) => arrived.Enqueue(((Sent)state!, outcome));

    /// <param name="Row">Index of its invoice by time.</param>
    internal sealed record Sent(int Row, Signal Signal);
}
