using Orchestrator.Grains.Partitioning;

namespace Orchestrator.Grains.Decisions;

/// <summary>
/// Texts that are likely to be said again, one object each: thousands of open actions give the same reason. Two that fall into one place take turns; nobody can tell but by memory.
/// </summary>
/// <remarks>Belongs to a <see cref="DecisionWorkspace"/>.</remarks>
internal sealed class RecentTexts
{
    // More than a playbook's plays have reasons at a time; 16 kB.
    private const int Places = 2_048;
    private string?[]? texts;

    public string Of(ReadOnlySpan<char> text)
    {
        ref var known = ref (texts ??= new string?[Places])[(int)(StableHash.Of(text) % Places)];
        return known is not null && text.SequenceEqual(known) ? known : known = text.ToString();
    }
}
