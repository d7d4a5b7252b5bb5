using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.StoredForms;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.Silo.Partitions;
using Orchestrator.V1;
using Result = Orchestrator.V1.SettlementResult.Types.Result;

namespace Orchestrator.Silo.Delivery.Relays;

/// <summary>
/// The hubs of all silos as one. Leases live in the hub of the silo that runs the account's partition; a consumer here takes from all of them through relays, and its
/// settlements go to the account's silo, whichever that is by then (README.md of delivery).
/// </summary>
/// <remarks>Members may be called from any thread.</remarks>
internal sealed class ClusterDelivery : IDelivery, IOwnerCalls, ILinkReceiver, IDisposable
{
    private static readonly TimeSpan FollowEvery = TimeSpan.FromMilliseconds(500);

    // A minute: whoever the cluster's view does not know by then has died before it was seen.
    private const int MostTries = 120;

    private readonly DeliveryHub _hub;
    private readonly ICluster _engine;
    private readonly int _partitions;
    private readonly CancellationToken _stopping;
    private readonly ITimer _follow;
    private readonly ConcurrentDictionary<Consumer, RelayedConsumer> _consumers = [];
    private readonly ConcurrentDictionary<long, RelayedConsumer> _relays = [];
    private readonly ConcurrentDictionary<(string Silo, long Relay), ServedRelay> _served = [];
    private readonly ConcurrentDictionary<(string Silo, long Relay), (RelayNews News, int Tries)> _untold = [];
    private readonly ConcurrentDictionary<string, RelayedConsumer> _held = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ITimer, bool> _timers = [];
    private long _lastRelay;
    private long _lastConsumer;

    /// <param name="partitions">Number of partitions of the store.</param>
    /// <param name="stopping">Fires when the silo stops.</param>
    public ClusterDelivery(DeliveryHub hub, ICluster engine, int partitions, CancellationToken stopping)
    {
        (_hub, _engine, _partitions, _stopping) = (hub, engine, partitions, stopping);
        engine.Attach(this, this);
        hub.Owns = account => engine.Trusts(account.PartitionOf(partitions));
        _follow = hub.LeaseClock.CreateTimer(static desk => ((ClusterDelivery)desk!).LookAgain(), this, FollowEvery, FollowEvery);
    }

    public TimeProvider LeaseClock => _hub.LeaseClock;

    public DeliveryOptions Options => _hub.Options;

    /// <summary>A round trip to the other hubs, with room.</summary>
    public TimeSpan ShortestPull => TimeSpan.FromMilliseconds(200);

    public Consumer Join(string tenant, string subscription, DeliveryFilter filter, ConsumerTerms terms)
    {
        var local = _hub.Join(tenant, subscription, filter, terms);
        var relayed = new RelayedConsumer(Interlocked.Increment(ref _lastConsumer), _hub, this, local, tenant, subscription, filter.Write());
        _consumers[local] = relayed;
        relayed.Follow(_engine.Others, nextTurn: false);
        return local;
    }

    public void Leave(Consumer consumer)
    {
        if (_consumers.TryRemove(consumer, out var relayed))
        {
            relayed.Close();
        }
    }

    public (IReadOnlyList<V1.Delivery> Deliveries, IReadOnlyList<Revoked> Revocations) Take(Consumer consumer, int most) =>
        _consumers.TryGetValue(consumer, out var relayed) ? relayed.Take(most) : _hub.Take(consumer, most);

    public async ValueTask<SettlementResult> SettleAsync(string tenant, V1.Settlement sent, CancellationToken cancel)
    {
        var result = IsHere(sent.AckId, tenant, out var partition)
            ? await _hub.SettleAsync(tenant, sent, cancel)
            : ResultOf(await _engine.CallAsync(partition, new LinkAsk { Settle = new() { Tenant = tenant, Settlement = sent } }).WaitAsync(cancel), sent.AckId);
        if (result.Result is (Result.Settled or Result.SettledLate or Result.AlreadySettled or Result.LeaseLost) && _held.TryRemove(sent.AckId, out var consumer))
        {
            consumer.Settled(sent.AckId);
        }

        return result;
    }

    public async ValueTask<SettlementResult> ExtendAsync(string tenant, LeaseExtension sent, CancellationToken cancel) =>
        IsHere(sent.AckId, tenant, out var partition)
            ? await _hub.ExtendAsync(tenant, sent, cancel)
            : ResultOf(await _engine.CallAsync(partition, new LinkAsk { Extend = new() { Tenant = tenant, Extension = sent } }).WaitAsync(cancel), sent.AckId);

