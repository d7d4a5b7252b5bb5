using System.Runtime.CompilerServices;
using Orchestrator.Client;
using Orchestrator.Protos.Rpc;
using Orchestrator.V1;
using Result = Orchestrator.V1.Acknowledgement.Types.Result;

namespace Orchestrator.Cli.Recording;

/// <summary>Sends rows over one stream, a bounded number at a time; sends again what an overloaded silo put off, and starts over where a stream breaks.</summary>
/// <param name="patience">How long to wait for any answer.</param>
sealed class Recorder(ISignalService service, SendWindow window, Ledger ledger, TimeSpan patience, TimeProvider clock)
{
    // Streams in a row that break without settling anything.
    const int StreamsAtMost = 6;
    static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(200);

    // A silo that says nothing but "overloaded" for so long will not get better by waiting here.
    static readonly TimeSpan OverloadedAtMost = TimeSpan.FromMinutes(5);
    static readonly TimeSpan ShortestDelay = TimeSpan.FromMilliseconds(20);

    DateTimeOffset settledAt;

    /// <exception cref="RpcException">The silo cannot be reached, or will not take any more. What is recorded stays recorded.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        settledAt = clock.GetUtcNow();
        for (var broken = 0; !window.Done;)
        {
            var before = ledger.Settled;
            try
            {
                await StreamAsync(cancellation);
                if (window.Done)
                {
                    return;
                }
            }
            catch (RpcException failure) when (failure.Code == StatusCode.Unavailable && ledger.Settled > 0 && broken < StreamsAtMost)
            {
                // Nothing was ever settled: there is no silo to come back, and the caller wants to know at once.
            }

            broken = ledger.Settled > before ? 0 : broken + 1;
            if (broken > StreamsAtMost)
            {
                throw new RpcException(StatusCode.Unavailable, "the silo ended the stream again and again without an answer");
            }

            await Task.Delay(Jitter(FirstBackoff * (1 << broken)), clock, cancellation);
        }
    }

    async Task StreamAsync(CancellationToken cancellation)
    {
        using var stalled = new CancellationTokenSource(patience, clock);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stalled.Token);
        try
        {
            var stream = window.Begin();
            await foreach (var response in service.Record(RequestsAsync(stream, over.Token), new() { CancellationToken = over.Token }))
            {
                var pause = TimeSpan.Zero;
                foreach (var answer in response.Acknowledgements)
                {
                    pause = Longest(pause, Take(answer));
                }

                window.Wake();
                stalled.CancelAfter(patience + pause);
            }
        }
        catch (RpcException) when (stalled.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new RpcException(StatusCode.DeadlineExceeded, $"no acknowledgement came for {Durations.Show(patience)}");
        }
        finally
        {
            // Before the cancellation, which the sending side may be slow to notice: the source is about to be closed under it.
            window.End();
            await over.CancelAsync();
        }
    }

    async IAsyncEnumerable<RecordRequest> RequestsAsync(int stream, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            if (window.TryTake(stream, out var signal, out var wait, out var pause))
            {
                yield return new() { Signal = signal };
            }
            else if (wait is null)
            {
                yield break;
            }
            else
            {
                // The time being up is as good a reason to look again as a change.
                await wait.WaitAsync(pause, clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    // How long the silo wants to be left alone.
    TimeSpan Take(Acknowledgement answer)
    {
        switch (answer.Result)
        {
            case Result.Overloaded when clock.GetUtcNow() - settledAt > OverloadedAtMost:
                throw new RpcException(StatusCode.ResourceExhausted, $"the silo has been overloaded for {Durations.Show(OverloadedAtMost)}: {answer.Reason}");
            case Result.Overloaded:
                var delay = Jitter(Longest(ShortestDelay, answer.RetryAfter?.ToTimeSpan() ?? TimeSpan.Zero));
                if (window.Postpone(answer.SignalId, delay))
                {
                    ledger.Postpone();
                }

                return delay;
            case Result.Unspecified:
                throw new RpcException(StatusCode.Internal, $"the silo did not say what became of signal `{answer.SignalId}`");
            default:
                settledAt = clock.GetUtcNow();
                if (window.Settle(answer.SignalId, out var row, out var signal))
                {
                    ledger.Settle(row!, signal, answer);
                }

                return TimeSpan.Zero;
        }
    }

    // At least what was asked for, and up to half as much again: a hundred clients must not come back at one instant.
    static TimeSpan Jitter(TimeSpan delay)
    {
#pragma warning disable CA5394 // Spreading load needs no secrets.
        return delay * (1 + (Random.Shared.NextDouble() / 2));
#pragma warning restore CA5394
    }

    static TimeSpan Longest(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
