using System.Collections.Immutable;
using Orchestrator.Grains.BuyingGroups;
using Orchestrator.Grains.DataQuality;
using Orchestrator.Grains.Decisions;
using Orchestrator.Grains.Journeys;

namespace Orchestrator.Grains.Playbooks;

/// <remarks>What it says of accounts beside their stage.</remarks>
public sealed partial class Playbook
{
    /// <summary>The group of the account as a whole.</summary>
    public required CompiledBuyingGroup BuyingGroup { get; init; }

    /// <summary>The highest priority first; may be empty.</summary>
    public ImmutableArray<CompiledOffering> Offerings { get; init; } = [];

    /// <summary>Beside the main one, in the order of the file; may be empty.</summary>
    public ImmutableArray<CompiledJourney> Journeys { get; init; } = [];

    /// <summary>Whether some of <see cref="Journeys"/> are those of people.</summary>
    public bool HasPersonalJourneys { get; init; }

    /// <summary>Whether some of <see cref="Journeys"/> say something about how they are entered.</summary>
    public bool HasGatedJourneys { get; init; }

    /// <summary>Whether some of <see cref="Journeys"/> are entered by people who become members of a segment.</summary>
    public bool HasSegmentsOfPeople { get; init; }

    /// <summary>Journeys that compete, in the order of the file; may be empty.</summary>
    public ImmutableArray<CompiledGroup> JourneyGroups { get; init; } = [];

    /// <summary>What people expect, in the order of the file; may be empty.</summary>
    public ImmutableArray<CompiledExperience> Experiences { get; init; } = [];

    /// <summary>Null: not measured.</summary>
    public CompiledQuality? AccountQuality { get; init; }

    /// <summary>Null: not measured.</summary>
    public CompiledQuality? ContactQuality { get; init; }

    /// <summary>Whether some condition asks about the accounts below an account.</summary>
    public bool AsksHierarchy { get; init; }

    /// <summary>Most different people of the account in a week: of its segment, else of all; null = no limit.</summary>
    public int? PeoplePerWeekOf(Facts facts)
    {
        if (!SegmentsLimitPeople)
        {
            return Arbitration.PeoplePerWeek;
        }

        var segment = SegmentOf(facts);
        foreach (var one in Definition.Segments)
        {
            if (one.Id == segment)
            {
                return one.PeoplePerWeek ?? Arbitration.PeoplePerWeek;
            }
        }

        return Arbitration.PeoplePerWeek;
    }

    /// <summary>Whether some segment has a limit of its own on the people of an account.</summary>
    public bool SegmentsLimitPeople { get; init; }

    /// <summary>The offering of this name, or null.</summary>
    public CompiledOffering? OfferingOf(string id)
    {
        foreach (var offering in Offerings)
        {
            if (offering.Id == id)
            {
                return offering;
            }
        }

        return null;
    }
}
