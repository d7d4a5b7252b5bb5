using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Silo.Journal;

namespace Orchestrator.Silo.Sample;

/// <summary>How far a sample has come, as its store keeps it.</summary>
/// <param name="Origin">Where its business time began.</param>
/// <param name="Reached">Business time when this was written; what partitions wrote since may be later.</param>
/// <param name="Rows">All invoices before this one, by time, are durable; those after it may be.</param>
/// <param name="Wall">Real time spent replaying.</param>
/// <param name="Finished">All invoices are durable and what followed from them is done.</param>
public sealed record SampleProgress(DateTimeOffset Origin, DateTimeOffset Reached, int Rows, TimeSpan Wall, bool Finished)
{
    private const string Setting = "sample";

    public static async Task<SampleProgress?> ReadAsync(IStore store, CancellationToken cancel) =>
        await store.ReadSettingAsync(Setting, cancel) is { } bytes ? JsonSerializer.Deserialize(bytes, ProgressForm.Default.SampleProgress) : null;

    public Task WriteAsync(IStore store, CancellationToken cancel) =>
        store.WriteSettingAsync(Setting, JsonSerializer.SerializeToUtf8Bytes(this, ProgressForm.Default.SampleProgress), cancel);
}

[JsonSerializable(typeof(SampleProgress))]
internal sealed partial class ProgressForm : JsonSerializerContext;