    public async ValueTask<V1.Delivery?> LeaseAsync(GrainKey account, OpenAction action, IReadOnlyList<PersonName> identifiers, TimeSpan lease, CancellationToken cancel)
    {
        var partition = account.PartitionOf(_partitions);
        if (_engine.Runs(partition))
        {
            return _hub.LeaseNow(account, action, identifiers, lease);
        }

        var ask = new LinkLease { Tenant = account.Tenant, Account = account.Affinity, Action = AnswerForm.Write(action), Lease = lease.Ticks };
        ask.Identifiers.Add(identifiers.Select(i => new Identifier { Kind = i.Kind, Value = i.Value }));
        var answer = await _engine.CallAsync(partition, new LinkAsk { Lease = ask }).WaitAsync(cancel);
        return answer.KindCase == LinkAnswer.KindOneofCase.Leased ? answer.Leased.Delivery : throw new PartitionUnavailableException(OutcomeForm.ReasonOf(answer));
    }

    public Task<LinkAnswer>? TryCall(int partition, LinkAsk ask) => ask.KindCase switch
    {
        LinkAsk.KindOneofCase.Settle => AnswerAsync(_hub.SettleAsync(ask.Settle.Tenant, ask.Settle.Settlement, _stopping)),
        LinkAsk.KindOneofCase.Extend => AnswerAsync(_hub.ExtendAsync(ask.Extend.Tenant, ask.Extend.Extension, _stopping)),
        LinkAsk.KindOneofCase.Lease => Task.FromResult(Lease(ask.Lease)),
        _ => Task.FromResult(new LinkAnswer { Unavailable = "this silo does not know the question" }),
    };

    public void Linked(LinkHello silo) => FollowAll(nextTurn: false);

    public void Received(string from, LinkMessage message)
    {
        switch (message.KindCase)
        {
            case LinkMessage.KindOneofCase.RelayOpen:
                Serve(from, message.RelayOpen);
                break;
            case LinkMessage.KindOneofCase.RelayCredit:
                if (_served.TryGetValue((from, message.RelayCredit.Relay), out var served))
                {
                    served.SetCredit(message.RelayCredit.Credit, message.RelayCredit.Number);
                }

                break;
            case LinkMessage.KindOneofCase.RelayClose:
                CloseServed(from, message.RelayClose);
                break;
            case LinkMessage.KindOneofCase.RelayNews:
                Hear(from, message.RelayNews);
                break;
            default:
                // Of a later version: what it does not know it does not need.
                break;
        }
    }

    public void Broken(string silo)
    {
        foreach (var key in _served.Keys.Where(k => k.Silo == silo).OrderBy(k => k.Relay))
        {
            if (_served.TryRemove(key, out var served))
            {
                served.Close();

                // Heard late, this may be after the relay was opened over the next link: whoever did so would wait for ever. Who heard of the break before knows the relay no more.
                TellOver(silo, new RelayNews { Relay = key.Relay, Refused = "the link broke" });
            }
        }

        foreach (var consumer in InOrder)
        {
            consumer.Broken(silo);
        }
    }

    public void Dispose()
    {
        _follow.Dispose();
        foreach (var timer in _timers.Keys)
        {
            timer.Dispose();
        }
    }

    internal long NewRelay(RelayedConsumer consumer)
    {
        var relay = Interlocked.Increment(ref _lastRelay);
        _relays[relay] = consumer;
        return relay;
    }

    internal void Forget(long relay) => _relays.TryRemove(relay, out _);

    /// <summary>Whose it is if it is settled here: given by another silo's hub.</summary>
    internal void Held(string ackId, RelayedConsumer consumer) => _held[ackId] = consumer;

    internal void NotHeld(string ackId) => _held.TryRemove(ackId, out _);

    internal bool Send(string silo, LinkMessage message) => _engine.Send(silo, message);

