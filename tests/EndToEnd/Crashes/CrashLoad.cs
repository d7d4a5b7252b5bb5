using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Google.Protobuf;
using Orchestrator.Client;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Grains.Identities;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;
using Action = System.Action;
using Result = Orchestrator.V1.Acknowledgement.Types.Result;

namespace Orchestrator.EndToEnd.Crashes;

/// <summary>
/// What the world outside knows of a silo that keeps being killed: every signal sent, every acknowledgement, every action pushed and every settlement answered.
/// Several streams record at once; what was not acknowledged is sent again, unchanged, after the restart.
/// </summary>
sealed class CrashLoad(int seed)
{
    public const int Lanes = 4;
    const int Accounts = 50;
    const int People = 3;
    const int Window = 48;

    /// <summary>Every account that signals may have reached: those named, and the provisional ones of people whom nobody knew yet.</summary>
    public static IReadOnlyList<string> EveryAccount { get; } =
    [
        .. Enumerable.Range(0, Accounts).Select(AccountOf),
        .. Enumerable.Range(0, Accounts).SelectMany(a => Enumerable.Range(0, People).Select(p => Identity.ProvisionalAccount($"email:p{p}@{AccountOf(a)}.example"))),
    ];

    readonly Dictionary<string, Signal>[] unanswered = [.. Enumerable.Range(0, Lanes).Select(_ => new Dictionary<string, Signal>())];
    readonly int[] made = new int[Lanes];
    int acknowledged;

    /// <summary>Acknowledged signals with their position.</summary>
    public ConcurrentDictionary<string, Position> Acknowledged { get; } = new();

    /// <summary>Every action that was pushed, by id, as its first push said.</summary>
    public ConcurrentDictionary<string, ByteString> Pushed { get; } = new();

    /// <summary>Settlements that the silo answered, by action id.</summary>
    public ConcurrentDictionary<string, bool> Settled { get; } = new();

    /// <summary>What must never be seen.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>Signals that were durable before the kill although nobody heard of it.</summary>
    public int FoundDurable { get; private set; }

    public int Repeated { get; private set; }

    /// <summary>Settle everything from now on, so that all that is open comes to an end.</summary>
    public bool SettleAll { get; set; }

    public int Unanswered => unanswered.Sum(u => u.Count);

