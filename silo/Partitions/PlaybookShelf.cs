using Orchestrator.Grains.Playbooks;

namespace Orchestrator.Silo.Partitions;

/// <summary>The compiled playbooks that decide now. Read by every partition loop once per batch, replaced by whoever publishes.</summary>
public sealed class PlaybookShelf
{
    private volatile PlaybookLibrary _current = PlaybookLibrary.Empty;

    public PlaybookLibrary Current => _current;

    public void Set(PlaybookLibrary library) => _current = library;
}
