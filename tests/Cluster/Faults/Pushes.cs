using System.Collections.Concurrent;
using System.Diagnostics;
using Google.Protobuf;
using Orchestrator.Client;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;
using Result = Orchestrator.V1.SettlementResult.Types.Result;

namespace Orchestrator.Cluster.Tests.Faults;

/// <summary>A consumer at each silo, all of one subscription, that connect again by themselves; what was pushed to them and what was settled.</summary>
internal sealed class Pushes : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly OrchestratorClient[] _clients;
    private readonly Task[] _reading;
    private bool _ended;

    public Pushes(SiloCluster cluster)
    {
        // Connections of their own: the load's must not share the fate of theirs.
        _clients = [.. cluster.Silos.Select(s => new OrchestratorClient(s.Address))];
        _reading = [.. _clients.Select(ReadAsync)];
    }

    /// <summary>Every action that was pushed, by id, as its first push said.</summary>
    public ConcurrentDictionary<string, ByteString> Pushed { get; } = new();

    /// <summary>By account: the timestamp of its last push.</summary>
    public ConcurrentDictionary<string, long> LastPushed { get; } = new();

    /// <summary>Actions whose settlement was answered.</summary>
    public ConcurrentDictionary<string, bool> Settled { get; } = new();

    /// <summary>What must never be seen.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>Settle everything from now on, so that all that is open comes to an end; until then one of three is left to come again.</summary>
    public bool SettleAll { get; set; }

    public async ValueTask DisposeAsync()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        await _over.CancelAsync();
        await Task.WhenAll(_reading);
        foreach (var client in _clients)
        {
            client.Dispose();
        }

        _over.Dispose();
    }

    private async Task ReadAsync(OrchestratorClient client)
    {
        var quick = new RetryPolicy { InitialBackoff = TimeSpan.FromMilliseconds(50), MaxBackoff = TimeSpan.FromMilliseconds(500) };
        var subscription = client.Subscribe(new() { Subscription = "witness", Lease = TimeSpan.FromSeconds(2), MaxOutstanding = 1_000, Reconnect = quick });
        try
        {
            await foreach (var delivery in subscription.WithCancellation(_over.Token))
            {
                Note(delivery);
                if (SettleAll || (delivery.Action.Id[^1] + delivery.Attempt) % 3 != 0)
                {
                    _ = SettleAsync(subscription, delivery);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
#pragma warning disable CA1031 // Whatever ends a consumer for good is a finding of the test.
        catch (Exception ended)
#pragma warning restore CA1031
        {
            Faults.Enqueue($"a consumer ended: {ended.Message}");
        }
    }

    // Who is meant may be known better the second time, all else must be the same.
    private void Note(Delivery delivery)
    {
        LastPushed[delivery.Action.Account] = Stopwatch.GetTimestamp();
        var action = delivery.Action.Clone();
        action.Identifiers.Clear();
        var bytes = action.ToByteString();
        if (Pushed.GetOrAdd(action.Id, bytes) != bytes)
        {
            Faults.Enqueue($"action {action.Id} came with other content: {action} instead of {V1.Action.Parser.ParseFrom(Pushed[action.Id])}");
        }
    }

    private async Task SettleAsync(ActionSubscription subscription, Delivery delivery)
    {
        try
        {
            var result = await subscription.DoneAsync(delivery, "delivered");
            switch (result.Result)
            {
                case Result.Settled or Result.SettledLate or Result.AlreadySettled:
                    Settled[delivery.Action.Id] = true;
                    break;
                case Result.Refused:
                    Faults.Enqueue($"a settlement of {delivery.Action.Id} was refused: {result.Reason}");
                    break;
            }
        }
        catch (Exception lost) when (lost is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            // Nobody promised anything, and the lease will bring it again.
        }
    }
}
