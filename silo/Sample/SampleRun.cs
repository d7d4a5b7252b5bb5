using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Grains.Partitioning;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Protos.Rpc;
using Orchestrator.Silo.Api;
using Orchestrator.Silo.Delivery;
using Orchestrator.Silo.Ingest;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;
using Orchestrator.Silo.Timers;
using Orchestrator.V1;

namespace Orchestrator.Silo.Sample;

/// <summary>
/// The sample: two years of real invoices, replayed under an accelerated clock, with the actions printed as they are pushed. Started again it goes on where it was.
/// </summary>
/// <remarks>
/// What keeps the result the same on slow and fast machines: business time is held at <see cref="Slack"/> after the oldest thing that is not done yet (an invoice that
/// is not durable, a wake that is not handled, a printed action that is not settled), and <see cref="MostUnsaved"/> after the last position that is saved, so that
/// whatever is sent again after a crash still falls into the accounts' id window of seven days.
/// </remarks>
public sealed class SampleRun : IAsyncDisposable
{
    /// <summary>How far business time may be ahead of what is done.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromHours(3);

    /// <summary>How far business time may be ahead of the saved position.</summary>
    public static readonly TimeSpan MostUnsaved = TimeSpan.FromDays(3);

    private static readonly TimeSpan SaveEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan OnceFinished = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SettleDown = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SettlePoll = TimeSpan.FromMilliseconds(5);

    private readonly SampleFiles files;
    private readonly TimeSpan duration;
    private readonly SampleOutput output;
    private readonly CancellationTokenSource stop = new();
    private readonly List<Invoice> invoices;
    private SampleProgress progress;
    private SiloParts? silo;
    private Replay? replay;
    private ActionPrinter? printer;
    private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task running = Task.CompletedTask;
    private Task printing = Task.CompletedTask;
    private DateTimeOffset saved;
    private DateTimeOffset movedTo;
    private long movedAt;
    private bool disposed;
    private long begun;
    private TimeSpan wallBefore;

    /// <param name="duration">How long all invoices take, if the machine keeps up.</param>
    /// <exception cref="InvalidDataException">The invoices cannot be read.</exception>
    public SampleRun(SampleFiles files, TimeSpan duration, TextWriter to, bool colours)
    {
        (this.files, this.duration) = (files, duration);
        output = new SampleOutput(to, colours);
        invoices = InvoiceReader.ReadAll(files.Invoices);
        progress = new SampleProgress(invoices[0].At, invoices[0].At, 0, TimeSpan.Zero, Finished: false);
    }

    /// <summary>The silo's business clock.</summary>
    public AcceleratedClock Clock { get; } = new(TimeProvider.System);

    /// <summary>Bounds for a silo under such a clock: what is measured in business time must not happen all the time.</summary>
    public static PartitionSettings Bounds { get; } = PartitionSettings.Default with
    {
        LongestSleep = TimeSpan.FromDays(30),
        TailAge = TimeSpan.FromDays(3650),
        SlowStep = TimeSpan.FromSeconds(5),
    };

    public static DeliveryOptions Delivery { get; } = new() { LongestSleep = TimeSpan.FromDays(30) };

    /// <summary>Completes when all invoices are replayed and the summary is printed; fails if the sample cannot go on.</summary>
    public Task Finished => finished.Task;

    /// <summary>Sets the clock to where this store's business time is; before anything is taken from the store.</summary>
    /// <exception cref="StoreRefusedException">The store holds something else than a sample.</exception>
    public async Task OpenAsync(IStore store)
    {
        var rows = await store.PartitionsAsync(CancellationToken.None);
        var found = await SampleProgress.ReadAsync(store, CancellationToken.None);
        if (found is null && rows.Any(r => r.NextSequence > 1))
        {
            throw new StoreRefusedException("the store holds something else than the sample; choose another folder for it with --data");
        }

        if (found is null)
        {
            await progress.WriteAsync(store, CancellationToken.None);
        }

        progress = found ?? progress;
        wallBefore = progress.Wall;
        saved = progress.Reached;
        var at = progress.Reached;
        foreach (var row in rows.Where(r => r.NextSequence > 1))
        {
            // A process that was killed wrote after it had saved its clock.
            if ((await store.ReadFramesAsync(row.Partition, [row.NextSequence - 1], CancellationToken.None))[0] is { } last && last.At > at.UtcTicks)
            {
                at = new DateTimeOffset(last.At, TimeSpan.Zero);
            }
        }

        Clock.Hold(progress.Finished ? null : at);
        Clock.Begin(at, progress.Finished ? 1 : (invoices[^1].At - progress.Origin) / duration);
    }

