namespace Orchestrator.Silo.Journal.Packing;

/// <summary>How hard bodies are packed: a level of Zstandard. The dictionary does most of it; readers need not know.</summary>
public enum PackingEffort
{
    /// <summary>For a file of its own, which only has to be written: a frame of 1,230 bytes becomes 368 in 3.6 us.</summary>
    Quick = -1,

    /// <summary>For a server, where each byte goes over the wire and into a log that is kept and shipped: 336 bytes in 4.9 us (tests/Bench/RESULTS.md).</summary>
    Thorough = 3,
}
