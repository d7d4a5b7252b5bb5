namespace Orchestrator.Grains.Counts;

/// <summary>What the names of boards begin with: no department's name has a colon.</summary>
public static class BoardKind
{
    public const string Count = "count:";

    public const string Goal = "goal:";
}
