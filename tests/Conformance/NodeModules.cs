namespace Orchestrator.Conformance;

/// <summary>The pinned npm packages of package.json, installed once into the build's own folder, also when several test runs start together.</summary>
static class NodeModules
{
    static readonly SemaphoreSlim Gate = new(1);

    /// <summary>The folder that has node_modules, or null with the reason.</summary>
    public static async Task<(string? Folder, string Reason)> FindAsync()
    {
        var output = AppContext.BaseDirectory;
        var folder = Path.Combine(output, "npm");
        var pins = await File.ReadAllTextAsync(Path.Combine(output, "node", "package.json"));
        var done = Path.Combine(folder, "installed.json");
        await Gate.WaitAsync();
        try
        {
            Directory.CreateDirectory(folder);
            await using var across = await LockAsync(Path.Combine(folder, "lock"));
            if (File.Exists(done) && await File.ReadAllTextAsync(done) == pins)
            {
                return (folder, "");
            }

            await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), pins);
            if (await Tool.RunAsync("npm", folder, "install", "--no-package-lock", "--no-audit", "--no-fund") is not { } installed)
            {
                return (null, "npm (of Node.js)");
            }

            if (installed.Code != 0)
            {
                return (null, $"what `npm install` should bring ({installed.Output.ReplaceLineEndings(" ")})");
            }

            await File.WriteAllTextAsync(done, pins);
            return (folder, "");
        }
        finally
        {
            Gate.Release();
        }
    }

    // Another run may hold it; there is no event for a file lock, so it is asked for again until it is free.
    static async Task<FileStream> LockAsync(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(200);
            }
        }
    }
}
