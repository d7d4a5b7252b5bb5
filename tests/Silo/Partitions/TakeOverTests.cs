using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orchestrator.Grains.Playbooks;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Journal;
using Orchestrator.Silo.Partitions;

namespace Orchestrator.Silo.Tests.Partitions;

public sealed class TakeOverTests
{
    [Theory]
    [InlineData(Fault.FailsBefore)]
    [InlineData(Fault.FailsAfter)]
    public async Task A_take_over_that_fails_is_said_to_be_tried_again_and_not_to_have_broken_the_partition(Fault fault)
    {
        var folder = Directory.CreateTempSubdirectory("take-").FullName;
        var clock = new FakeTimeProvider(World.Start);
        var log = new KeptLog();
        var store = new FaultyStore(new SqliteStore(Path.Combine(folder, "store.db"), clock)) { OnTakeOver = () => fault };
        await using (var silo = new SiloRuntime(
            store, new EmbeddedEngine(), new SiloSettings(1, "a", PartitionSettings.Default), new PlaybookShelf(), (_, _) => { }, new RecordingSink(), clock, TaskScheduler.Default, log))
        {
            await Assert.ThrowsAsync<TimeoutException>(() => silo.StartAsync(TestContext.Current.CancellationToken));
            Assert.DoesNotContain(log.Lines, l => l.Level == LogLevel.Critical);
            var line = Assert.Single(log.Lines, l => l.Text.Contains("partition 0", StringComparison.Ordinal));
            Assert.Equal((LogLevel.Warning, "partition 0 could not be taken over; it does not run here until it is tried again"), line);

            store.OnTakeOver = () => Fault.None;
            Assert.True(await ((IPartitionHost)silo).TakeAsync(0, seenEpoch: null, TestContext.Current.CancellationToken));
        }

        Directory.Delete(folder, recursive: true);
    }

    private sealed class KeptLog : ILogger
    {
        public ConcurrentQueue<(LogLevel Level, string Text)> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue((logLevel, formatter(state, exception)));
    }
}
