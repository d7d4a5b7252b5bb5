namespace Orchestrator.Grains.Partitioning;

/// <summary>What kind of virtual actor a key names. The numbers are stored: never renumber.</summary>
public enum GrainKind : byte
{
    Account = 1,
    Contact = 2,
    Identity = 3,
    Owner = 4,
    Catalog = 5,
}

/// <summary>
/// The name of a grain. <see cref="Tenant"/> and <see cref="Affinity"/> decide its partition, so an account (affinity = its id)
/// and its contacts (affinity = the account's id) live side by side and are decided in one order.
/// </summary>
/// <param name="Kind">Which kind of grain.</param>
/// <param name="Tenant">Whose data; never empty.</param>
/// <param name="Affinity">What the partition is computed from: the account id, the normalised identifier, the tenant's name for its catalog.</param>
/// <param name="Id">The grain within kind and affinity; empty where the affinity says it all.</param>
public readonly record struct GrainKey(GrainKind Kind, string Tenant, string Affinity, string Id)
{
    public static GrainKey Account(string tenant, string account) => new(GrainKind.Account, tenant, account, "");

    public static GrainKey Contact(string tenant, string account, string contact) => new(GrainKind.Contact, tenant, account, contact);

    public static GrainKey Identity(string tenant, string identifier) => new(GrainKind.Identity, tenant, identifier, "");

    /// <summary>What the affinity of a team begins with.</summary>
    public const string OwnerPrefix = "department:";

    /// <summary>The people of a department.</summary>
    public static GrainKey Owner(string tenant, string department) => new(GrainKind.Owner, tenant, OwnerPrefix + department, "");

    public static GrainKey Catalog(string tenant) => new(GrainKind.Catalog, tenant, "catalog", "");

    /// <summary>The partition that hosts this grain, in [0, <paramref name="partitions"/>).</summary>
    public int PartitionOf(int partitions) => (int)(StableHash.Of(Tenant, Affinity) % (ulong)partitions);

    /// <summary>For tables in memory only: one of the texts tells nearly all keys apart, so that hashing all three would be for nothing.</summary>
    public override int GetHashCode() =>
        unchecked((StringComparer.Ordinal.GetHashCode(Id is { Length: > 0 } ? Id : Affinity ?? "") * 31) + (int)Kind);

    /// <summary>A stable 64-bit name of the grain within its partition; collisions are resolved by comparing the whole key.</summary>
    public ulong Hash => StableHash.Of($"{(byte)Kind}/{Tenant}", Affinity + "\n" + Id);
}
