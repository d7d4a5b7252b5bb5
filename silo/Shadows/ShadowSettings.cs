using Google.Protobuf;
using Orchestrator.Silo.Journal;
using Orchestrator.V1;

namespace Orchestrator.Silo.Shadows;

/// <summary>What the store keeps of a shadow: two settings, so that any silo that shares the store can ask, and whoever takes over goes on.</summary>
internal static class ShadowSettings
{
    private const string Definition = "shadow";
    private const string Progress = "shadow/progress";

    /// <summary>Null: none was ever started.</summary>
    public static async Task<StoredShadow?> ReadAsync(IStore store, CancellationToken cancel) =>
        await store.ReadSettingAsync(Definition, cancel) is { } saved ? StoredShadow.Parser.ParseFrom(saved) : null;

    public static Task WriteAsync(IStore store, StoredShadow shadow, CancellationToken cancel) => store.WriteSettingAsync(Definition, shadow.ToByteArray(), cancel);

    /// <summary>How far a run has come; its beginning if nothing is kept of it.</summary>
    public static async Task<StoredShadowProgress> ProgressAsync(IStore store, StoredShadow shadow, CancellationToken cancel)
    {
        var saved = await store.ReadSettingAsync(Progress, cancel) is { } bytes ? StoredShadowProgress.Parser.ParseFrom(bytes) : null;
        return saved?.Run == shadow.Run ? saved : new StoredShadowProgress { Run = shadow.Run, Next = { shadow.From } };
    }

    public static Task WriteAsync(IStore store, StoredShadowProgress progress, CancellationToken cancel) => store.WriteSettingAsync(Progress, progress.ToByteArray(), cancel);
}
