using System.Collections.Concurrent;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Delivery;

namespace Orchestrator.Silo.Tests.Delivery;

/// <summary>
/// Stands for the runtime: keeps open actions, lets the first settlement count, and offers an action again when it was given back. What the
/// contract promises of accounts, and nothing else.
/// </summary>
public sealed class OpenAccounts(TimeProvider clock) : ISettle
{
    private readonly Lock gate = new();
    private readonly Dictionary<(GrainKey, string), OpenAction> open = [];
    private readonly HashSet<(GrainKey, string)> ended = [];

    public DeliveryHub? Hub { get; set; }

    /// <summary>How each action ended.</summary>
    public ConcurrentQueue<(string Id, Settlement Settlement)> Ends { get; } = new();

    public ConcurrentQueue<(string Id, Settlement.Retry Retry)> Returns { get; } = new();

    /// <summary>Decides before anything is durable; null = go on.</summary>
    public Func<string, Settlement, ValueTask<SettleAnswer?>>? Before { get; set; }

    /// <summary>Decides after it is durable: what the caller hears instead of the truth; null = the truth.</summary>
    public Func<string, Settlement, ValueTask<SettleAnswer?>>? After { get; set; }

    public IReadOnlyList<(GrainKey Account, OpenAction Action)> Open
    {
        get
        {
            lock (gate)
            {
                return [.. open.Select(o => (o.Key.Item1, o.Value)).OrderBy(o => o.Value.DecidedAt).ThenBy(o => o.Value.Id, StringComparer.Ordinal)];
            }
        }
    }

    public void Decide(GrainKey account, OpenAction action)
    {
        lock (gate)
        {
            open.Add((account, action.Id), action);
        }

        Hub!.Offer(account, action, []);
    }

    public void Withdraw(GrainKey account, string id, string reason)
    {
        lock (gate)
        {
            if (!open.Remove((account, id)))
            {
                return;
            }

            ended.Add((account, id));
        }

        Hub!.Withdraw(account, id, reason);
    }

    public void OfferAll()
    {
        foreach (var (account, action) in Open)
        {
            Hub!.Offer(account, action, []);
        }
    }

    public async ValueTask<SettleAnswer> SettleAsync(GrainKey account, string actionId, Settlement settlement, CancellationToken cancel)
    {
        if (Before is not null && await Before(actionId, settlement) is { } refused)
        {
            return refused;
        }

        OpenAction? again = null;
        lock (gate)
        {
            var key = (account, actionId);
            if (!open.TryGetValue(key, out var action))
            {
                return ended.Contains(key) ? SettleAnswer.AlreadySettled.Instance : SettleAnswer.Unknown.Instance;
            }

            if (clock.GetUtcNow() >= action.ValidUntil)
            {
                open.Remove(key);
                ended.Add(key);
                return SettleAnswer.AlreadySettled.Instance;
            }

            if (settlement is Settlement.Retry retry)
            {
                open[key] = again = action with { Attempt = retry.Attempt, NotBefore = clock.GetUtcNow() + retry.Delay };
                Returns.Enqueue((actionId, retry));
            }
            else
            {
                open.Remove(key);
                ended.Add(key);
                Ends.Enqueue((actionId, settlement));
            }
        }

        if (again is not null)
        {
            Hub!.Offer(account, again, []);
        }

        return After is not null && await After(actionId, settlement) is { } other ? other : SettleAnswer.Settled.Instance;
    }
}
