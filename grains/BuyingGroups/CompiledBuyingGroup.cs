using System.Collections.Frozen;
using System.Collections.Immutable;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.BuyingGroups;

/// <summary>The template by which the people of an account form a buying group.</summary>
/// <param name="Roles">In the order of the file; may be empty.</param>
/// <param name="Engagement">Null: not measured.</param>
/// <param name="NotesJoining">Whether a condition asks who joined in which role, so that it must be kept.</param>
public sealed record CompiledBuyingGroup(ImmutableArray<GroupRole> Roles, CompiledGroupEngagement? Engagement, bool NotesJoining)
{
    /// <summary>What the group decides on; null: the account as a whole.</summary>
    public OfferingRule? Offering { get; init; }

    /// <summary>Whether the person counts in this role.</summary>
    public bool Has(Account account, string contact, ContactLink link, string role) =>
        link.Roles.Contains(role) && (Offering is not { } offering || Offerings.Counts(account, contact, role, offering));
}

/// <summary>A role as the group sees it.</summary>
/// <param name="Required">How many people fill it; 0 = it is not asked for.</param>
/// <param name="Share">Its weight over the sum of the weights of all roles, in [0, 1]; 0 where all weights are 0.</param>
public sealed record GroupRole(string Id, int Required, double Weight, double Share);

/// <summary>How activity becomes engagement.</summary>
/// <param name="WindowDays">Today and the days before it that count; at least 1.</param>
/// <param name="CapPerActivityDay">How often one activity of one person counts on one day.</param>
/// <param name="Points">By signal type; others are no activity.</param>
public sealed record CompiledGroupEngagement(int WindowDays, int CapPerActivityDay, FrozenDictionary<string, ActivityPoints> Points);

/// <param name="When">Null: always.</param>
/// <param name="Points">Above zero.</param>
public sealed record ActivityPoints(Condition? When, double Points);

/// <summary>Whom an offering's group counts.</summary>
/// <param name="Selects">Whether there is a condition for members.</param>
public sealed record OfferingRule(string Id, bool Selects);

/// <summary>Something that a group of its own decides on.</summary>
/// <param name="Interest">While it holds, the account is interested; null: always.</param>
/// <param name="Members">Who may belong to the group; null: everybody in one of its roles.</param>
public sealed record CompiledOffering(OfferingDefinition Definition, Condition? Interest, Condition? Members)
{
    public string Id => Definition.Id;

    /// <summary>Its group: the roles of the template that it names, with shares of their own.</summary>
    public required CompiledBuyingGroup Group { get; init; }
}
