using System.Text.Json;

namespace Orchestrator.Cli.Tests;

/// <summary>How a command line ended.</summary>
sealed record Ran(int Exit, string Out, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;
}

static class Orc
{
    public static Task<Ran> RunAsync(params string[] args) => RunAsync(args, new Dictionary<string, string>(), default);

    public static async Task<Ran> RunAsync(string[] args, Dictionary<string, string> variables, CancellationToken cancellation)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = await OrcCommand.RunAsync(
            args, new Terminal { Out = output, Error = error, Variable = variables.GetValueOrDefault }, cancellation);
        return new(exit, output.ToString(), error.ToString());
    }
}

/// <summary>A folder of its own for a test's files.</summary>
sealed class Folder : IDisposable
{
    readonly string path = Directory.CreateTempSubdirectory("orc-").FullName;

    public string Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        var file = this[name];
        File.WriteAllBytes(file, bytes);
        return file;
    }

    public string this[string name] => Path.Combine(path, name);

    public void Dispose() => Directory.Delete(path, recursive: true);
}
