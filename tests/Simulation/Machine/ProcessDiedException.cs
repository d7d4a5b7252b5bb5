namespace Orchestrator.Simulation.Machine;

/// <summary>Ends what a process was doing when it died in the middle of it: a real one would not come back from there.</summary>
internal sealed class ProcessDiedException() : Exception("the process died");
