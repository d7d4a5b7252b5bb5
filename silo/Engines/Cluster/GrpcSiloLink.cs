using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;

namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>
/// Links over <c>ClusterService.Link</c>: one stream a pair of silos, opened by whoever has something to say first. When both open one at a time, the stream of the silo
/// with the lower name stays, and what waited goes over that.
/// </summary>
/// <remarks>Safe from any thread. Each stream has a reading and a writing loop on the thread pool.</remarks>
public sealed partial class GrpcSiloLink : ISiloLink
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _machine;
    private readonly Func<double> _jitter;
    private readonly ILogger _log;
    private readonly HttpClient _http;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Way> _ways = [];
    private readonly Dictionary<string, (long NotBefore, TimeSpan Pause)> _pauses = [];
    private LinkHello? _me;
    private ILinkReceiver? _receiver;
    private bool _closed;

    /// <param name="machine">Times the pauses between attempts.</param>
    /// <param name="jitter">Draws from [0, 1).</param>
    public GrpcSiloLink(TimeProvider machine, Func<double> jitter, ILogger log)
    {
        (_machine, _jitter, _log) = (machine, jitter, log);
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(2),
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(2),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(3),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
        };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public void Open(LinkHello me, ILinkReceiver receiver)
    {
        lock (_gate)
        {
            (_me, _receiver) = (me, receiver);
        }
    }

    public bool Send(string silo, string address, LinkMessage message)
    {
        lock (_gate)
        {
            if (!_ways.TryGetValue(silo, out var way))
            {
                if (_closed || _me is null || (_pauses.TryGetValue(silo, out var pause) && _machine.GetTimestamp() < pause.NotBefore))
                {
                    return false;
                }

                way = new Way(silo, isOurs: true);
                _ways.Add(silo, way);
                _ = Task.Run(() => CallAsync(way, address));
            }

            return way.Send(message);
        }
    }

    public void Close(string silo)
    {
        Way? way;
        lock (_gate)
        {
            _ways.Remove(silo, out way);
        }

        way?.End();
        if (way is not null)
        {
            _receiver!.Broken(silo);
        }
    }

    public ValueTask DisposeAsync()
    {
        Way[] ways;
        lock (_gate)
        {
            _closed = true;
            ways = [.. _ways.Values];
            _ways.Clear();
        }

        foreach (var way in ways)
        {
            way.End();
        }

        _http.Dispose();
        return default;
    }

    /// <summary>The answering end: another silo opened a stream to this one.</summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION: it is not of this cluster. ALREADY_EXISTS: this silo's own stream stays. UNAVAILABLE: this silo starts or stops.</exception>
    public async IAsyncEnumerable<LinkResponse> AcceptAsync(MessageReader<LinkRequest> requests, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (!await requests.WaitToReadAsync(cancel).ConfigureAwait(false) || !requests.TryRead(out var first) || first.Message?.Hello is not { Silo.Length: > 0 } hello)
        {
            throw new RpcException(StatusCode.InvalidArgument, "the first message must be `hello`");
        }

        Check(hello);
        using var way = Accept(hello.Silo);
        var reading = ReadAsync(way, hello, requests);
        try
        {
            await foreach (var message in way.MessagesAsync(_me!, cancel).ConfigureAwait(false))
            {
                yield return new LinkResponse { Message = message };
            }
        }
        finally
        {
            Ended(way, null);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Way Accept(string silo)
    {
        Way? before;
        Way way;
        lock (_gate)
        {
            if (_closed || _me is null)
            {
                throw new RpcException(StatusCode.Unavailable, "the silo is starting or stopping");
            }

            if (_ways.TryGetValue(silo, out before) && before.IsOurs && string.CompareOrdinal(_me.Silo, silo) < 0)
            {
                throw new RpcException(StatusCode.AlreadyExists, $"silo `{_me.Silo}` has opened a stream to `{silo}` itself");
            }

            way = new Way(silo, isOurs: false, before is { IsLinked: false } ? before.Waiting : null);
            _ways[silo] = way;
        }

        before?.End();
        if (before is { IsLinked: true })
        {
            _receiver!.Broken(silo);
        }

        return way;
    }

    private async Task ReadAsync(Way way, LinkHello hello, MessageReader<LinkRequest> requests)
    {
        Exception? why = null;
        try
        {
            Linked(way, hello);
            while (await requests.WaitToReadAsync(way.Over).ConfigureAwait(false))
            {
                while (requests.TryRead(out var request))
                {
                    Hear(way, request.Message);
                }
            }
        }
#pragma warning disable CA1031 // However a stream ends, it is over, and both ends hear so.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            why = fault;
        }

        Ended(way, why);
    }

    private async Task CallAsync(Way way, string address)
    {
        Exception? why = null;
        using var call = new LinkCall(_http);
        try
        {
            var reader = await call.OpenAsync(address, way.MessagesAsync(_me!), way.Over).ConfigureAwait(false);
            while (await reader.WaitToReadAsync(way.Over).ConfigureAwait(false))
            {
                while (reader.TryRead(out var response))
                {
                    if (way.IsLinked)
                    {
                        Hear(way, response.Message);
                    }
                    else
                    {
                        var hello = response.Message?.Hello ?? throw new RpcException(StatusCode.InvalidArgument, "the first message must be `hello`");
                        if (hello.Silo != way.Silo)
                        {
                            throw new RpcException(StatusCode.FailedPrecondition, $"silo `{way.Silo}` was expected at `{address}`, `{hello.Silo}` answered");
                        }

                        Check(hello);
                        Linked(way, hello);
                    }
                }
            }
        }
#pragma warning disable CA1031 // However a stream ends, it is over, and both ends hear so.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            why = fault;
        }

        Ended(way, why);
        way.Dispose();
    }

    private void Linked(Way way, LinkHello hello)
    {
        way.Linked();
        lock (_gate)
        {
            _pauses.Remove(way.Silo);
        }

        LogLinked(_log, way.Silo);
        _receiver!.Linked(hello);
    }

    private void Hear(Way way, LinkMessage? message)
    {
        if (message is not null && !way.Over.IsCancellationRequested)
        {
            _receiver!.Received(way.Silo, message);
        }
    }

    private void Ended(Way way, Exception? why)
    {
        lock (_gate)
        {
            if (!_ways.TryGetValue(way.Silo, out var now) || now != way)
            {
                return;
            }

            _ways.Remove(way.Silo);
            var pause = _pauses.TryGetValue(way.Silo, out var before) && before.Pause * 2 is var twice ? (twice < LongestPause ? twice : LongestPause) : FirstPause;
            _pauses[way.Silo] = (_machine.GetTimestamp() + (long)(pause.TotalSeconds * (0.5 + _jitter()) * _machine.TimestampFrequency), pause);
        }

        way.End();
        LogEnded(_log, way.Silo, why?.Message ?? "it was closed");
        _receiver!.Broken(way.Silo);
    }

    private void Check(LinkHello other)
    {
        if (_me is { } me && other.Incarnation != me.Incarnation)
        {
            throw new RpcException(StatusCode.FailedPrecondition, $"silo `{other.Silo}` runs on incarnation {other.Incarnation} of a store, this one on {me.Incarnation}");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "linked with silo {Silo}")]
    private static partial void LogLinked(ILogger log, string silo);

    [LoggerMessage(Level = LogLevel.Information, Message = "the link to silo {Silo} ended: {Why}")]
    private static partial void LogEnded(ILogger log, string silo, string why);
}
