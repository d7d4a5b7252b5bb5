using Google.Protobuf.WellKnownTypes;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.V1;

namespace Orchestrator.Silo.Api;

/// <summary>The operators' calls, and the silos' own.</summary>
/// <param name="engine">Null: this silo runs alone.</param>
public sealed class ClusterService(ICluster? engine, IMembership? membership, GrpcSiloLink? link, Levels levels)
{
    public IAsyncEnumerable<LinkResponse> Link(MessageReader<LinkRequest> requests, CallContext call) =>
        (link ?? throw Alone()).AcceptAsync(requests, call.CancellationToken);

    public async Task<ListSilosResponse> ListSilos(ListSilosRequest request, CallContext call)
    {
        var view = await ViewAsync(call.CancellationToken);
        var alive = view.Silos.Where(s => s.Alive).Select(s => s.Silo).ToHashSet();
        var response = new ListSilosResponse
        {
            Partitions = view.Partitions.Count,
            Level = view.Level,
            Unowned = view.Partitions.Count(p => !alive.Contains(p.Owner)),
        };
        var owned = view.Partitions.ToLookup(p => p.Owner, p => p.Partition);
        response.Silos.Add(view.Silos.Select(s => new V1.Silo
        {
            Name = s.Silo,
            Address = s.Address,
            Zone = s.Zone,
            Level = s.Level,
            Alive = s.Alive,
            Leaving = s.Leaving,
            Cordoned = s.Marks.HasFlag(SiloMarks.Cordoned),
            Draining = s.Marks.HasFlag(SiloMarks.Draining),
            Partitions = { owned[s.Silo].Order() },
        }));
        return response;
    }

    public async Task<DrainResponse> Drain(DrainRequest request, CallContext call)
    {
        await MarkAsync(request.Silo, SiloMarks.Draining, request.Undo, call.CancellationToken);
        return new();
    }

    public async Task<CordonResponse> Cordon(CordonRequest request, CallContext call)
    {
        await MarkAsync(request.Silo, SiloMarks.Cordoned, request.Undo, call.CancellationToken);
        return new();
    }

    public async Task<MoveResponse> Move(MoveRequest request, CallContext call)
    {
        var view = await ViewAsync(call.CancellationToken);
        var silo = Meant(view, request.Silo).Silo;
        if (request.Partition < 0 || request.Partition >= view.Partitions.Count)
        {
            throw new RpcException(StatusCode.NotFound, $"no partition {request.Partition}: they are numbered from 0 to {view.Partitions.Count - 1}");
        }

        var (pause, refused) = await engine!.MoveAsync(request.Partition, silo).WaitAsync(call.CancellationToken);
        return pause is { } waited ? new MoveResponse { Pause = Duration.FromTimeSpan(waited) } : throw new RpcException(StatusCode.Unavailable, refused);
    }

    public async Task<GetLevelResponse> GetLevel(GetLevelRequest request, CallContext call) => levels.Read(await ViewOrAloneAsync(call.CancellationToken));

    public async Task<RaiseLevelResponse> RaiseLevel(RaiseLevelRequest request, CallContext call)
    {
        await levels.RaiseAsync(request.Level, await ViewOrAloneAsync(call.CancellationToken), call.CancellationToken);
        return new() { Level = levels.Read(await ViewOrAloneAsync(call.CancellationToken)).Level };
    }

    private async Task<ClusterView?> ViewOrAloneAsync(CancellationToken cancel) => membership is null ? null : await ViewAsync(cancel);

    private async Task MarkAsync(string name, SiloMarks mark, bool undo, CancellationToken cancel)
    {
        var row = Meant(await ViewAsync(cancel), name);
        if (!await membership!.MarkAsync(row.Silo, undo ? row.Marks & ~mark : row.Marks | mark, cancel))
        {
            throw Unknown(name);
        }
    }

    private async Task<ClusterView> ViewAsync(CancellationToken cancel)
    {
        try
        {
            return await (membership ?? throw Alone()).ViewAsync(cancel);
        }
        catch (System.Data.Common.DbException fault)
        {
            throw new RpcException(StatusCode.Unavailable, $"the database does not answer: {fault.Message}", fault);
        }
    }

    /// <summary>The live silo of this name, or of this name before its last `.`, which tells the starts of one silo apart.</summary>
    private static SiloRow Meant(ClusterView view, string name) =>
        view.Silos.FirstOrDefault(s => s.Silo == name) ?? view.Silos.LastOrDefault(s => s.Alive && s.Silo.LastIndexOf('.') is > 0 and var dot && s.Silo[..dot] == name) ?? throw Unknown(name);

    private static RpcException Unknown(string name) => new(StatusCode.NotFound, $"no silo `{name}` is in the cluster; list them to see which are");

    private static RpcException Alone() => new(StatusCode.FailedPrecondition, "this silo runs alone on its own store; only silos on PostgreSQL form a cluster");
}