    /// <summary>Refuses a sample's store to a silo that runs in real time: its business time would jump by years, and everything in it would lapse at once.</summary>
    /// <exception cref="StoreRefusedException">It holds a sample.</exception>
    public static async Task RefuseAsync(IStore store)
    {
        if (await SampleProgress.ReadAsync(store, CancellationToken.None) is not null)
        {
            throw new StoreRefusedException("the store holds the sample, whose business time is its own; start it with --sample, or choose another folder with --data");
        }
    }

    /// <summary>Publishes the playbook if the store has not this text of it, and begins to replay and print.</summary>
    public async Task StartAsync(SiloParts parts)
    {
        silo = parts;
        var resumed = progress.Rows > 0;
        output.Line(progress.Finished
            ? $"sample: all {Number(invoices.Count)} invoices were replayed before; business time goes on from {Local(Clock.GetUtcNow())} at real speed"
            : resumed
                ? $"sample: goes on after {Number(progress.Rows)} of {Number(invoices.Count)} invoices, business time {Local(Clock.GetUtcNow())}"
                : $"sample: {Number(invoices.Count)} real invoices of a UK wholesaler, {progress.Origin:yyyy-MM-dd} to {invoices[^1].At:yyyy-MM-dd}, in about {duration.TotalSeconds:0} s\n" +
                  "        data: Online Retail and Online Retail II (UCI, Daqing Chen), CC BY 4.0; it says nothing of consent: a marketing consent of every buyer is assumed");
        await PublishAsync();
        begun = Environment.TickCount64;
        printer = new ActionPrinter(parts.Hub, output, stop.Token);
        replay = new Replay(invoices, progress.Rows, parts.Signals);
        output.Progress = () => ProgressText(replay);
        printing = printer.RunAsync();
        running = Task.Run(RunAsync);
    }

    /// <summary>Stops sending and printing, and saves how far it came. The store must still be open.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        await stop.CancelAsync();
        await running.ContinueWith(static _ => { }, TaskScheduler.Default);
        await printing.ContinueWith(static _ => { }, TaskScheduler.Default);
        if (silo is not null && !silo.Runtime.Failed.IsCompleted)
        {
            await SaveAsync(done: progress.Finished);
        }

        output.Flush();
        stop.Dispose();
        Clock.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            if (!progress.Finished && !await ReplayAsync(replay!, printer!))
            {
                finished.TrySetCanceled();
                return;
            }

