using Microsoft.Extensions.Logging;
using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.Retention;

/// <summary>Drops what is older than the journal keeps: at the start and once a day of business time.</summary>
/// <remarks>Two silos at once do no harm: what one has dropped is not there for the other. Snapshots are kept, so an account stands where it stood; only its history gets shorter.</remarks>
public sealed partial class JournalRetention : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromDays(1);

    // After a failure, and while it is another silo's to do: that one may be gone by then.
    private static readonly TimeSpan Again = TimeSpan.FromHours(1);

    private readonly IStore _store;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _keep;
    private readonly Func<bool> _isMine;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _over = new();
    private readonly Task _loop;

    /// <param name="store">Open.</param>
    /// <param name="clock">Business time.</param>
    /// <param name="keep">How long a frame is kept at least.</param>
    /// <param name="isMine">Whether it is this silo's to do, of those that share the store.</param>
    public JournalRetention(IStore store, TimeProvider clock, TimeSpan keep, Func<bool> isMine, ILogger log)
    {
        (_store, _clock, _keep, _isMine, _log) = (store, clock, keep, isMine, log);
        _loop = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _loop;
        _over.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(_isMine() && await DropAsync() ? Every : Again, _clock, _over.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    private async Task<bool> DropAsync()
    {
        var before = _clock.GetUtcNow() - _keep;
        try
        {
            var dropped = await _store.DropFramesAsync(before, _over.Token);
            if (dropped > 0)
            {
                LogDropped(_log, dropped, before);
            }

            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(_log, e);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Frames} frames of the journal from before {Before:u} are dropped")]
    private static partial void LogDropped(ILogger log, long frames, DateTimeOffset before);

    [LoggerMessage(Level = LogLevel.Warning, Message = "old frames of the journal could not be dropped; the next attempt is in an hour")]
    private static partial void LogFailed(ILogger log, Exception e);
}
