using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Orchestrator.Silo.Engines.Cluster;
using Orchestrator.V1;
using Orleans;
using Orleans.Runtime;
using Orleans.Services;

namespace Orchestrator.Silo.Engines.Orleans;

/// <summary>The ear of each silo for what other silos send it over Orleans.</summary>
[Alias("orchestrator.ear")]
internal interface IEar : IGrainService
{
    /// <summary>Takes a batch in.</summary>
    /// <param name="from">The sender's name.</param>
    /// <param name="session">Of the sender: counts how often it began anew.</param>
    /// <param name="number">Of the batch within the session, from 0; the first begins with hello.</param>
    /// <param name="batch">Messages, each behind its length.</param>
    /// <returns>False if this silo does not know the session: the sender begins anew.</returns>
    [Alias("hear")]
    Task<bool> HearAsync(string from, long session, long number, byte[] batch);
}

/// <summary>
/// Messages between silos over the connections of Orleans: for each silo one queue, from which all that waits goes as one call while the next collects. A batch is sent only after the one before was answered, so the order
/// stays though Orleans promises none; a call that fails ends the session, and the next begins with hello, by which the other end hears that something was lost.
/// </summary>
/// <remarks>Safe from any thread. A sending loop for each silo on the thread pool.</remarks>
internal sealed partial class OrleansLink(Func<string, IEar?> ears, TimeProvider machine, ILogger log) : ISiloLink
{
    private const int MostWaiting = 65_536;
    private const int BatchBytes = 256 * 1024;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Sender> _senders = [];
    private readonly Dictionary<string, (long Session, long Next)> _heard = [];
    private LinkHello? _me;
    private ILinkReceiver? _receiver;
    private long _sessions;
    private bool _closed;

    public void Open(LinkHello me, ILinkReceiver receiver)
    {
        lock (_gate)
        {
            (_me, _receiver) = (me, receiver);

            // Later than any session of this silo before: a name is used by one process once, so its own clock will do.
            _sessions = machine.GetUtcNow().Ticks;
        }
    }

    public bool Send(string silo, string address, LinkMessage message)
    {
        lock (_gate)
        {
            if (_closed || _me is null)
            {
                return false;
            }

            if (!_senders.TryGetValue(silo, out var sender))
            {
                sender = new Sender(silo);
                _senders.Add(silo, sender);
                _ = Task.Run(() => RunAsync(sender));
            }

            return sender.Waiting.Reader.Count < MostWaiting && sender.Waiting.Writer.TryWrite(message);
        }
    }

    public void Close(string silo)
    {
        Sender? sender;
        lock (_gate)
        {
            _senders.Remove(silo, out sender);
            _heard.Remove(silo);
        }

        sender?.End();
        if (sender is not null)
        {
            _receiver!.Broken(silo);
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var sender in _senders.Values)
            {
                sender.End();
            }

            _senders.Clear();
        }

