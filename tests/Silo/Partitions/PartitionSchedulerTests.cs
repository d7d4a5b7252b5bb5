using System.Collections.Concurrent;
using Orchestrator.Silo.Partitions;
using Xunit;

namespace Orchestrator.Silo.Tests.Partitions;

public sealed class PartitionSchedulerTests : IDisposable
{
    private readonly PartitionScheduler scheduler = new(threads: 1);
    private readonly ConcurrentQueue<string> ran = new();

    private static TimeSpan Patience => TimeSpan.FromSeconds(30);

    public void Dispose() => scheduler.Dispose();

    [Fact]
    public async Task Loops_go_on_in_the_order_in_which_they_became_runnable()
    {
        var names = Enumerable.Range(0, 50).Select(i => $"loop {i}").ToList();
        await WhileBusyAsync(() => [.. names.Select(name => Note(name, scheduler))]);
        Assert.Equal(names, ran);
    }

    [Fact]
    public async Task What_comes_first_goes_before_all_partitions_that_wait()
    {
        await WhileBusyAsync(() => [Note("partition", scheduler), Note("another", scheduler), Note("committer", scheduler.First)]);
        Assert.Equal(["committer", "partition", "another"], ran);
    }

    [Fact]
    public async Task A_loop_that_waited_goes_on_under_the_scheduler_it_was_started_on()
    {
        var event1 = new Wakeup();
        var loop = Task.Factory.StartNew(
            async () =>
            {
                await event1.WaitAsync();
                return (TaskScheduler.Current, Thread.CurrentThread.Name);
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            scheduler.First).Unwrap();
        event1.Set();
        var (current, thread) = await loop.WaitAsync(Patience);
        Assert.Same(scheduler.First, current);
        Assert.Equal("partitions", thread);
    }

    [Fact]
    public async Task Rest_comes_after_the_partitions_that_are_runnable()
    {
        var rested = Task.CompletedTask;
        await WhileBusyAsync(() =>
        {
            Task[] all = [Note("one", scheduler), Note("two", scheduler)];
            rested = RestAsync("rest");
            return all;
        });
        await rested.WaitAsync(Patience);
        Assert.Equal(["one", "two", "rest"], ran);
    }

    [Fact]
    public async Task Rest_is_given_to_who_asks_for_it_even_if_partitions_never_rest()
    {
        using var enough = new CancellationTokenSource();
        var busy = Task.Factory.StartNew(
            async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    await Task.Yield();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            scheduler).Unwrap();
        for (var i = 0; i < 3; i++)
        {
            await RestAsync("rest").WaitAsync(Patience);
        }

        Assert.False(busy.IsCompleted);
        await enough.CancelAsync();
        await busy.WaitAsync(Patience);
    }

    [Fact]
    public async Task Nobody_waits_for_rest_when_nothing_is_runnable()
    {
        await Note("done", scheduler).WaitAsync(Patience);
        await RestAsync("rest").WaitAsync(Patience);
        Assert.Equal(["done", "rest"], ran);
    }

    private Task Note(string name, TaskScheduler where) =>
        Task.Factory.StartNew(() => ran.Enqueue(name), CancellationToken.None, TaskCreationOptions.None, where);

    private async Task RestAsync(string name)
    {
        await scheduler.RestAsync();
        ran.Enqueue(name);
    }

    /// <summary>Queues while the only thread is held, so that what is queued waits together.</summary>
    private async Task WhileBusyAsync(Func<Task[]> queue)
    {
        using var held = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var holder = Task.Factory.StartNew(
            () =>
            {
                held.Set();
                go.Wait(Patience);
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            scheduler);
        Assert.True(held.Wait(Patience, TestContext.Current.CancellationToken));
        var all = queue();
        go.Set();
        await Task.WhenAll([holder, .. all]).WaitAsync(Patience);
    }
}
