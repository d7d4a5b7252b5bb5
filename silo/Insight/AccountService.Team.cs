using Orchestrator.Grains.Owners;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Team = Orchestrator.Grains.Owners.Team;

namespace Orchestrator.Silo.Insight;

public sealed partial class AccountService
{
    private const int MostWaiting = 1_000;

    public async Task<GetTeamResponse> GetTeam(GetTeamRequest request, CallContext call)
    {
        var playbook = shelf.Current.Current(Tenants.Default) ?? throw new RpcException(StatusCode.FailedPrecondition, "no playbook is published yet: publish one, then ask for its departments");
        var departments = playbook.Definition.Departments;
        if (departments.FirstOrDefault(d => d.Id == request.Department) is not { } department)
        {
            var nearest = Words.Nearest(request.Department, departments.Select(d => d.Id));
            throw new RpcException(StatusCode.NotFound, $"unknown department `{request.Department}`{(nearest is null ? "" : $"; did you mean `{nearest}`?")}");
        }

        var key = GrainKey.Owner(Tenants.Default, department.Id);
        var team = (await runtime.ReadAsync([key], call.CancellationToken))[0] as Team ?? Team.Empty(key);
        var written = Write(team, department);
        foreach (var goal in playbook.Goals.Where(g => g.Definition.Pool == department.Pool))
        {
            var board = GrainKey.Owner(Tenants.Default, goal.Board);
            written.Goals.Add(BoardView.Write(goal, playbook, (await runtime.ReadAsync([board], call.CancellationToken))[0] as Team ?? Team.Empty(board), clock.GetUtcNow()));
        }

        return new GetTeamResponse { Team = written };
    }

    private static string Word(Pool pool) => pool switch
    {
        Pool.Hunter => "hunter",
        Pool.Farmer => "farmer",
    };

    private static V1.Team Write(Team team, DepartmentDefinition department)
    {
        var written = new V1.Team
        {
            Department = department.Id,
            Pool = department.Pool is { } pool ? Word(pool) : "",
            OpenActions = department.Capacity?.OpenActions ?? 0,
            PerOwner = department.Capacity?.PerOwner ?? false,
            InHand = team.InHand.Length,
            WaitingCount = team.Waiting.Length,
        };
        foreach (var owner in department.Owners.Select(o => o.Id).Concat(team.InHand.Select(h => h.Owner).Order(StringComparer.Ordinal)).Distinct(StringComparer.Ordinal))
        {
            written.Owners.Add(new TeamOwner { Owner = owner, InHand = team.LoadOf(owner), Limit = Capacity.LimitOf(department, owner) ?? 0 });
        }

        written.Waiting.AddRange(team.Waiting.Take(MostWaiting).Select(w => w.Account));
        return written;
    }
}