            await SummariseAsync();
            // The speed first: let go at the old one it would leap by an hour.
            Clock.Begin(Clock.GetUtcNow(), 1);
            Clock.Hold(null);
            finished.TrySetResult();
            while (!stop.IsCancellationRequested)
            {
                await Task.Delay(OnceFinished, stop.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
                await SaveAsync(done: true);
                output.Flush();
            }
        }
        catch (Exception fault) when (fault is StoreFailedException or StoreFullException or StoreCorruptException or ObjectDisposedException)
        {
            // The program ends by itself when the store fails; a full disk needs its owner.
            finished.TrySetException(fault);
            output.Line($"sample: stopped: {fault.Message}");
        }
    }

    /// <summary>The pacer: sends what is due, saves the position, and lets business time go on as far as everything is done.</summary>
    /// <returns>False if it was told to stop.</returns>
    private async Task<bool> ReplayAsync(Replay sender, ActionPrinter consumer)
    {
        var saving = Task.CompletedTask;
        var savedAt = Environment.TickCount64;
        while (!stop.IsCancellationRequested)
        {
            var now = Clock.GetUtcNow();
            var machine = Environment.TickCount64;
            sender.Step(now, machine);
            if (sender.Done && now >= End && await IsQuietAsync(consumer))
            {
                await saving;
                await SaveAsync(done: true);
                return true;
            }

            if (saving.IsCompleted && (machine - savedAt >= SaveEvery.TotalMilliseconds || now - saved > MostUnsaved / 2))
            {
                await saving;
                savedAt = machine;
                saving = SaveAsync(done: false);
                output.Flush();
            }

            Clock.Hold(Ceiling(sender, consumer));
            TellIfStuck(now, machine);
            await Task.Delay(1);
        }

        await saving;
        return false;
    }

    private DateTimeOffset End => invoices[^1].At;

    /// <summary>How far business time may go.</summary>
    private DateTimeOffset Ceiling(Replay sender, ActionPrinter consumer)
    {
        var done = silo!.Runtime.EarliestWake is var wake && wake < End.UtcTicks ? new DateTimeOffset(wake, TimeSpan.Zero) : End;
        done = Earlier(done, sender.Behind);
        done = Earlier(done, consumer.Behind);
        var ceiling = Earlier(done + Slack, saved + MostUnsaved);
        return ceiling < End ? ceiling : End;
    }

    /// <summary>A slow machine only takes longer; whoever waits for one that does not move at all should see why.</summary>
    private void TellIfStuck(DateTimeOffset now, long machine)
    {
        if (now > movedTo || movedAt == 0)
        {
            (movedTo, movedAt) = (now, machine);
        }
        else if (machine - movedAt > StuckAfter.TotalMilliseconds)
        {
            movedAt = machine;
            var wake = silo!.Runtime.EarliestWake;
            output.Line(
                $"sample: business time waits at {Local(now)}: first invoice not durable {Local(replay!.Behind ?? End)}, first wake not handled {(wake == long.MaxValue ? "none" : Local(new DateTimeOffset(wake, TimeSpan.Zero)))}, " +
                $"first action not settled {(printer!.Behind is { } action ? Local(action) : "none")}, saved {Local(saved)}");
        }
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset? other) => other is { } o && o < one ? o : one;

    /// <summary>Whether everything that follows from what was sent is done. Does not wait for ever: somebody else may hold an action.</summary>
    private async Task<bool> IsQuietAsync(ActionPrinter consumer)
    {
        for (var waited = TimeSpan.Zero; waited < SettleDown && !stop.IsCancellationRequested; waited += SettlePoll)
        {
            if (silo!.Runtime.EarliestWake > End.UtcTicks && consumer.Behind is null && silo.Hub.OpenActions == 0)
            {
                break;
            }

            await Task.Delay(SettlePoll);
        }

        return !stop.IsCancellationRequested;
    }

    private async Task SaveAsync(bool done)
    {
        // The position first: what is read later may only be further.
        var rows = replay?.Durable ?? progress.Rows;
        var wall = progress.Finished ? progress.Wall : wallBefore + TimeSpan.FromMilliseconds(Environment.TickCount64 - begun);
        progress = progress with { Rows = rows, Reached = Clock.GetUtcNow(), Wall = wall, Finished = done };
        var reached = progress.Reached;
        await progress.WriteAsync(silo!.Store, CancellationToken.None);
        saved = reached;
    }

    private async Task PublishAsync()
    {
        var text = await File.ReadAllTextAsync(files.Playbook, stop.Token);
        var service = new PlaybookService(silo!.Runtime);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        var latest = (await service.List(new ListRequest(), new CallContext())).Versions.FirstOrDefault();
        if (latest?.Digest == digest)
        {
            return;
        }

        var compiled = PlaybookCompiler.Compile(text, files.Playbook, version: 1);
        var agreed = compiled.Playbook?.Definition.Transitions.SelectMany(t => t.AgreedBy.Select(a => a.Id)).Distinct() ?? [];
        var request = new PublishRequest { Text = text, File = Path.GetFileName(files.Playbook), SignedOffBy = { agreed } };
        var published = (await service.Publish(request, new CallContext())).Version;
        output.Line($"playbook: {published.Name} version {published.Version.ToString(CultureInfo.InvariantCulture)}, signed off by {string.Join(", ", published.SignedOffBy)} (the sample signs for them)");
    }

    private async Task SummariseAsync()
    {
        var summary = await SampleSummary.ReadAsync(silo!.Store, stop.Token);
        foreach (var line in SummaryText.Write(summary, silo.Shelf.Current.Current(Tenants.Default), progress))
        {
            output.Line(line);
        }

        if (replay!.Refused is { Count: > 0 } refused)
        {
            output.Line($"  {Number(refused.Count)} signals were refused, the first one: {refused.First}");
        }

        var last = InvoiceSignals.AccountOf(invoices[^1]);
        output.Line(
            $"serving: business time goes on from {Local(Clock.GetUtcNow())} at real speed; press Ctrl-C to stop, start again to go on\n" +
            "next, in another terminal:\n" +
            $"  dotnet run --project clients/cli -- account show {last}\n" +
            $"  dotnet run --project clients/cli -- account explain {last}\n" +
            $"  dotnet run --project clients/cli -- account timeline {last}\n" +
            "  dotnet run --project clients/cli -- playbook list\n");
    }

    private string ProgressText(Replay sender)
    {
        var seconds = Math.Max(0.001, (Environment.TickCount64 - begun) / 1000.0);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{sender.Sent:#,##0} of {invoices.Count:#,##0} invoices ({100.0 * sender.Sent / invoices.Count:0} %), {(sender.Recorded + sender.Duplicates) / seconds:#,##0} signals/s");
    }

    private static string Number(long number) => number.ToString("#,##0", CultureInfo.InvariantCulture);

    private static string Local(DateTimeOffset at) => at.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC";
}
