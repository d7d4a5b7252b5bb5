using System.Globalization;
using System.Text;

namespace Orchestrator.Silo.Journal;

/// <summary>
/// The operating system's lock on <c>&lt;file&gt;.lock</c>: one silo a store, also within one process; gone when the process is, however it ended.
/// <c>&lt;file&gt;.holder</c> says who holds it (the locked file cannot be read by others) and remembers how far the store had come, so that an older
/// copy put in its place is noticed.
/// </summary>
/// <remarks>Liveness and early warning only. What keeps two writers apart in the end is the epoch in the store itself.</remarks>
internal sealed class StoreLock : IDisposable
{
    private readonly FileStream _lock;
    private readonly FileStream _holder;
    private readonly string _owner;

    private StoreLock(FileStream @lock, FileStream holder, string owner, long incarnation, long epochs)
    {
        (_lock, _holder, _owner) = (@lock, holder, owner);
        (LastIncarnation, LastEpochs) = (incarnation, epochs);
    }

    /// <summary>The incarnation at the last use of this path; 0 if it was never used.</summary>
    public long LastIncarnation { get; private set; }

    /// <summary>The sum of all epochs at the last use.</summary>
    public long LastEpochs { get; private set; }

    /// <exception cref="StoreRefusedException">Another silo holds it.</exception>
    public static StoreLock Take(string store, string owner)
    {
        if (Environment.GetEnvironmentVariable("DOTNET_SYSTEM_IO_DISABLEFILELOCKING") is "1" or "true" or "True")
        {
            throw new StoreRefusedException("file locking is turned off by `DOTNET_SYSTEM_IO_DISABLEFILELOCKING`, so a second silo on the same store could not be noticed; unset it");
        }
        FileStream? file = null;
        try
        {
            file = new FileStream(store + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            var holder = new FileStream(store + ".holder", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            var noted = Read(holder);
            return new StoreLock(file, holder, owner, Number(noted, "incarnation"), Number(noted, "epochs"));
        }
        catch (DirectoryNotFoundException e)
        {
            throw new StoreRefusedException($"the folder of the store `{store}` does not exist; create it first", e);
        }
        catch (IOException e) when (file is null)
        {
            throw new StoreRefusedException($"the store `{store}` is in use by another silo ({Holder(store)}); stop that one first or give this one a store of its own", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new StoreRefusedException($"the store `{store}` cannot be locked: {e.Message}", e);
        }
    }

    /// <summary>Writes who holds the lock and how far the store has come.</summary>
    public void Note(long incarnation, long epochs)
    {
        (LastIncarnation, LastEpochs) = (incarnation, epochs);
        var text = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"pid={Environment.ProcessId}\nowner={_owner.ReplaceLineEndings(" ")}\nincarnation={incarnation}\nepochs={epochs}\n"));
        try
        {
            RandomAccess.Write(_holder.SafeFileHandle, text, 0);
            RandomAccess.SetLength(_holder.SafeFileHandle, text.Length);
        }
        catch (IOException)
        {
            // A full disk: only the early warning is lost, and a take-over must not fail for it.
        }
    }

    public void Dispose()
    {
        _holder.Dispose();
        _lock.Dispose();
    }

    private static string Holder(string store)
    {
        try
        {
            using var file = new FileStream(store + ".holder", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var noted = Read(file);
            return noted.TryGetValue("pid", out var pid) ? $"process {pid}, `{noted.GetValueOrDefault("owner")}`" : "process unknown";
        }
        catch (IOException)
        {
            return "process unknown";
        }
    }

    private static Dictionary<string, string> Read(FileStream file)
    {
        using var reader = new StreamReader(file, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, bufferSize: 1024, leaveOpen: true);
        var noted = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                noted[line[..equals]] = line[(equals + 1)..];
            }
        }
        return noted;
    }

    private static long Number(Dictionary<string, string> noted, string name) =>
        noted.TryGetValue(name, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
