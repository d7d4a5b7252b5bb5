using Orleans.Runtime;

namespace Orchestrator.Silo.Engines.Orleans;

/// <summary>
/// The rows of the silos as everybody knows them (feature level, zone, address, operators' marks), with one thing more: who is dead is what Orleans says, which notices a death before the row's lease is
/// over. The lease still counts: it is how the others learn of a silo that lives in Orleans and has lost the database.
/// </summary>
/// <remarks>Members may be called from any thread.</remarks>
internal sealed class OrleansView(IMembership rows) : IMembership
{
    private volatile ClusterMembershipSnapshot? _members;

    /// <summary>What Orleans says now; null before this silo has joined.</summary>
    public ClusterMembershipSnapshot? Members
    {
        get => _members;
        set => _members = value;
    }

    public async Task<ClusterView> RenewAsync(SiloAnnouncement me, CancellationToken cancel) => Seen(await rows.RenewAsync(me, cancel));

    public async Task<ClusterView> ViewAsync(CancellationToken cancel) => Seen(await rows.ViewAsync(cancel));

    public Task LeaveAsync(string silo, CancellationToken cancel) => rows.LeaveAsync(silo, cancel);

    public Task<bool> MarkAsync(string silo, SiloMarks marks, CancellationToken cancel) => rows.MarkAsync(silo, marks, cancel);

    /// <summary>A view as of now: its rows, and who of them is alive.</summary>
    public ClusterView Seen(ClusterView view) => Members is not { } members ? view : view with
    {
        Silos = [.. view.Silos.Select(s => s with { Alive = s.Alive && AddressOf(members, s.Silo) is not null })],
    };

    /// <summary>Where Orleans reaches a silo that is alive; null if it is not.</summary>
    public static SiloAddress? AddressOf(ClusterMembershipSnapshot members, string silo)
    {
        foreach (var member in members.Members.Values)
        {
            if (member.Status == SiloStatus.Active && member.Name == silo)
            {
                return member.SiloAddress;
            }
        }

        return null;
    }

    /// <summary>The names of the silos that Orleans can reach.</summary>
    public static HashSet<string> Reachable(ClusterMembershipSnapshot members) =>
        [.. members.Members.Values.Where(m => m.Status == SiloStatus.Active).Select(m => m.Name)];
}
