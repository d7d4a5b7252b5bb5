namespace Orchestrator.Grains.BuyingGroups;

/// <summary>A role that a person has for one offering only. Without any, a role counts for all offerings.</summary>
public readonly record struct OfferingRole(string Contact, string Role, string Offering)
{
    internal static int Compare(OfferingRole one, OfferingRole other)
    {
        var order = string.CompareOrdinal(one.Contact, other.Contact);
        order = order != 0 ? order : string.CompareOrdinal(one.Role, other.Role);
        return order != 0 ? order : string.CompareOrdinal(one.Offering, other.Offering);
    }
}

/// <summary>A person whom the condition of an offering's group lets in.</summary>
public readonly record struct OfferingMember(string Contact, string Offering)
{
    internal static int Compare(OfferingMember one, OfferingMember other)
    {
        var order = string.CompareOrdinal(one.Contact, other.Contact);
        return order != 0 ? order : string.CompareOrdinal(one.Offering, other.Offering);
    }
}
