namespace Orchestrator.Grains.Playbooks.Reading;

/// <summary>Keys that are in the language but not yet in this release: refused by name, never silently ignored.</summary>
internal static class LaterReleases
{
    /// <summary>The part of the playbook, the key in it, and what it will come with.</summary>
    static readonly (SectionKind In, string Key, string With)[] Table = [];

    /// <summary>What the key is planned with, or null when it is no key of a later release.</summary>
    public static string? PlannedWith(SectionKind section, string key) =>
        Array.Find(Table, row => row.In == section && row.Key == key).With;

    public static string Message(string key, string plannedWith) =>
        $"`{key}` is not supported yet; it is planned with {plannedWith}; remove it to publish";
}
