using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orchestrator.Grains.Accounts;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Lateness;

/// <summary>
/// Answers accounts that ask to be judged anew: reads their history, works out what they would be, and tells them. An account that hears nothing, since its silo died or too many
/// waited, asks again by itself.
/// </summary>
/// <remarks>One loop; what it tells is accepted only by the state for which it was worked out.</remarks>
public sealed partial class Corrector : IAsyncDisposable
{
    private const int MostWaiting = 4_096;

    /// <summary>How often it is worked out anew because the account changed meanwhile; then it asks again.</summary>
    private const int MostTries = 8;

    private readonly SiloRuntime _runtime;
    private readonly PlaybookShelf _shelf;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _over = new();
    private readonly Channel<GrainKey> _waiting = Channel.CreateBounded<GrainKey>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly Task _loop;

    public Corrector(SiloRuntime runtime, PlaybookShelf shelf, ILogger log)
    {
        (_runtime, _shelf, _log) = (runtime, shelf, log);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>An account asks. Any thread; never waits.</summary>
    public void Take(GrainKey account) => _waiting.Writer.TryWrite(account);

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
            await foreach (var key in _waiting.Reader.ReadAllAsync(_over.Token))
            {
                try
                {
                    await CorrectAsync(key);
                }
#pragma warning disable CA1031 // One account's history must not keep the others waiting; it asks again.
                catch (Exception fault) when (fault is not OperationCanceledException)
#pragma warning restore CA1031
                {
                    LogFault(_log, key.Affinity, fault);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    private async Task CorrectAsync(GrainKey key)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            if ((await _runtime.ReadAsync([key], _over.Token))[0] is not Account { Lateness.Since: { } since } account)
            {
                return;
            }

            var past = await PastOf.ReadAsync(account, _runtime, _over.Token);
            var library = _shelf.Current;
            var delays = Delays.Of(library.PlaybookOf(account)?.Definition.Lateness);
            past = await past.WithOthersAsync(since, delays, _runtime, _over.Token);
            var found = past.JudgeAnew(library, since, _runtime.Now, delays);
            var command = past.Command(since, found);
            if (await _runtime.AskAsync(command, _over.Token) is not Outcome.Rejected { Rejection: Rejection.ChangedMeanwhile })
            {
                return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the account {Account} could not be judged anew; it asks again")]
    private static partial void LogFault(ILogger log, string account, Exception fault);
}
