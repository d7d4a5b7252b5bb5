using System.Collections.Immutable;

namespace Orchestrator.Grains.Matching;

/// <summary>How a person whom nobody has tied to a company finds theirs; the rules are asked in the order of the file.</summary>
/// <param name="FreeMail">Domains, lower case, whose addresses say nothing about a company.</param>
public sealed record MatchingDefinition(ImmutableArray<string> FreeMail, ImmutableArray<MatchRule> Rules)
{
    public static readonly MatchingDefinition None = new([], []);
}

/// <summary>A person belongs to the one account of which the same is known.</summary>
/// <param name="Person">A contact's attribute; null = the domain of an e-mail address.</param>
/// <param name="Account">An account's attribute; null = the e-mail domains of its known contacts.</param>
public sealed record MatchRule(string Id, string? Person, string? Account);
