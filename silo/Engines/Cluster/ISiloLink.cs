using Orchestrator.V1;

namespace Orchestrator.Silo.Engines.Cluster;

/// <summary>
/// Carries messages between silos. Between two silos they arrive in the order sent, each at most once, as long as the link holds; it may break at any
/// moment, and then what was on its way is lost and each end hears of it, perhaps late, perhaps at different times. It may be slow without limit.
/// </summary>
/// <remarks>Members may be called from any thread and never block. A message is not changed after it was sent.</remarks>
public interface ISiloLink : IAsyncDisposable
{
    /// <summary>Begins to take messages in.</summary>
    void Open(LinkHello me, ILinkReceiver receiver);

    /// <summary>Sends, reaching for the silo first if need be.</summary>
    /// <param name="silo">Its name.</param>
    /// <param name="address">Where it says that it can be reached.</param>
    /// <returns>False if the silo cannot be reached now, or too much waits for it: nothing was sent.</returns>
    bool Send(string silo, string address, LinkMessage message);

    /// <summary>The silo is dead or gone: breaks the link, if there is one, and forgets it.</summary>
    void Close(string silo);
}

/// <summary>Hears what other silos say. May be called from any thread, for one silo by one at a time; must return soon and never throw.</summary>
public interface ILinkReceiver
{
    /// <summary>A link holds; both ends have said hello.</summary>
    void Linked(LinkHello silo);

    void Received(string from, LinkMessage message);

    /// <summary>What was on its way to or from this silo is lost.</summary>
    void Broken(string silo);
}
