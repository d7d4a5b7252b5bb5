using System.Diagnostics;
using Orchestrator.Client;
using Orchestrator.Protos.Rpc;

namespace Orchestrator.Load;

/// <summary>One run at one rate: an open loop, so a slow silo makes signals late, never fewer.</summary>
public sealed class LoadRun
{
    readonly LoadOptions options;
    readonly Schedule schedule;
    readonly Ledger ledger;
    readonly Lane[] lanes;
    TimeSpan cpuAtStart;
    long backlog;
    long lastDue;

    public LoadRun(LoadOptions options)
    {
        this.options = options;
        schedule = new(options.Rate, options.WarmUpSeconds, options.Seconds);
        ledger = new(schedule.Signals);
        lanes = [.. Enumerable.Range(0, options.Streams).Select(_ => new Lane(schedule, ledger, options.Retry))];
    }

    public async Task<LoadReport> RunAsync()
    {
        var workload = new Workload(options, DateTimeOffset.UtcNow);
        using var client = new OrchestratorClient(options.Address);
        IPacedCall[] calls = [.. lanes.Select(lane => options.Mode == LoadMode.Record ? (IPacedCall)new RecordCall(client, workload, lane) : new BatchCalls(client, workload, lane))];
        Task[] running = [.. calls.Select(call => call.RunAsync())];
        schedule.Start();
        await Task.Factory.StartNew(() => Pace(calls, running), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
        var faults = new List<string>();
        foreach (var call in running)
        {
            try
            {
                await call.WaitAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is RpcException or TimeoutException)
            {
                faults.Add(fault.Message);
            }
        }

        return Report(workload, faults);
    }

    /// <summary>Lets signals fall due until all are answered, the time to drain is over or every call has failed.</summary>
    void Pace(IPacedCall[] calls, Task[] running)
    {
        var giveUp = long.MaxValue;
        var measuring = false;
        var given = 0L;
        var turn = 0;
        while (ledger.SettledCount < schedule.Signals && !Array.TrueForAll(running, call => call.IsFaulted))
        {
            var now = Stopwatch.GetTimestamp();
            var due = schedule.DueBy(now);
            if (!measuring && due > schedule.FirstMeasured)
            {
                measuring = true;
                cpuAtStart = Environment.CpuUsage.TotalTime;
            }

            if (due == schedule.Signals && giveUp == long.MaxValue)
            {
                giveUp = now + (long)(options.DrainSeconds * Stopwatch.Frequency);
                backlog = schedule.Signals - ledger.SettledCount;
                lastDue = now;
            }

            if (now > giveUp)
            {
                break;
            }

            if (due > given)
            {
                lanes[turn].Give(given, due);
                given = due;
                turn = (turn + 1) % lanes.Length;
            }

            for (var i = 0; i < lanes.Length; i++)
            {
                lanes[i].Tick(now);
                calls[i].Tick();
            }

            Thread.Sleep(options.TickMilliseconds);
        }

        foreach (var call in calls)
        {
            call.End();
            call.Tick();
        }

        // A pump that was writing asks once more and then waits for a tick.
        var patience = Stopwatch.StartNew();
        while (!Array.TrueForAll(running, call => call.IsCompleted) && patience.Elapsed < TimeSpan.FromSeconds(5))
        {
            Array.ForEach(calls, call => call.Tick());
            Thread.Sleep(options.TickMilliseconds);
        }
    }

    LoadReport Report(Workload workload, List<string> faults)
    {
        var latencies = new LatencyHistogram();
        Array.ForEach(lanes, lane => latencies.Add(lane.Latencies));
        var end = lanes.Max(lane => lane.LastAnswer);
        var cpu = (Environment.CpuUsage.TotalTime - cpuAtStart).TotalSeconds;
        var seconds = Math.Max(options.Seconds, end == 0 ? 0 : schedule.MeasuredSecondsAt(end));
        double Milliseconds(double share) => latencies.Percentile(share) / 1e6;
        return new(
            options.Rate, latencies.Count / seconds, options.Seconds, schedule.Signals, ledger.Recorded, ledger.Duplicate, ledger.Refused, ledger.Overloaded, ledger.Abandoned,
            ledger.Lost, ledger.Unexpected, backlog, end > lastDue ? Stopwatch.GetElapsedTime(lastDue, end).TotalSeconds : 0,
            Milliseconds(0.5), Milliseconds(0.9), Milliseconds(0.99), Milliseconds(0.999), latencies.MaxNanoseconds / 1e6,
            cpu, cpu * 1e6 / Math.Max(1, schedule.Signals - schedule.FirstMeasured), workload.MeanBytes, ledger.FirstReason ?? "", faults);
    }
}
