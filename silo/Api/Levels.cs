using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;

namespace Orchestrator.Silo.Api;

/// <summary>The feature level of a store, for operators. Any thread.</summary>
public sealed partial class Levels(SiloRuntime runtime, IStore store, ILogger<Levels> log)
{
    /// <param name="view">Null: this silo runs alone.</param>
    public GetLevelResponse Read(ClusterView? view) => new()
    {
        Level = Math.Max(view?.Level ?? 0, runtime.Level),
        Highest = view?.Silos.Where(s => s.Alive).Select(s => s.Level).DefaultIfEmpty(runtime.HighestLevel).Min() ?? runtime.HighestLevel,
    };

    /// <summary>
    /// Before anything is decided: a store to which builds have written without looking at its level holds a playbook that is above it. What follows from that playbook is there already, so
    /// no silo below may share the store any more, and it gets the level that it should have had.
    /// </summary>
    /// <exception cref="StoreRefusedException">A silo lives that could not read it.</exception>
    internal async Task SettleAsync(PlaybookNeed? need, CancellationToken cancel)
    {
        if (need is null || need.Word.Level <= runtime.Level)
        {
            return;
        }

        try
        {
            await store.RaiseLevelAsync(need.Word.Level, cancel);
        }
        catch (StoreRefusedException refused)
        {
            throw new StoreRefusedException($"the store holds playbook `{need.Name}` version {need.Version}, whose `{need.Word.What}` needs feature level {need.Word.Level}: {refused.Message}; stop that one first", refused);
        }

        LogSettled(log, need.Name, need.Version, need.Word.What, need.Word.Level, runtime.Level);
        runtime.Learn(need.Word.Level);
    }

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
            runtime.Learn(level);
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

    [LoggerMessage(LogLevel.Warning, "the store holds playbook {Name} version {Version}, whose `{Word}` is of feature level {Needed}; the level was {Level} and is raised: older silos cannot use the store any more")]
    private static partial void LogSettled(ILogger log, string name, int version, string word, int needed, int level);
}
