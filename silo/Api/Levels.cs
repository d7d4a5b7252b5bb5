using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Api;

/// <summary>The feature level of a store, for operators. Any thread.</summary>
public sealed class Levels(SiloRuntime runtime, IStore store)
{
    // An embedded store has no other user that could raise it.
    private int _raised;

    /// <param name="view">Null: this silo runs alone.</param>
    public GetLevelResponse Read(ClusterView? view) => new()
    {
        Level = view?.Level ?? Math.Max(runtime.LevelAtStart, Volatile.Read(ref _raised)),
        Highest = view?.Silos.Where(s => s.Alive).Select(s => s.Level).DefaultIfEmpty(runtime.HighestLevel).Min() ?? runtime.HighestLevel,
    };

    /// <summary>Raises it, or says who cannot read it.</summary>
    /// <param name="view">Null: this silo runs alone.</param>
    public async Task RaiseAsync(int level, ClusterView? view, CancellationToken cancel)
    {
        if (level < 1 || level > runtime.HighestLevel)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"the level is {level}, 1 to {runtime.HighestLevel} was expected: this silo reads no higher one; ask a newer silo");
        }

        if (view?.Silos.Where(s => s.Alive && s.Level < level).Select(s => $"`{s.Silo}` (up to {s.Level})").ToList() is { Count: > 0 } old)
        {
            throw new RpcException(StatusCode.FailedPrecondition, $"feature level {level} cannot be read by {string.Join(", ", old)}: upgrade or stop them first");
        }

        try
        {
            await store.RaiseLevelAsync(level, cancel);
            Volatile.Write(ref _raised, Math.Max(_raised, level));
        }
        catch (StoreRefusedException refused)
        {
            // One has come since the look.
            throw new RpcException(StatusCode.FailedPrecondition, refused.Message, refused);
        }
        catch (NotSupportedException without)
        {
            throw new RpcException(StatusCode.FailedPrecondition, without.Message, without);
        }
    }
}
