using System.Diagnostics.Metrics;

namespace Orchestrator.Silo.Delivery;

/// <summary>Counters of one hub, meter <c>Orchestrator.Delivery</c>. Without a listener an addition costs a branch.</summary>
internal sealed class DeliveryMeter : IDisposable
{
    public const string Name = "Orchestrator.Delivery";

    private readonly Meter meter = new(Name);
    private readonly Counter<long> settled;

    public DeliveryMeter(Func<int> open)
    {
        Offered = meter.CreateCounter<long>("orchestrator.delivery.offered", "{action}", "Actions offered by accounts, those offered again included");
        Delivered = meter.CreateCounter<long>("orchestrator.delivery.delivered", "{delivery}", "Actions handed to a consumer");
        Lapsed = meter.CreateCounter<long>("orchestrator.delivery.lapsed", "{lease}", "Leases that ran out unsettled");
        Expired = meter.CreateCounter<long>("orchestrator.delivery.expired", "{action}", "Actions whose validity ended while they were open");
        Outstanding = meter.CreateUpDownCounter<long>("orchestrator.delivery.outstanding", "{lease}", "Live leases");
        settled = meter.CreateCounter<long>("orchestrator.delivery.settled", "{action}", "Settlements that counted, by verdict");
        meter.CreateObservableGauge("orchestrator.delivery.open", open, "{action}", "Actions in memory, leased or waiting");
    }

    public Counter<long> Offered { get; }

    public Counter<long> Delivered { get; }

    public Counter<long> Lapsed { get; }

    public Counter<long> Expired { get; }

    public UpDownCounter<long> Outstanding { get; }

    public void Settled(string verdict) => settled.Add(1, new KeyValuePair<string, object?>("verdict", verdict));

    public void Dispose() => meter.Dispose();
}
