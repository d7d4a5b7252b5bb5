using System.Collections.Frozen;
using Orchestrator.Grains.Deals;
using Orchestrator.Grains.Promises;

namespace Orchestrator.Grains.Playbooks;

public sealed partial class Playbook
{
    /// <summary>Null: the playbook knows no deals.</summary>
    public CompiledDeals? Deals { get; init; }

    /// <summary>Kinds of promises that are measured, by id.</summary>
    public FrozenDictionary<string, CompiledPromise> Promises { get; init; } = FrozenDictionary<string, CompiledPromise>.Empty;
}
