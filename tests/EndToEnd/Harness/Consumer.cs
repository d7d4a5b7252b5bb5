using System.Threading.Channels;
using Orchestrator.Client;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.EndToEnd.Harness;

/// <summary>One stream of a consumer as it is on the wire: nothing reconnects and nothing settles by itself.</summary>
sealed class Consumer : IAsyncDisposable
{
    readonly CancellationTokenSource cut = new();
    readonly Channel<SubscribeRequest> requests = Channel.CreateUnbounded<SubscribeRequest>();
    readonly Channel<SubscribeResponse> responses = Channel.CreateUnbounded<SubscribeResponse>();
    readonly Task reading;

    public Consumer(OrchestratorClient client, string subscription, int credit = 100, int leaseSeconds = 30)
    {
        requests.Writer.TryWrite(new()
        {
            Open = new() { Subscription = subscription, MaxOutstanding = credit, Lease = new() { Seconds = leaseSeconds } },
        });
        reading = ReadAsync(client);
    }

    /// <summary>How the stream ended.</summary>
    public Task<RpcException?> Ended => EndedAsync();

    /// <summary>The next response that is not a heartbeat.</summary>
    public async Task<SubscribeResponse> NextAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            var response = await responses.Reader.ReadAsync(patience.Token);
            if (!response.Heartbeat)
            {
                return response;
            }
        }
    }

    /// <summary>The next response with deliveries, for at most so long.</summary>
    public async Task<SubscribeResponse> NextWithDeliveriesAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        while (true)
        {
            var response = await responses.Reader.ReadAsync(limit.Token);
            if (response.Deliveries.Count > 0)
            {
                return response;
            }
        }
    }

    /// <summary>Takes this many deliveries.</summary>
    public async Task<List<Delivery>> TakeAsync(int count)
    {
        var taken = new List<Delivery>();
        while (taken.Count < count)
        {
            taken.AddRange((await NextAsync()).Deliveries);
        }

        return taken;
    }

    public void Settle(Delivery delivery, string outcome = "delivered") =>
        requests.Writer.TryWrite(new() { Settlements = { new Settlement { AckId = delivery.AckId, Done = new() { Outcome = outcome } } } });

    /// <summary>Cuts the stream without a word.</summary>
    public async Task CutAsync()
    {
        await cut.CancelAsync();
        await reading;
    }

    public async ValueTask DisposeAsync()
    {
        await CutAsync();
        cut.Dispose();
    }

    async Task ReadAsync(OrchestratorClient client)
    {
        try
        {
            await foreach (var response in client.Actions.Subscribe(requests.Reader.ReadAllAsync(cut.Token), new() { CancellationToken = cut.Token }))
            {
                responses.Writer.TryWrite(response);
            }

            responses.Writer.TryComplete();
        }
        catch (RpcException ended)
        {
            responses.Writer.TryComplete(ended);
        }
    }

    async Task<RpcException?> EndedAsync()
    {
        try
        {
            await responses.Reader.Completion;
            return null;
        }
        catch (RpcException ended)
        {
            return ended;
        }
    }
}
