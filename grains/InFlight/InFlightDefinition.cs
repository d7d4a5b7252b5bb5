using System.Collections.Immutable;
using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Grains.InFlight;

public enum InFlightDefault
{
    /// <summary>Who is under way goes by the new version at once.</summary>
    Follow,

    /// <summary>Who is under way keeps the version until the journey ends.</summary>
    Pin,
}

/// <summary>What a version does with accounts that are under way when it is published.</summary>
/// <param name="At">(0, 0) where the playbook says nothing: then all follow, and those pinned earlier stay pinned.</param>
/// <param name="Map">By stage of the version before, whether it still exists or not.</param>
public sealed record InFlightDefinition(SourcePosition At, InFlightDefault Default, ImmutableArray<StageMapping> Map)
{
    public static readonly InFlightDefinition None = new(default, InFlightDefault.Follow, []);

    /// <summary>Whether the playbook says anything, so that each account must be visited and remembers that it was.</summary>
    public bool IsRule { get; } = At != default;

    /// <summary>Where accounts of a stage are moved; null = nowhere.</summary>
    public string? TargetOf(string stage)
    {
        foreach (var mapping in Map)
        {
            if (mapping.From == stage)
            {
                return mapping.To.Id;
            }
        }

        return null;
    }
}

/// <param name="From">A stage of an earlier version.</param>
/// <param name="At">Where it stands in the file.</param>
public sealed record StageMapping(string From, SourcePosition At, Reference To);

/// <summary>What a paused playbook does with the journey. Nothing but mandatory actions goes out in any case.</summary>
public enum Pause
{
    /// <summary>It runs.</summary>
    None,

    /// <summary>Accounts stay where they are; what they do is recorded.</summary>
    Hold,

    /// <summary>Accounts move on from stage to stage, without any actions.</summary>
    Skip,

    /// <summary>Accounts leave the journey.</summary>
    Exit,
}
