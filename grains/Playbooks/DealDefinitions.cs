using System.Collections.Immutable;

namespace Orchestrator.Grains.Playbooks;

/// <summary>How deals are known and what must be known of each.</summary>
/// <param name="Key">The property of the signals that names the deal.</param>
/// <param name="Amount">The property that tells its worth, where a signal has it.</param>
/// <param name="OpenedBy">Signals that open a deal or tell news of it; never empty.</param>
/// <param name="WonBy">Signals that end it well; may be empty.</param>
/// <param name="LostBy">Signals that end it; may be empty.</param>
/// <param name="Questions">In the order of the file; may be empty.</param>
/// <param name="FlagWhen">An open deal for which one of these holds is flagged; may be empty.</param>
public sealed record DealDefinition(
    SourcePosition At,
    string Key,
    string Amount,
    ImmutableArray<Reference> OpenedBy,
    ImmutableArray<Reference> WonBy,
    ImmutableArray<Reference> LostBy,
    ImmutableArray<QuestionDefinition> Questions,
    ImmutableArray<Expression> FlagWhen);

/// <summary>Something that must be known of a deal.</summary>
/// <param name="Ask">How to ask it; may be empty.</param>
/// <param name="Dated">An answer counts only with an instant, or with what is awaited.</param>
public sealed record QuestionDefinition(string Id, SourcePosition At, LocalizedText Ask, bool Dated);