    /// <summary>Records on all lanes until the connection is lost, or, with <paramref name="count"/> = 0, until all that was left is acknowledged.</summary>
    /// <param name="count">Acknowledgements after which <paramref name="enough"/> is called, once.</param>
    public async Task RunAsync(SiloProcess silo, int count, Action enough)
    {
        acknowledged = 0;
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(() => LaneAsync(silo, lane, count, enough))));
    }

    /// <summary>Takes actions, across restarts, until the token fires; settles two of three.</summary>
    public async Task SubscribeAsync(OrchestratorClient client, CancellationToken cancel)
    {
        var quick = new RetryPolicy { InitialBackoff = TimeSpan.FromMilliseconds(20), MaxBackoff = TimeSpan.FromMilliseconds(50) };
        var subscription = client.Subscribe(new() { Subscription = "crash", Lease = TimeSpan.FromSeconds(1), MaxOutstanding = 1_000, Reconnect = quick });
        try
        {
            await foreach (var delivery in subscription.WithCancellation(cancel))
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
    }

    async Task SettleAsync(ActionSubscription subscription, Delivery delivery)
    {
        try
        {
            var result = await subscription.DoneAsync(delivery, "delivered");
            switch (result.Result)
            {
                case SettlementResult.Types.Result.Settled or SettlementResult.Types.Result.SettledLate or SettlementResult.Types.Result.AlreadySettled:
                    Settled[delivery.Action.Id] = true;
                    break;
                case SettlementResult.Types.Result.Refused:
                    Faults.Enqueue($"a settlement of {delivery.Action.Id} was refused: {result.Reason}");
                    break;
            }
        }
        catch (RpcException)
        {
            // Killed meanwhile: nobody promised anything, and the lease will bring it again.
        }
    }

    // Who is meant may be known better the second time, all else must be the same.
    void Note(Delivery delivery)
    {
        var action = delivery.Action.Clone();
        action.Identifiers.Clear();
        var bytes = action.ToByteString();
        if (Pushed.GetOrAdd(action.Id, bytes) != bytes)
        {
            Faults.Enqueue($"action {action.Id} came with other content: {action} instead of {V1.Action.Parser.ParseFrom(Pushed[action.Id])}");
        }

        if (Settled.ContainsKey(action.Id))
        {
            Faults.Enqueue($"action {action.Id} was pushed although its settlement had been acknowledged");
        }
    }

    async Task LaneAsync(SiloProcess silo, int lane, int count, Action enough)
    {
        // A connection of its own: streams of one connection would be lost together in the same order each time.
        using var client = silo.Connect();
        var left = unanswered[lane];
        var resent = left.Keys.ToHashSet();
        var outgoing = Channel.CreateUnbounded<RecordRequest>();
        foreach (var signal in left.Values)
        {
            outgoing.Writer.TryWrite(new() { Signal = signal });
        }

        Repeated += left.Count;
        if (count == 0 && left.Count == 0)
        {
            return;
        }

        Fill(outgoing, lane, count);
        try
        {
            await foreach (var response in client.Signals.Record(outgoing.Reader.ReadAllAsync(), new()))
            {
                foreach (var answer in response.Acknowledgements)
                {
                    Take(answer, lane, resent, outgoing);
                    if (answer.Result != Result.Overloaded && Interlocked.Increment(ref acknowledged) == count)
                    {
                        enough();
                    }
                }

                Fill(outgoing, lane, count);
                if (count == 0 && left.Count == 0)
                {
                    return;
                }
            }
        }
        catch (RpcException lost) when (lost.Code is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled && count > 0)
        {
        }
    }

    void Take(Acknowledgement answer, int lane, HashSet<string> resent, Channel<RecordRequest> outgoing)
    {
        switch (answer.Result)
        {
            case Result.Recorded or Result.Duplicate:
                if (!unanswered[lane].Remove(answer.SignalId))
                {
                    Faults.Enqueue($"signal {answer.SignalId} was acknowledged twice");
                }

                if (answer.Result == Result.Duplicate && !resent.Contains(answer.SignalId))
                {
                    Faults.Enqueue($"signal {answer.SignalId} is called a duplicate although it was sent once");
                }

                FoundDurable += answer.Result == Result.Duplicate ? 1 : 0;
                Acknowledged[answer.SignalId] = answer.Position;
                break;
            case Result.Overloaded:
                outgoing.Writer.TryWrite(new() { Signal = unanswered[lane][answer.SignalId] });
                break;
            default:
                Faults.Enqueue($"signal {answer.SignalId} was refused: {answer.Reason}");
                unanswered[lane].Remove(answer.SignalId);
                break;
        }
    }

    void Fill(Channel<RecordRequest> outgoing, int lane, int count)
    {
        while (count > 0 && unanswered[lane].Count < Window)
        {
            var signal = Make(lane, made[lane]++);
            unanswered[lane].Add(signal.Id, signal);
            outgoing.Writer.TryWrite(new() { Signal = signal });
        }
    }

    // Depends on seed, lane and number only. Lanes share accounts; a quarter of the signals name no account but only the person, whose
    // identity lives in another partition, so that messages between partitions are on their way when the kill comes.
    Signal Make(int lane, int number)
    {
        var draw = new Random(HashCode(seed, lane, number));
        var account = AccountOf(Math.Min(draw.Next(Accounts), draw.Next(Accounts)));
        var id = $"s-{lane}-{number}";
        if (draw.Next(5) == 0)
        {
            return Texts.Bought(id, account, 1 + draw.Next(100_000));
        }

        var signal = Texts.Viewed(id, account, $"p{draw.Next(People)}");
        if (draw.Next(4) == 0)
        {
            signal.Account = "";
        }

        return signal;
    }

    static string AccountOf(int number) => string.Create(CultureInfo.InvariantCulture, $"acc-{number:D2}");

    static int HashCode(int seed, int lane, int number) => unchecked((((seed * 397) ^ lane) * 7919) ^ (number * 104_729));
}
