using System.Globalization;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Delivery;

namespace Orchestrator.Silo.Tests.Delivery;

/// <summary>A hub with its accounts and clocks, and short words for what tests do with them.</summary>
public sealed class DeliveryWorld : IDisposable
{
    public const string Tenant = "acme";
    public static readonly DateTimeOffset Start = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    public static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private int decided;

    public DeliveryWorld()
    {
        Business = new(Start);
        Leases = new(Start);
        Accounts = new(Business);
        Hub = NewHub();
    }

    public DeliveryClock Business { get; }

    public DeliveryClock Leases { get; }

    public OpenAccounts Accounts { get; }

    public DeliveryHub Hub { get; private set; }

    /// <summary>The silo stops and starts: leases are gone, accounts offer what is open.</summary>
    public void Restart()
    {
        Hub.Dispose();
        Leases.Advance(TimeSpan.FromSeconds(1));
        Hub = NewHub();
        Accounts.OfferAll();
    }

    public static GrainKey Account(string id) => GrainKey.Account(Tenant, id);

    public OpenAction Action(
        string id, string channel = "email", string department = "", TimeSpan? valid = null, TimeSpan? notBefore = null, bool transactional = false, bool asked = false) => new()
    {
        Id = id,
        Play = "welcome",
        Treatment = "welcome-mail",
        Channel = channel,
        Contact = "",
        Department = department,
        Stage = "trial",
        Playbook = "the-model",
        PlaybookVersion = 1,
        DecidedAt = Business.GetUtcNow() + TimeSpan.FromTicks(++decided),
        ValidUntil = Business.GetUtcNow() + (valid ?? TimeSpan.FromDays(14)),
        Transactional = transactional,
        Asked = asked,
        Factors = new(0.5, 1, 100, 1, 1),
        Reason = "because",
        NotBefore = notBefore is { } wait ? Business.GetUtcNow() + wait : default,
    };

    public OpenAction Decide(string account, string id, string channel = "email", string department = "", TimeSpan? valid = null, TimeSpan? notBefore = null, bool transactional = false)
    {
        var action = Action(id, channel, department, valid, notBefore, transactional);
        Accounts.Decide(Account(account), action);
        return action;
    }

    public Consumer Join(string subscription = "mailer", DeliveryFilter? filter = null, int credit = 100, TimeSpan? lease = null, bool release = false) =>
        Hub.Join(Tenant, subscription, filter ?? DeliveryFilter.All, new(credit, lease ?? Limits.DefaultLease, release));

    public static DeliveryFilter Channels(params string[] channels) => new(channels, [], []);

    public IReadOnlyList<V1.Delivery> Take(Consumer consumer, int most = 1_000) => Hub.Take(consumer, most).Deliveries;

    public string[] Ids(Consumer consumer) => [.. Take(consumer).Select(d => d.Action.Id)];

    public async Task<V1.SettlementResult> Done(V1.Delivery delivery, string outcome = "delivered") =>
        await Hub.SettleAsync(Tenant, new() { AckId = delivery.AckId, Done = new() { Outcome = outcome } }, default);

    public async Task<V1.SettlementResult> Retry(V1.Delivery delivery, TimeSpan delay = default) =>
        await Hub.SettleAsync(Tenant, new() { AckId = delivery.AckId, Retry = new() { Delay = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(delay) } }, default);

    public async Task<V1.SettlementResult> Extend(V1.Delivery delivery, TimeSpan lease) =>
        await Hub.ExtendAsync(Tenant, new() { AckId = delivery.AckId, Lease = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(lease) }, default);

    public void Dispose() => Hub.Dispose();

    public static V1.Action Describe(OpenAction action, GrainKey account, string owner, IReadOnlyList<PersonName> identifiers) => new()
    {
        Id = action.Id,
        Account = account.Affinity,
        Channel = action.Channel,
        Department = action.Department,
        Owner = owner,
        Play = action.Play,
        PlaybookVersion = action.PlaybookVersion,
        ValidUntil = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(action.ValidUntil),
    };

    public static string Name(int number) => number.ToString("d5", CultureInfo.InvariantCulture);

    private DeliveryHub NewHub() => Accounts.Hub = new(Accounts, Describe, Key, Business, Leases);
}
