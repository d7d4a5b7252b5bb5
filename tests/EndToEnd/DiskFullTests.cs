using System.Diagnostics;
using Orchestrator.Conformance;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.V1;
using Result = Orchestrator.V1.Acknowledgement.Types.Result;

namespace Orchestrator.EndToEnd;

public sealed class DiskFullTests
{
    [Fact]
    public async Task A_full_disk_is_said_takes_nothing_in_and_is_survived()
    {
        if (!Environment.IsPrivilegedProcess || !OperatingSystem.IsLinux())
        {
            Tool.Missing("root on Linux, to mount a small disk,");
        }

        using var folder = new Folder();
        var disk = Directory.CreateDirectory(folder["disk"]).FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk);
        try
        {
            await using var silo = await SiloProcess.StartAsync(Texts.Mails, disk);
            Assert.Equal(Result.Recorded, (await silo.RecordAsync(Texts.Viewed("before", "acme"))).Result);
            var ballast = Path.Combine(disk, "ballast");
            Fill(ballast);
            var taken = new HashSet<string> { "before" };
            Acknowledgement? refused = null;
            for (var n = 0; refused is null && n < 20_000; n++)
            {
                var answer = await silo.RecordAsync(Texts.Viewed($"s{n}", "acme"));
                if (answer.Result == Result.Recorded)
                {
                    taken.Add(answer.SignalId);
                }
                else
                {
                    refused = answer;
                }
            }

            TestContext.Current.TestOutputHelper!.WriteLine($"{taken.Count} signals fitted, then: {refused}");
            Assert.Equal(Result.Overloaded, refused!.Result);
            Assert.True(refused.RetryAfter.ToTimeSpan() > TimeSpan.Zero);
            Assert.Contains("full", refused.Reason, StringComparison.Ordinal);

            // With space again it goes on by itself, and nothing that was acknowledged is gone.
            File.Delete(ballast);
            await using var recorder = silo.Client.NewRecorder();
            Assert.Equal(Result.Recorded, (await recorder.RecordAsync(Texts.Viewed("after", "acme"), new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token)).Result);
            var signals = (await silo.AccountAsync("acme")).SignalCount;
            Assert.InRange(signals, taken.Count + 1, taken.Count + 2);
            Assert.Equal(0, (await silo.StopAsync()).Exit);
        }
        finally
        {
            await RunAsync("umount", "--lazy", disk);
        }
    }

    static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        var block = new byte[4_096];
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
        }
    }

    static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
