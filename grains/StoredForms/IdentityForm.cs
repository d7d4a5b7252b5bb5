using Orchestrator.Grains.Identities;
using Orchestrator.V1;

namespace Orchestrator.Grains.StoredForms;

/// <summary>Stored forms of who is who.</summary>
internal static class IdentityForm
{
    public static StoredAccountHistory? Write(AccountHistory? history) =>
        history is null ? null : new() { SettlesAt = Ticks.Of(history.SettlesAt), Latest = { history.Latest } };

    public static AccountHistory? Read(StoredAccountHistory? stored) =>
        stored is null ? null : new() { SettlesAt = Ticks.InstantOrNone(stored.SettlesAt), Latest = [.. stored.Latest] };
}
