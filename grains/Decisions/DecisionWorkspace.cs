namespace Orchestrator.Grains.Decisions;

/// <summary>Scratch memory of one partition loop, reused from turn to turn so that a rejected candidate allocates nothing.</summary>
public sealed class DecisionWorkspace
{
}
