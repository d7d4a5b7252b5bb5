using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Lateness;

/// <summary>Accounts that became part of another one, or sent it somebody: what is judged anew of it may begin with them.</summary>
public static class Sources
{
    /// <param name="past">Of the account, oldest first.</param>
    /// <param name="since">From when on it is judged anew, as far as is known; signals that came late since may take it back further.</param>
    /// <returns>Each once, in the order in which they came.</returns>
    public static IReadOnlyList<GrainKey> Of(IReadOnlyList<PastFrame> past, DateTimeOffset since, Delays delays)
    {
        since = InOrder.ReachOf(past, since, delays);
        return
        [
            .. past.Where(f => f.At >= since).SelectMany(f => f.Turns).SelectMany(t => t.OfAccount.Select(e => (t.Account.Tenant, Source: InOrder.SourceOf(e)))).Where(s => s.Source is not null)
                .Select(s => GrainKey.Account(s.Tenant, s.Source!)).Distinct(),
        ];
    }

    /// <summary>Whether the account's own history is judged anew with the one that it became part of. One that lives on is its own to put right: whom it sent stands as they came.</summary>
    public static bool IsJudged(Account source) => source.ForwardedTo.Length > 0 || source.Provisional;
}
