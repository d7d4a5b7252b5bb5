using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks;

/// <summary>The name of something declared elsewhere in the playbook, and where it was named. After reading it is known to exist.</summary>
public readonly record struct Reference(string Id, SourcePosition At)
{
    public override string ToString() => Id;
}

/// <summary>A text in one or more languages.</summary>
/// <param name="ByLanguage">By BCP 47 language tag, ordinal order; a text given without a language is <see cref="DefaultLanguage"/>. May be empty.</param>
public sealed record LocalizedText(IReadOnlyDictionary<string, string> ByLanguage)
{
    public const string DefaultLanguage = "en";
    public static readonly LocalizedText Empty = new(ImmutableSortedDictionary<string, string>.Empty);

    /// <summary>The text in this language, else in the default language, else in the first one; empty when there is none.</summary>
    public string In(string language) =>
        ByLanguage.TryGetValue(language, out var text) || ByLanguage.TryGetValue(DefaultLanguage, out text) ? text : ByLanguage.Values.FirstOrDefault("");
}