        return default;
    }

    /// <summary>The receiving end. For one sender, one at a time.</summary>
    public bool Hear(string from, long session, long number, byte[] batch)
    {
        bool anew;
        lock (_gate)
        {
            if (_closed || _me is null)
            {
                return false;
            }

            var known = _heard.TryGetValue(from, out var heard);
            anew = number == 0 && (!known || session > heard.Session);
            if (!anew && (!known || session != heard.Session || number != heard.Next))
            {
                return false;
            }

            _heard[from] = (session, number + 1);
            anew &= known;
        }

        if (anew)
        {
            _receiver!.Broken(from);
        }

        if (number == 0)
        {
            // It listens by now: what waits for it need not wait longer.
            lock (_gate)
            {
                _senders.GetValueOrDefault(from)?.GoOn();
            }
        }

        using var input = new MemoryStream(batch, writable: false);
        while (input.Position < input.Length)
        {
            var message = LinkMessage.Parser.ParseDelimitedFrom(input);
            if (message.KindCase != LinkMessage.KindOneofCase.Hello)
            {
                _receiver!.Received(from, message);
            }
            else if (message.Hello.Incarnation == _me.Incarnation)
            {
                LogLinked(log, from);
                _receiver!.Linked(message.Hello);
            }
            else
            {
                LogForeign(log, from, message.Hello.Incarnation, _me.Incarnation);
                lock (_gate)
                {
                    _heard.Remove(from);
                }

                return false;
            }
        }

        return true;
    }

    private async Task RunAsync(Sender sender)
    {
        var pause = FirstPause;
        while (!sender.Over.IsCancellationRequested)
        {
            var linked = false;
            var why = await SpeakAsync(sender, Interlocked.Increment(ref _sessions), () => linked = true);
            if (sender.Over.IsCancellationRequested)
            {
                break;
            }

            // A session that was never taken has lost nothing: what waits goes over the next.
            if (linked)
            {
                pause = FirstPause;
                LogEnded(log, sender.Silo, why);
                while (sender.Waiting.Reader.TryRead(out _))
                {
                    // Promised to arrive in that session or be lost with it.
                }

                _receiver!.Broken(sender.Silo);
            }

            await sender.PauseAsync(pause, machine);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        sender.Dispose();
    }

    /// <summary>One session: hello at once, then whatever comes.</summary>
    /// <returns>Why it ended.</returns>
    private async Task<string> SpeakAsync(Sender sender, long session, System.Action linked)
    {
        using var batch = new MemoryStream();
        new LinkMessage { Hello = _me }.WriteDelimitedTo(batch);
        try
        {
            for (var number = 0L; ; number++)
            {
                // Hello goes alone: if it is not taken, nothing is lost.
                while (number > 0 && batch.Length < BatchBytes && sender.Waiting.Reader.TryRead(out var message))
                {
                    message.WriteDelimitedTo(batch);
                }

                if (ears(sender.Silo) is not { } ear)
                {
                    return "Orleans does not know it";
                }

                if (!await ear.HearAsync(_me!.Silo, session, number, batch.ToArray()).WaitAsync(sender.Over).ConfigureAwait(false))
                {
                    return "it began anew";
                }

                linked();
                batch.SetLength(0);
                await sender.Waiting.Reader.WaitToReadAsync(sender.Over).ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // However a session ends, it is over, and both ends hear so.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return fault.Message;
        }
    }

    /// <summary>What waits for one silo.</summary>
    private sealed class Sender(string silo) : IDisposable
    {
        private readonly CancellationTokenSource _over = new();
        private volatile TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Silo => silo;

        public Channel<LinkMessage> Waiting { get; } = Channel.CreateUnbounded<LinkMessage>();

        public CancellationToken Over => _over.Token;

        /// <summary>Waits before the next attempt, but no longer than until <see cref="GoOn"/>.</summary>
        public async Task PauseAsync(TimeSpan pause, TimeProvider machine)
        {
            await _goOn.Task.WaitAsync(pause, machine, Over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        public void GoOn() => _goOn.TrySetResult();

        public void End()
        {
            try
            {
                _over.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // Over before.
            }
        }

        public void Dispose() => _over.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "linked with silo {Silo}")]
    private static partial void LogLinked(ILogger log, string silo);

    [LoggerMessage(Level = LogLevel.Information, Message = "the link to silo {Silo} ended: {Why}")]
    private static partial void LogEnded(ILogger log, string silo, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "silo {Silo} runs on incarnation {Theirs} of a store, this one on {Ours}: it is not listened to")]
    private static partial void LogForeign(ILogger log, string silo, long theirs, long ours);
}

/// <summary>The ear of this silo. One turn at a time.</summary>
internal sealed class Ear(GrainId id, global::Orleans.Runtime.Silo silo, ILoggerFactory logs, OrleansLink link) : GrainService(id, silo, logs), IEar
{
    public Task<bool> HearAsync(string from, long session, long number, byte[] batch) => Task.FromResult(link.Hear(from, session, number, batch));
}

/// <summary>The ears of the other silos.</summary>
internal sealed class Ears(IServiceProvider services) : global::Orleans.Runtime.Services.GrainServiceClient<IEar>(services)
{
    public IEar At(SiloAddress silo) => GetGrainService(silo);
}
