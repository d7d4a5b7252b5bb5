using Orchestrator.Grains.Partitioning;
using Orchestrator.V1;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Grain keys, names and references as stored.</summary>
public static class KeyForm
{
    public static StoredGrainKey Write(GrainKey key) => new() { Kind = (uint)key.Kind, Tenant = key.Tenant, Affinity = key.Affinity, Id = key.Id };

    /// <summary>Appends the same as a field.</summary>
    public static void Write(int field, GrainKey key, FormBuffer into)
    {
        var begun = into.Begin(field);
        into.Whole(StoredGrainKey.KindFieldNumber, (uint)key.Kind);
        into.Text(StoredGrainKey.TenantFieldNumber, key.Tenant);
        into.Text(StoredGrainKey.AffinityFieldNumber, key.Affinity);
        into.Text(StoredGrainKey.IdFieldNumber, key.Id);
        into.End(begun);
    }

    public static GrainKey Read(StoredGrainKey key) => new((GrainKind)key.Kind, key.Tenant, key.Affinity, key.Id);

    /// <summary>The grain's name in the store: unique within its partition, ordered by kind, then tenant, affinity and id.</summary>
    public static string Name(GrainKey key) => $"{(byte)key.Kind}\u001f{key.Tenant}\u001f{key.Affinity}\u001f{key.Id}";

    /// <summary>The key that has this name.</summary>
    public static GrainKey Parse(string name)
    {
        var parts = name.Split('\u001f');
        return new((GrainKind)byte.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), parts[1], parts[2], parts[3]);
    }

    internal static Identifier Write(PersonName name) => new() { Kind = name.Kind, Value = name.Value };

    internal static PersonName Read(Identifier identifier) => new(identifier.Kind, identifier.Value);

    internal static ContactRef WriteContact(GrainKey contact) => new() { Account = contact.Affinity, Contact = contact.Id };

    internal static GrainKey ReadContact(ContactRef contact, string tenant) => GrainKey.Contact(tenant, contact.Account, contact.Contact);
}
