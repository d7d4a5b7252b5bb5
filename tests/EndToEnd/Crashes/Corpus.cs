using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.Data.Sqlite;
using Orchestrator.EndToEnd.Harness;

namespace Orchestrator.EndToEnd.Crashes;

/// <summary>
/// Stores that earlier versions left behind, with what those versions themselves read in them. One folder a release; never changed, only added:
/// <c>ORCHESTRATOR_CORPUS=0.2.0 dotnet test tests/EndToEnd -c Release --filter Killed_at_any_moment</c>.
/// </summary>
static class Corpus
{
    /// <summary>The release that the kill test should keep its store for; null = none.</summary>
    public static string? Wanted => Environment.GetEnvironmentVariable("ORCHESTRATOR_CORPUS") is { Length: > 0 } release ? release : null;

    public static IEnumerable<string> Releases => Directory.GetDirectories(Place.In("tests", "EndToEnd", "Corpus")).Select(f => Path.GetFileName(f)!);

    public static async Task KeepAsync(string release, string store)
    {
        var folder = Directory.CreateDirectory(Place.In("tests", "EndToEnd", "Corpus", release)).FullName;
        var check = await JournalCheck.ReadAsync(store);
        await using (var connection = new SqliteConnection($"Data Source={store};Pooling=False"))
        {
            // All of it into the one file that is kept.
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
            await command.ExecuteNonQueryAsync();
        }

        await WriteAsync(Path.Combine(folder, "orchestrator.db.gz"), await File.ReadAllBytesAsync(store));
        await WriteAsync(Path.Combine(folder, "states.json.gz"), Encoding.UTF8.GetBytes(States(check).ToJsonString()));
    }

    /// <summary>Puts the store of a release where a silo will look for it.</summary>
    public static async Task UnpackAsync(string release, string file) => await File.WriteAllBytesAsync(file, await ReadAsync(release, "orchestrator.db.gz"));

    /// <summary>What the release read in it: the state of each grain, as the JSON of its stored form.</summary>
    public static async Task<JsonObject> ExpectedAsync(string release) => (JsonObject)JsonNode.Parse(await ReadAsync(release, "states.json.gz"))!;

    public static JsonObject States(JournalCheck check) =>
        new(check.States.Select(s => KeyValuePair.Create(s.Key, JsonNode.Parse(JsonFormatter.Default.Format(s.Value)))));

    /// <summary>Where the states differ in what the release knew; forms may have grown since, so more than it knew is no difference.</summary>
    public static IEnumerable<string> Differences(JsonNode? knew, JsonNode? now, string path) => (knew, now) switch
    {
        (JsonObject was, JsonObject @is) => was.SelectMany(m => Differences(m.Value, @is[m.Key], $"{path}.{m.Key}")),
        (JsonArray was, JsonArray @is) when was.Count == @is.Count => was.SelectMany((m, i) => Differences(m, @is[i], $"{path}[{i}]")),
        _ when JsonNode.DeepEquals(knew, now) => [],
        _ => [$"{path}: the release read {knew?.ToJsonString()}, today {now?.ToJsonString() ?? "nothing"}"],
    };

    static async Task WriteAsync(string file, byte[] bytes)
    {
        await using var packed = new GZipStream(File.Create(file), CompressionLevel.SmallestSize);
        await packed.WriteAsync(bytes);
    }

    static async Task<byte[]> ReadAsync(string release, string name)
    {
        await using var packed = new GZipStream(File.OpenRead(Place.In("tests", "EndToEnd", "Corpus", release, name)), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        await packed.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}
