namespace Orchestrator.Silo.Engines;

/// <summary>The engine could not bring this silo into its cluster; the message says why. Started again it may come in.</summary>
public sealed class EngineRefusedException : Exception
{
    public EngineRefusedException(string message)
        : base(message)
    {
    }

    public EngineRefusedException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public EngineRefusedException()
    {
    }
}
