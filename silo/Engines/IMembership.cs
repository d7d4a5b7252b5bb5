namespace Orchestrator.Silo.Engines;

/// <summary>
/// Which silos there are and which partition each owns, as the database says. A hint for routing and for who should take what: the epochs
/// decide who may write, so a view that is late or wrong costs time, never data. Only the database's clock judges leases.
/// </summary>
/// <remarks>
/// Members may be called from any thread. Failures surface as exceptions of the store's client; a caller keeps its last view and tries again, and drops its partitions
/// itself when it could not renew for as long as its lease, counted on its own monotonic clock from before the last renewal was sent.
/// </remarks>
public interface IMembership
{
    /// <summary>How long the row of a dead silo is kept for operators to see; after that the next renewal of any other sweeps it away.</summary>
    public static readonly TimeSpan DeadKept = TimeSpan.FromHours(1);

    /// <summary>Enters this silo or renews its lease, and reads the whole cluster in the same round trip.</summary>
    /// <exception cref="Journal.StoreRefusedException">Silos of another engine are alive on this store: this one is not one of them.</exception>
    Task<ClusterView> RenewAsync(SiloAnnouncement me, CancellationToken cancel);

    /// <summary>Reads the cluster without being part of it: for tools.</summary>
    Task<ClusterView> ViewAsync(CancellationToken cancel);

    /// <summary>Takes this silo's row away; what it still owns is free at once.</summary>
    Task LeaveAsync(string silo, CancellationToken cancel);

    /// <summary>Marks a silo for operators' wishes; it reads its own marks at its next renewal.</summary>
    /// <returns>False if there is no such silo.</returns>
    Task<bool> MarkAsync(string silo, SiloMarks marks, CancellationToken cancel);
}

/// <summary>What an operator wants of a silo.</summary>
[Flags]
public enum SiloMarks
{
    None = 0,

    /// <summary>Takes no new partitions; keeps what it has.</summary>
    Cordoned = 1,

    /// <summary>Takes no new partitions and hands all of its own over.</summary>
    Draining = 2,
}

/// <summary>What places the partitions of silos that share a store. The numbers are stored: never renumber.</summary>
public enum SiloEngine
{
    Postgres = 0,
    Orleans = 1,
}

/// <param name="Silo">Unique among all processes that ever open the store: the owner's name in partition rows.</param>
/// <param name="Address">Where other silos reach it, `host:port`, h2c.</param>
/// <param name="Zone">Where it stands, for spreading; empty if nobody says.</param>
/// <param name="Level">The highest feature level that it can read.</param>
/// <param name="Lease">How long the row counts as alive after this renewal.</param>
/// <param name="Leaving">It hands everything over and takes nothing.</param>
/// <param name="Engine">What places its partitions. Silos of two kinds on one store would each place all of them: whoever comes second is refused.</param>
public sealed record SiloAnnouncement(string Silo, string Address, string Zone, int Level, TimeSpan Lease, bool Leaving, SiloEngine Engine = SiloEngine.Postgres);

/// <param name="Silos">Every row that there is, by name; dead ones included until they are swept (<see cref="IMembership.DeadKept"/>).</param>
/// <param name="Partitions">By number, from 0.</param>
/// <param name="Level">The feature level that the cluster may use.</param>
/// <param name="Incarnation">Of the store; a silo that sees it change stops.</param>
/// <param name="At">The database's clock.</param>
/// <param name="Lapsed">The caller's own lease had run out before this renewal: others may have taken what it owned.</param>
public sealed record ClusterView(
    IReadOnlyList<SiloRow> Silos,
    IReadOnlyList<Ownership> Partitions,
    int Level,
    long Incarnation,
    DateTimeOffset At,
    bool Lapsed);

/// <param name="Alive">Its lease had not run out, by the database's clock.</param>
/// <param name="Until">When its lease ends or ended, by the database's clock: to be compared with <see cref="ClusterView.At"/> only, and good for nothing but to know when to look again.</param>
public sealed record SiloRow(string Silo, string Address, string Zone, int Level, bool Alive, bool Leaving, SiloMarks Marks, SiloEngine Engine = SiloEngine.Postgres, DateTimeOffset Until = default);

/// <param name="Epoch">Rises with every change of writer.</param>
/// <param name="Owner">The silo that took the epoch or to which it was handed; it may be dead. Empty if nobody ever took it.</param>
public readonly record struct Ownership(int Partition, long Epoch, string Owner);
