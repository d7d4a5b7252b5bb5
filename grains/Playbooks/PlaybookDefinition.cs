using System.Collections.Immutable;
using Orchestrator.Grains.Matching;
using Orchestrator.Grains.Customers;
using Orchestrator.Grains.InFlight;
using Orchestrator.Grains.Lateness;
using Orchestrator.Grains.Recycling;

namespace Orchestrator.Grains.Playbooks;

/// <summary>A playbook as its text says it: every name bound and checked, no expression compiled yet.</summary>
/// <param name="Id">The playbook's name.</param>
/// <param name="Currency">ISO 4217 code; all money is in its minor units.</param>
/// <param name="TimeZone">IANA zone for accounts and contacts that have none of their own.</param>
/// <param name="LifecycleOwner">Who answers for the whole lifecycle, in the company's own words.</param>
/// <param name="Segments">In the order of the file: the first that matches wins. May be empty.</param>
/// <param name="Channels">Declared ones in the order of the file, then the built-in ones that were not declared.</param>
/// <param name="Classification">In the order of the file: the first that matches wins. May be empty.</param>
/// <param name="Stages">In the order of the file; never empty.</param>
/// <param name="Start">The stage of an account that is seen for the first time.</param>
/// <param name="Transitions">In the order of the file: of those that hold, the first wins.</param>
public sealed partial record PlaybookDefinition(
    string Id,
    SourcePosition At,
    LocalizedText Title,
    string Currency,
    string TimeZone,
    string? LifecycleOwner,
    ImmutableArray<DepartmentDefinition> Departments,
    ImmutableArray<SegmentDefinition> Segments,
    BuyingGroupDefinition BuyingGroup,
    ImmutableArray<ChannelDefinition> Channels,
    AttributeSchemas Attributes,
    ImmutableArray<SignalDefinition> Signals,
    ImmutableArray<ScoreDefinition> Scores,
    ImmutableArray<ClassDefinition> Classification,
    ImmutableArray<StageDefinition> Stages,
    Reference Start,
    ImmutableArray<TransitionDefinition> Transitions,
    ImmutableArray<PlayDefinition> Plays,
    ArbitrationDefinition Arbitration,
    ContactPolicyDefinition ContactPolicy,
    ImmutableArray<ExperimentDefinition> Experiments,
    ImmutableArray<ExperienceDefinition> Experience)
{
    /// <summary>How people without a company find their account.</summary>
    public MatchingDefinition Matching { get; init; } = MatchingDefinition.None;

    /// <summary>The pool of those not now considering; null: there is none.</summary>
    public RecycleDefinition? Recycle { get; init; }

    /// <summary>The time after the contract.</summary>
    public CustomerDefinition Customer { get; init; } = CustomerDefinition.None;

    /// <summary>What happens to accounts under way when this version is published.</summary>
    /// <summary>Null: signals are taken as they come, however late, and nothing is put right.</summary>
    public LatenessDefinition? Lateness { get; init; }

    public InFlightDefinition InFlight { get; init; } = InFlightDefinition.None;

    public Pause Paused { get; init; }
}

/// <summary>What reading a playbook gave.</summary>
/// <param name="Definition">Null when there is at least one error.</param>
/// <param name="Diagnostics">In the order of the file; may be empty.</param>
public sealed record ReadResult(PlaybookDefinition? Definition, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>Keys that need a feature level above 1, in the order of the file, each once.</summary>
    public IReadOnlyList<LanguageNeed> Needs { get; init; } = [];
}
