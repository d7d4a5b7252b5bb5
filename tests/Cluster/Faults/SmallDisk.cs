using System.Diagnostics;
using Orchestrator.Conformance;

namespace Orchestrator.Cluster.Tests.Faults;

/// <summary>A disk of the test's own that is easily filled; it goes with the test.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _ballast;

    public SmallDisk(int sizeMiB)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            Tool.Missing("root on Linux, to mount a small disk,");
        }

        Folder = Directory.CreateTempSubdirectory("orchestrator-disk-").FullName;
        _ballast = Path.Combine(Folder, "ballast");
        Run("mount", "-t", "tmpfs", "-o", $"size={sizeMiB}m,mode=700", "tmpfs", Folder);
        Data = Directory.CreateDirectory(Path.Combine(Folder, "data")).FullName;
        Run("chown", "-R", "postgres", Folder);
    }

    /// <summary>Belongs to the server.</summary>
    public string Data { get; }

    private string Folder { get; }

    /// <summary>Takes all space that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(_ballast, FileMode.Create, FileAccess.Write, FileShare.None, 0);
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

    public void Free() => File.Delete(_ballast);

    public void Dispose()
    {
        Run("umount", "--lazy", Folder);
        Directory.Delete(Folder);
    }

    internal static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"`{program} {string.Join(' ', arguments)}` failed");
    }
}
