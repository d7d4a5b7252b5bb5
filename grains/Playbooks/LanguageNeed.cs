namespace Orchestrator.Grains.Playbooks;

/// <summary>A word of a playbook that silos below a feature level do not know.</summary>
/// <param name="What">As it stands in the file.</param>
/// <param name="Level">From which level on it may be published.</param>
/// <param name="At">Where it stands first.</param>
public sealed record LanguageNeed(string What, int Level, SourcePosition At);
