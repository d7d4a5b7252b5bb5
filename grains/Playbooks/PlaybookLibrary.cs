using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;

namespace Orchestrator.Grains.Playbooks;

/// <summary>All published versions, compiled; an immutable value that the silo swaps by reference when a version is published.</summary>
public sealed class PlaybookLibrary
{
    public static readonly PlaybookLibrary Empty = new(ImmutableDictionary<string, ImmutableArray<Playbook>>.Empty);

    private readonly ImmutableDictionary<string, ImmutableArray<Playbook>> tenants;

    private PlaybookLibrary(ImmutableDictionary<string, ImmutableArray<Playbook>> tenants) => this.tenants = tenants;

    /// <summary>The version that decides now, or null if none was ever published.</summary>
    public Playbook? Current(string tenant) => tenants.TryGetValue(tenant, out var versions) && versions.Length > 0 ? versions[^1] : null;

    /// <summary>A version by number, or null.</summary>
    public Playbook? Find(string tenant, int version) =>
        tenants.TryGetValue(tenant, out var versions) && version >= 1 && version <= versions.Length ? versions[version - 1] : null;

    /// <summary>The version that an account goes by: the latest, unless an earlier publish pinned it to its own; null if none was ever published.</summary>
    public Playbook? PlaybookOf(Account account) =>
        account.Flight is { Pinned: > 0 } flight && Find(account.Key.Tenant, flight.Pinned) is { } kept ? kept : Current(account.Key.Tenant);

    /// <summary>The library as it was when this version decided.</summary>
    public PlaybookLibrary AsOf(string tenant, int version) =>
        tenants.TryGetValue(tenant, out var versions) && version < versions.Length ? new(tenants.SetItem(tenant, versions[..version])) : this;

    /// <summary>All versions of a tenant, by number.</summary>
    public ImmutableArray<Playbook> All(string tenant) => tenants.TryGetValue(tenant, out var versions) ? versions : [];

    /// <summary>A library in which one playbook decides, whatever its number.</summary>
    public static PlaybookLibrary Only(string tenant, Playbook playbook) => new(ImmutableDictionary<string, ImmutableArray<Playbook>>.Empty.Add(tenant, [playbook]));

    /// <summary>With the next version; its number must be the next one.</summary>
    public PlaybookLibrary With(string tenant, Playbook playbook)
    {
        var versions = tenants.TryGetValue(tenant, out var known) ? known : [];
        return playbook.Version == versions.Length + 1
            ? new(tenants.SetItem(tenant, versions.Add(playbook)))
            : throw new ArgumentOutOfRangeException(nameof(playbook), $"version {versions.Length + 1} expected, {playbook.Version} came");
    }
}
