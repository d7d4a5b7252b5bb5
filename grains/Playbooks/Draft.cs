using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks;

/// <summary>A playbook's text on its way to the next version; it may have errors and decides nothing.</summary>
/// <param name="BaseVersion">The version that it was begun from; 0: there was none.</param>
/// <param name="Revisions">Oldest first, never empty; the last is what the draft says. Of older ones only who and when is kept.</param>
public sealed record Draft(string Name, int BaseVersion, ImmutableArray<DraftRevision> Revisions)
{
    /// <summary>How many drafts a tenant may have.</summary>
    public const int MostDrafts = 32;

    /// <summary>Of how many revisions the text is kept.</summary>
    public const int MostTexts = 8;

    /// <summary>Of how many revisions it is kept who saved them, and when.</summary>
    public const int MostRevisions = 200;

    public DraftRevision Latest => Revisions[^1];

    /// <summary>The version that was last published from it; 0: none.</summary>
    public int PublishedVersion { get; init; }

    /// <summary>The revision of which that was; 0: none.</summary>
    public int PublishedRevision { get; init; }

    internal Draft Save(DraftRevision revision, int baseVersion)
    {
        var kept = Revisions.Length >= MostRevisions ? Revisions.RemoveAt(0) : Revisions;
        if (kept.Length >= MostTexts)
        {
            var oldest = kept.Length - MostTexts;
            kept = kept.SetItem(oldest, kept[oldest] with { Text = "" });
        }

        return this with { BaseVersion = baseVersion, Revisions = kept.Add(revision) };
    }
}

/// <summary>What a draft said once.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Text">YAML; empty if it is too long ago to be kept.</param>
/// <param name="File">File name for messages.</param>
/// <param name="Digest">SHA-256 of the text, lower-case hexadecimal.</param>
/// <param name="Author">Who saved it.</param>
public sealed record DraftRevision(int Number, string Text, string File, string Digest, string Author, DateTimeOffset At);
