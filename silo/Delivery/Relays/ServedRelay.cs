using Orchestrator.V1;

namespace Orchestrator.Silo.Delivery.Relays;

/// <summary>The part of another silo's consumer at this silo's hub: leases here, tells there. One loop.</summary>
internal sealed class ServedRelay(DeliveryHub hub, Consumer consumer, long relay, Func<LinkMessage, bool> send)
{
    private const int MostInOne = 64;
    private ((int Used, int Counts, bool Wants) State, long Heard) _told;
    private long _heard;
    private volatile bool _over;

    /// <summary>Until it is closed, or gives nothing any more.</summary>
    /// <returns>Why it ended by itself: whoever opened it does not know that yet. Empty if it was closed.</returns>
    public async Task<string> RunAsync()
    {
        var why = "";
        while (!_over)
        {
            var (deliveries, revocations) = hub.Take(consumer, MostInOne);

            // Read before: what it does not count as heard counts as on its way.
            var heard = Volatile.Read(ref _heard);
            var state = hub.Look(consumer);
            if (consumer.Drain is not null)
            {
                TakeBack(deliveries);
                why = "the silo drains";
                break;
            }

            if (deliveries.Count > 0 || revocations.Count > 0 || (state, heard) != _told)
            {
                _told = (state, heard);
                var news = new RelayNews { Relay = relay, Used = state.Used, Credit = state.Counts, Wanting = state.Wants, Heard = heard, At = hub.LeaseClock.GetUtcNow().UtcTicks, Deliveries = { deliveries } };
                news.Revocations.Add(revocations.Select(r => new SubscribeResponse.Types.Revocation { ActionId = r.ActionId, Reason = r.Reason }));
                if (!send(new LinkMessage { RelayNews = news }))
                {
                    TakeBack(deliveries);
                    why = "it could not be told";
                    break;
                }

                continue;
            }

            await consumer.Bell.WaitAsync();
        }

        Close();
        return why;
    }

    public void SetCredit(int credit, long number)
    {
        hub.Share(consumer, credit);
        Volatile.Write(ref _heard, number);
        consumer.Bell.Ring();
    }

    public void Close()
    {
        _over = true;
        hub.Leave(consumer);
        consumer.Bell.Ring();
    }

    private void TakeBack(IReadOnlyList<V1.Delivery> untold)
    {
        foreach (var delivery in untold)
        {
            hub.TakeBack(delivery.AckId);
        }
    }
}
