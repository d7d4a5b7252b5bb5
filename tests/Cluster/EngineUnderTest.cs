using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Silo;
using Orchestrator.Silo.Engines;

namespace Orchestrator.Cluster.Tests;

/// <summary>The program whose silos are tested here. The tests of another engine bring one of their own, and are otherwise the same (tests/Orleans).</summary>
internal static class EngineUnderTest
{
    public static string Program => Place.Silo;

    /// <summary>What one silo must be told besides what every silo is told.</summary>
    /// <param name="host">The address that it listens at.</param>
    public static IReadOnlyDictionary<string, string> SettingsAt(string host) => new Dictionary<string, string>();

    /// <summary>
    /// What a silo says last that had to end for good because the others gave it up, so that whoever supervises it starts it again; null = this engine's silos never have to.
    /// </summary>
    public static string? GivenUp => null;

    /// <summary>What a silo says that gives its partitions up because the database does not hear of it.</summary>
    public static string Doubt => "it drops its partitions";

    /// <summary>What must be there before the first silo starts.</summary>
    /// <param name="place">The store's connection string.</param>
    public static void Prepare(string place)
    {
    }

    /// <summary>The engine of a silo in this process, as the program makes it, and what is to be done when the silo over it is wired.</summary>
    public static (PluggedEngine Engine, Action<SiloParts> Serve) Make(EngineOffer offer)
    {
        var engine = new Silo.Engines.Cluster.ClusterEngine(offer.Membership, offer.Link, offer.Me, TimeProvider.System, TaskScheduler.Default, Random.Shared.NextDouble, NullLogger.Instance);
        return (new PluggedEngine(engine, offer.Membership), _ => { });
    }
}
