using Orchestrator.Grains.Playbooks;
using Orchestrator.V1;

namespace Orchestrator.Silo.Ingest;

/// <summary>What signals about roles, people and hierarchy must name.</summary>
internal static class ModelSignals
{
    /// <summary>Null if all that it names is known; called once its properties are of the right types.</summary>
    public static string? Fault(Signal signal, string type, Playbook playbook) => type switch
    {
        BuiltInSignals.RoleAssigned or BuiltInSignals.RoleVacated or BuiltInSignals.ContactJoined => Role(signal, playbook) ?? Offering(signal, playbook) ?? Person(signal),
        BuiltInSignals.ContactLeft => Person(signal),
        BuiltInSignals.ContactMoved => Employer(signal) ?? Person(signal),
        BuiltInSignals.AccountAffiliated => Text(signal, "parent") is { Length: > 0 } parent ? SignalSchema.AccountFault(parent) : null,
        _ => null,
    };

    private static string? Role(Signal signal, Playbook playbook) =>
        Text(signal, "role") is { } role && playbook.Roles.All(r => r.Id != role) ? SignalSchema.Unknown("role", role, playbook.Roles.Select(r => r.Id)) : null;

    private static string? Offering(Signal signal, Playbook playbook) =>
        Text(signal, "offering") is { Length: > 0 } offering && playbook.OfferingOf(offering) is null
            ? SignalSchema.Unknown("offering", offering, playbook.Offerings.Select(o => o.Id))
            : null;

    private static string? Employer(Signal signal) => Text(signal, "to") is { } to
        ? SignalSchema.AccountFault(to) ?? (to == signal.Account ? $"`to` is `{to}`, where the person is already; the account of the new employer was expected" : null)
        : null;

    private static string? Person(Signal signal) =>
        signal.Identifiers.Count == 0 && signal.Type != BuiltInSignals.RoleAssigned && signal.Type != BuiltInSignals.RoleVacated ? $"`{signal.Type}` must say who: it has no identifiers" : null;

    private static string? Text(Signal signal, string property) => signal.Properties.TryGetValue(property, out var value) ? value.Text : null;
}