    internal void After(TimeSpan time, System.Action then)
    {
        ITimer? timer = null;
        timer = LeaseClock.CreateTimer(
            _ =>
            {
                then();
                if (timer is not null && _timers.TryRemove(timer, out var _))
                {
                    timer.Dispose();
                }
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        _timers[timer] = true;
        timer.Change(time, Timeout.InfiniteTimeSpan);
    }

    /// <summary>As they came: what is sent to other silos must not depend on where a dictionary puts a consumer.</summary>
    private IEnumerable<RelayedConsumer> InOrder => _consumers.Values.OrderBy(c => c.Number);

    private void LookAgain()
    {
        _hub.RingUnread();
        TellAgain();
        FollowAll(nextTurn: true);
    }

    /// <summary>
    /// A relay ended here, and whoever opened it must hear so, or would wait for ever instead of opening another. A silo that has just begun may open one before the cluster's view here knows of
    /// it, and then nothing can be told there yet; a link may also be full.
    /// </summary>
    private void TellOver(string silo, RelayNews news)
    {
        // Nobody reaches for a silo that is dead, only to say this.
        if (!_engine.Others.Contains(silo) || !Send(silo, new LinkMessage { RelayNews = news }))
        {
            _untold[(silo, news.Relay)] = (news, MostTries);
        }
    }

    private void TellAgain()
    {
        if (_untold.IsEmpty)
        {
            return;
        }

        var others = _engine.Others;
        foreach (var (key, (news, tries)) in _untold.OrderBy(u => u.Key))
        {
            if ((others.Contains(key.Silo) && Send(key.Silo, new LinkMessage { RelayNews = news })) || tries == 0)
            {
                _untold.TryRemove(key, out _);
            }
            else
            {
                _untold[key] = (news, tries - 1);
            }
        }
    }

    private void FollowAll(bool nextTurn)
    {
        var others = _engine.Others;
        foreach (var consumer in InOrder)
        {
            consumer.Follow(others, nextTurn);
        }
    }

    private void Serve(string from, RelayOpen open)
    {
        Consumer consumer;
        try
        {
            if (!DeliveryFilter.TryRead(open.Filter, out var filter, out var why))
            {
                throw new DeliveryRefusedException(RefusalKind.Invalid, why);
            }

            consumer = _hub.Join(open.Tenant, open.Subscription, filter, new ConsumerTerms(open.Credit, open.Lease.ToTimeSpan(), open.ReleaseOnClose));
        }
        catch (DeliveryRefusedException refused)
        {
            TellOver(from, new RelayNews { Relay = open.Relay, Refused = refused.Message, OtherFilter = refused.Kind == RefusalKind.OtherFilter });
            return;
        }

        _hub.Share(consumer, open.Credit);
        var serving = new ServedRelay(_hub, consumer, open.Relay, message => Send(from, message));
        _served[(from, open.Relay)] = serving;
        _ = ServeAsync(from, open.Relay, serving);
    }

    private async Task ServeAsync(string from, long relay, ServedRelay serving)
    {
        if (await serving.RunAsync() is { Length: > 0 } why && _served.TryRemove((from, relay), out _))
        {
            TellOver(from, new RelayNews { Relay = relay, Refused = why });
        }
    }

    private void CloseServed(string from, RelayClose close)
    {
        if (_served.TryRemove((from, close.Relay), out var served))
        {
            served.Close();
        }

        // Also behind an earlier close: what was on its way to the consumer then comes back with one of its own.
        foreach (var ackId in close.Unseen)
        {
            _hub.TakeBack(ackId);
        }
    }

    private void Hear(string from, RelayNews news)
    {
        if ((!_relays.TryGetValue(news.Relay, out var consumer) || !consumer.Hear(from, news)) && news.Refused.Length == 0)
        {
            // The consumer went while this was on its way.
            Send(from, new LinkMessage { RelayClose = new() { Relay = news.Relay, Unseen = { news.Deliveries.Select(d => d.AckId) } } });
        }
    }

    /// <summary>An id that is not ours is refused here.</summary>
    private bool IsHere(string ackId, string tenant, out int partition)
    {
        partition = _hub.AccountOf(ackId, tenant) is { } account ? account.PartitionOf(_partitions) : -1;
        return partition < 0 || _engine.Runs(partition);
    }

    private LinkAnswer Lease(LinkLease ask)
    {
        var account = GrainKey.Account(ask.Tenant, ask.Account);
        var identifiers = ask.Identifiers.Select(i => new PersonName(i.Kind, i.Value)).ToList();
        return new LinkAnswer { Leased = new() { Delivery = _hub.LeaseNow(account, AnswerForm.Read(ask.Action), identifiers, TimeSpan.FromTicks(ask.Lease)) } };
    }

    private static async Task<LinkAnswer> AnswerAsync(ValueTask<SettlementResult> settling)
    {
        try
        {
            return new LinkAnswer { Settlement = await settling };
        }
#pragma warning disable CA1031 // One settlement that fails must not end the link: the consumer sends it again.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return new LinkAnswer { Unavailable = fault is OperationCanceledException ? "the silo stops" : "the account did not answer" };
        }
    }

    private static SettlementResult ResultOf(LinkAnswer answer, string ackId) => answer.KindCase == LinkAnswer.KindOneofCase.Settlement
        ? answer.Settlement
        : new SettlementResult { AckId = ackId, Result = Result.Unavailable, Reason = OutcomeForm.ReasonOf(answer) };
}
