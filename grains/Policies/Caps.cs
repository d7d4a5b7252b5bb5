namespace Orchestrator.Grains.Policies;

/// <summary>Bounds of contact-policy caps.</summary>
public static class Caps
{
    /// <summary>No cap's window may be longer; messages older than this count nowhere.</summary>
    public static readonly TimeSpan LongestWindow = TimeSpan.FromDays(93);
}
