namespace Orchestrator.Grains.Lateness;

/// <summary>A signal that came late, with both of its times.</summary>
/// <param name="Contact">Empty: it is about the account as a whole.</param>
/// <param name="HappenedAt">By its sender.</param>
/// <param name="CameAt">By the partition's clock.</param>
public sealed record LateSignal(string Id, string Type, string Contact, DateTimeOffset HappenedAt, DateTimeOffset CameAt);
