using System.Threading.Channels;
using Google.Protobuf;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Stages;
using Orchestrator.V1;

namespace Orchestrator.Silo.Tests.Stages;

/// <summary>Somebody who follows stage changes and keeps the position of what they have taken.</summary>
internal sealed class Follower : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly CancellationTokenSource stop = new();
    private readonly Channel<WatchStagesResponse> channel = Channel.CreateUnbounded<WatchStagesResponse>();
    private readonly Queue<StageChange> ready = new();
    private readonly Task reading;

    private Follower(StageService service, WatchStagesRequest request) => reading = Task.Run(async () =>
    {
        try
        {
            await foreach (var response in service.WatchStages(request, new CallContext { CancellationToken = stop.Token }))
            {
                channel.Writer.TryWrite(response);
            }

            channel.Writer.TryComplete();
        }
        catch (Exception e)
        {
            channel.Writer.TryComplete(e);
        }
    });

    /// <summary>Behind all that was taken, and perhaps not yet behind what is ready.</summary>
    public ByteString Position { get; private set; } = ByteString.Empty;

    /// <summary>What was taken so far.</summary>
    public List<StageChange> Taken { get; } = [];

    /// <summary>Follows from where the first message says.</summary>
    public static async Task<Follower> BeginAsync(StageService service, WatchStagesRequest? request = null)
    {
        var follower = new Follower(service, request ?? new());
        await follower.ReceiveAsync();
        return follower;
    }

    /// <summary>The next change.</summary>
    public async Task<StageChange> NextAsync()
    {
        while (ready.Count == 0)
        {
            await ReceiveAsync();
        }

        Taken.Add(ready.Dequeue());
        return Taken[^1];
    }

    /// <summary>How it ended.</summary>
    public async Task<RpcException> EndAsync() => await Assert.ThrowsAsync<RpcException>(async () =>
    {
        while (true)
        {
            await ReceiveAsync();
        }
    });

    /// <summary>Whether nothing has come that was not taken.</summary>
    public bool IsQuiet => ready.Count == 0 && channel.Reader.Count == 0;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await reading;
        stop.Dispose();
    }

    private async Task ReceiveAsync()
    {
        WatchStagesResponse response;
        try
        {
            response = await channel.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        }
        catch (ChannelClosedException closed) when (closed.InnerException is { } why)
        {
            throw why;
        }

        Position = response.Position;
        foreach (var change in response.Changes)
        {
            ready.Enqueue(change);
        }
    }
}
