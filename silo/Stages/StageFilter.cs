using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Silo.Stages;

/// <summary>Which stage changes somebody wants to hear of; each of the lists that is not empty must be met.</summary>
internal sealed class StageFilter
{
    private const int Most = 64;
    private readonly HashSet<string> journeys;
    private readonly HashSet<string> stages;
    private readonly HashSet<string> departments;
    private readonly HashSet<string> accounts;

    /// <param name="latest">In which what is named must be known; null: nothing is published, so nothing can be checked.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT: too many, or one that the playbook does not know, with the nearest.</exception>
    public StageFilter(WatchStagesRequest request, Playbook? latest)
    {
        journeys = Read(request.Journeys, "journeys", latest is null ? null : [.. latest.Definition.Journeys.Select(j => j.Id), ""]);
        stages = Read(request.Stages, "stages", latest is null ? null : [.. latest.Definition.Stages.Select(s => s.Id), .. latest.Definition.Journeys.SelectMany(j => j.Stages.Select(s => s.Id))]);
        departments = Read(request.Departments, "departments", latest is null ? null : [.. latest.Definition.Departments.Select(d => d.Id)]);
        accounts = Read(request.Accounts, "accounts", null);
    }

    public bool Wants(StageChange change) =>
        (journeys.Count == 0 || journeys.Contains(change.Journey))
        && (stages.Count == 0 || stages.Contains(change.From) || stages.Contains(change.To))
        && (departments.Count == 0 || departments.Contains(change.Accountable) || departments.Contains(change.AccountableBefore))
        && (accounts.Count == 0 || accounts.Contains(change.Account));

    private static HashSet<string> Read(IReadOnlyList<string> names, string field, IReadOnlyCollection<string>? known)
    {
        if (names.Count > Most)
        {
            throw new RpcException(StatusCode.InvalidArgument, $"`{field}` may have at most {Most} entries; it has {names.Count}");
        }

        foreach (var name in names)
        {
            if (known?.Contains(name) == false)
            {
                throw new RpcException(StatusCode.InvalidArgument, $"`{field}`: the playbook knows no `{name}`{(Words.Nearest(name, known) is { } near ? $"; did you mean `{near}`?" : "")}");
            }
        }

        return names.ToHashSet(StringComparer.Ordinal);
    }
}
