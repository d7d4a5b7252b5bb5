using System.Collections.Immutable;
using NodaTime;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.Policies;

/// <summary>The contact policy of a playbook, ready to be asked.</summary>
public sealed class CompiledPolicy
{
    internal CompiledPolicy(PlaybookDefinition definition, ImmutableArray<Condition> suppress)
    {
        Definition = definition.ContactPolicy;
        Suppress = suppress;
        Zone = DateTimeZoneProviders.Tzdb[definition.TimeZone];
        Quiet = Definition.QuietHours is { } quiet ? new QuietHours(quiet) : null;
        ExemptsTransactional = Definition.Exempt.Contains(PlayClass.Transactional);
        KeepsContactSlots = Definition.Caps.Any(c => c.Per == CapScope.Contact);
        KeepsAccountSlots = definition.Arbitration.PeoplePerWeek is not null || definition.Segments.Any(s => s.PeoplePerWeek is not null) || Definition.Caps.Any(c => c.Per == CapScope.Account);
    }

    public ContactPolicyDefinition Definition { get; }

    /// <summary>Whether consent to messages on this channel counts only when confirmed.</summary>
    public bool MustBeConfirmed(string channel)
    {
        foreach (var needed in Definition.Consent.DoubleOptIn)
        {
            if (needed.Id == channel)
            {
                return true;
            }
        }

        return false;
    }

    public ImmutableArray<Condition> Suppress { get; }

    /// <summary>For people and accounts that have none of their own.</summary>
    public DateTimeZone Zone { get; }

    /// <summary>Null: none are kept.</summary>
    public QuietHours? Quiet { get; }

    public bool ExemptsTransactional { get; }

    /// <summary>Whether people have to remember messages at all: no cap counts them otherwise.</summary>
    public bool KeepsContactSlots { get; }

    /// <summary>Whether the account has to remember messages at all.</summary>
    public bool KeepsAccountSlots { get; }
}
