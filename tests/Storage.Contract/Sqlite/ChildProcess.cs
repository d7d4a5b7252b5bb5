using System.Diagnostics;
using System.Globalization;
using Orchestrator.Silo.Journal;
using Xunit;

namespace Orchestrator.Storage.Contract.Tests.Sqlite;

/// <summary>This program, started again: a silo that appends as fast as it can and prints each acknowledged frame, until it is killed or an append fails.</summary>
internal sealed class ChildProcess : IDisposable
{
    public const string Argument = "--append-for-ever";
    public const int Partitions = 16;

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public StreamReader Output => _process.StandardOutput;

    /// <param name="file">The store.</param>
    /// <param name="fileLimitKilobytes">Largest file that the system lets it write; 0 = no limit.</param>
    public static ChildProcess Start(string file, int fileLimitKilobytes = 0)
    {
        var command = $"exec '{Environment.ProcessPath}' {Argument} '{file}' {int.MaxValue}";
        // Without the trap the limit's signal would end the process before SQLite sees the error.
        var limited = fileLimitKilobytes == 0 ? command : $"trap '' XFSZ; ulimit -f {fileLimitKilobytes}; {command}";
        var start = new ProcessStartInfo("/bin/bash", ["-c", limited]) { RedirectStandardOutput = true };
        // The runtime maps its code through a large file otherwise, which the limit forbids.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>Kills it (SIGKILL) and waits until it is gone.</summary>
    /// <returns>The lines that it had still printed.</returns>
    public async Task<string> KillAsync(CancellationToken cancel)
    {
        _process.Kill();
        var rest = await Output.ReadToEndAsync(cancel);
        await _process.WaitForExitAsync(cancel);
        return rest;
    }

    public async Task<int> ExitAsync(CancellationToken cancel)
    {
        await _process.WaitForExitAsync(cancel);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        _process.Dispose();
    }

    /// <summary>What the child does: round after round one frame for each partition, with snapshots and checkpoints now and then.</summary>
    public static async Task<int> AppendForEverAsync(string file, int rounds)
    {
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = false };
        await using var store = new SqliteStore(file, TimeProvider.System);
        await store.OpenAsync(new StoreCreation(Partitions, "child"), default);
        var (epochs, next) = (new long[Partitions], new long[Partitions]);
        foreach (var row in await store.PartitionsAsync(default))
        {
            var owned = (await store.TakeOverAsync(row.Partition, row.Epoch, "child", default))!;
            (epochs[row.Partition], next[row.Partition]) = (owned.Epoch, owned.NextSequence);
        }
        await output.WriteLineAsync("ready");
        await output.FlushAsync();
        for (var round = 0; round < rounds; round++)
        {
            var frames = Enumerable.Range(0, Partitions).Select(p => new JournalAppend(p, epochs[p], next[p], 1, BodyOf(p, next[p]))).ToArray();
            var snapshot = new SnapshotWrite(round % Partitions, epochs[round % Partitions], $"grain {round % 50}", next[round % Partitions], round, true, BodyOf(1, round));
            var checkpoint = new CheckpointWrite(round % Partitions, epochs[round % Partitions], next[round % Partitions], new byte[] { 1 });
            try
            {
                Assert.All(await store.AppendAsync(new AppendBatch(frames, [snapshot], [checkpoint]), default), Assert.True);
            }
            catch (Exception e) when (e is StoreFailedException or StoreFullException)
            {
                await output.WriteLineAsync($"{e.GetType().Name} {await CallAgainAsync(store)}");
                return 3;
            }
            for (var partition = 0; partition < Partitions; partition++)
            {
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{partition} {next[partition]++}"));
            }
            await output.FlushAsync();
        }
        return 0;
    }

    /// <summary>A body that tells its place, of 100 to 1,099 bytes.</summary>
    public static byte[] BodyOf(int partition, long sequence)
    {
        var body = new byte[100 + (((partition * 131) + (sequence * 17)) % 1_000)];
        new Random((int)((partition * 100_003) + sequence)).NextBytes(body);
        return body;
    }

    private static async Task<string> CallAgainAsync(SqliteStore store)
    {
        try
        {
            await store.PartitionsAsync(default);
            return "goes on";
        }
        catch (StoreFailedException)
        {
            return "stays failed";
        }
    }
}
