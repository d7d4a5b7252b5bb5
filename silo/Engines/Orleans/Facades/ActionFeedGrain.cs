using System.Runtime.CompilerServices;
using Google.Protobuf;
using Orchestrator.Orleans;
using Orchestrator.Silo.Delivery;
using Orchestrator.Silo.Ingest;
using Orchestrator.V1;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Timers;

namespace Orchestrator.Silo.Engines.Orleans.Facades;

/// <summary>What a feed must remember over the end of its silo.</summary>
[GenerateSerializer, Alias("orchestrator.feedstate")]
internal sealed class FeedState
{
    /// <summary>The terms as their JSON, which the storage keeps readable; null: it is stopped.</summary>
    [Id(0)]
    public string? Terms { get; set; }
}

/// <summary>A consumer of a subscription whose deliveries go into a stream. A reminder brings it up again wherever its silo went.</summary>
/// <remarks>One turn at a time on the activation's scheduler; the pump is a loop there, of short turns.</remarks>
[Reentrant, KeepAlive, GrainType("orchestrator-feed")]
#pragma warning disable CA1001 // Disposed with the deactivation, which waits for the pump.
internal sealed partial class ActionFeedGrain(
    IGrainContext context,
    Task<Services> services,
    [PersistentState("feed")] IPersistentState<FeedState> state,
    IReminderRegistry reminders,
    ILogger<ActionFeedGrain> log) : IGrainBase, IActionFeedGrain, IRemindable
#pragma warning restore CA1001
{
    private const string Reminder = "pump";

    // The shortest that Orleans takes.
    private static readonly TimeSpan LookAfter = TimeSpan.FromMinutes(1);

    private CancellationTokenSource? _over;
    private Task _pumping = Task.CompletedTask;

    public IGrainContext GrainContext => context;

    private string Subscription => GrainContext.GrainId.Key.ToString()!;

    public async Task OnActivateAsync(CancellationToken token)
    {
        if (state.State.Terms is not null)
        {
            await BeginAsync();
        }
    }

    public Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => EndAsync();

    public async Task StartAsync(SubscribeRequest.Types.Open terms)
    {
        var mine = new SubscribeRequest.Types.Open(terms) { Subscription = Subscription };
        await EndAsync();

        // Before it is remembered: bad terms must not be tried again for ever.
        await BeginAsync(mine);
        state.State.Terms = JsonFormatter.Default.Format(mine);
        await state.WriteStateAsync();
        await reminders.RegisterOrUpdateReminder(GrainContext.GrainId, Reminder, LookAfter, LookAfter);
    }

    public async Task StopAsync()
    {
        state.State.Terms = null;
        await state.WriteStateAsync();
        if (await reminders.GetReminder(GrainContext.GrainId, Reminder) is { } reminder)
        {
            await reminders.UnregisterReminder(GrainContext.GrainId, reminder);
        }

        await EndAsync();
    }

    public Task<bool> RunsAsync() => Task.FromResult(_over is not null && !_pumping.IsCompleted);

    public async Task<SettlementResult> SettleAsync(Settlement settlement) => await (await services).SettleAsync(settlement);

    public async Task<SettlementResult> ExtendAsync(LeaseExtension extension) => await (await services).ExtendAsync(extension);

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (state.State.Terms is not null && _pumping.IsCompleted)
        {
            await EndAsync();
            await BeginAsync();
        }
    }

    private Task BeginAsync() => BeginAsync(JsonParser.Default.Parse<SubscribeRequest.Types.Open>(state.State.Terms));

    /// <summary>Joins the subscription and pumps from then on; returns when it has joined, or was refused.</summary>
    private async Task BeginAsync(SubscribeRequest.Types.Open terms)
    {
        var delivery = (await services).Delivery;
        _over = new CancellationTokenSource();
        var responses = ActionStream.ServeAsync(delivery, Tenants.Default, RequestsAsync(terms, _over.Token), CancellationToken.None, _over.Token).GetAsyncEnumerator(CancellationToken.None);
        var stream = this.GetStreamProvider(ActionStreams.Provider).GetStream<V1.Delivery>(StreamId.Create(ActionStreams.Namespace, Subscription));

        // The first step runs to its first wait at once: by then it has joined or thrown.
        var first = responses.MoveNextAsync().AsTask();
        if (first.IsFaulted)
        {
            await EndAsync();
            try
            {
                await first;
            }
            catch (DeliveryRefusedException refused)
            {
                throw Services.Refused(refused);
            }
        }

        _pumping = PumpAsync(responses, first, stream);
    }

    private async Task PumpAsync(IAsyncEnumerator<SubscribeResponse> responses, Task<bool> first, IAsyncStream<V1.Delivery> stream)
    {
        try
        {
            await using (responses)
            {
                for (var more = await first; more; more = await responses.MoveNextAsync())
                {
                    // What a stream cannot take now is leased and comes again.
                    if (responses.Current.Deliveries.Count > 0)
                    {
                        await stream.OnNextBatchAsync(responses.Current.Deliveries);
                    }
                }
            }
        }
#pragma warning disable CA1031 // Whatever ends it: the reminder begins anew.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            LogBroken(log, Subscription, fault);
        }
    }

    private async Task EndAsync()
    {
        if (_over is { } over)
        {
            _over = null;
            over.Cancel();
            await _pumping;
            over.Dispose();
        }
    }

    /// <summary>Opens, and says nothing more: settlements come by calls.</summary>
    private static async IAsyncEnumerable<SubscribeRequest> RequestsAsync(SubscribeRequest.Types.Open terms, [EnumeratorCancellation] CancellationToken cancel)
    {
        yield return new SubscribeRequest { Open = terms };
        await Task.Delay(Timeout.Infinite, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the feed of subscription {Subscription} broke off; it begins anew within a minute")]
    private static partial void LogBroken(ILogger log, string subscription, Exception fault);
}
