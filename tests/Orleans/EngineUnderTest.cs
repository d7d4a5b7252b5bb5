using System.Globalization;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Silo;
using Orchestrator.Silo.Engines;
using Orchestrator.Silo.Engines.Orleans;
using Orchestrator.Silo.StoreCommands;
using Orchestrator.Tests;

namespace Orchestrator.Cluster.Tests;

/// <summary>The cluster tests run once more, with silos of the Orleans engine.</summary>
internal static class EngineUnderTest
{
    // This build's folder is .../bin/<configuration>/net10.0/.
    private static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public static string Program { get; } = Place.In("silo", "Engines", "Orleans", "bin", Configuration, "net10.0", "Orchestrator.Silo.Orleans.dll");

    /// <summary>What the silos made next are told besides, for one test; they run one at a time.</summary>
    private static IReadOnlyDictionary<string, string>? More { get; set; }

    public static IReadOnlyDictionary<string, string> SettingsAt(string host)
    {
        var settings = new Dictionary<string, string>
        {
            ["ORCHESTRATOR_ENGINE"] = "orleans",
            ["ORCHESTRATOR_ORLEANS_LISTEN"] = string.Create(CultureInfo.InvariantCulture, $"{host}:{LoopbackPort.Take()}"),
            ["ORCHESTRATOR_ORLEANS_GATEWAY"] = LoopbackPort.Take().ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in More ?? new Dictionary<string, string>())
        {
            settings[name] = value;
        }

        return settings;
    }

    /// <summary>A silo that is told something besides.</summary>
    public static SiloMember Told(string name, string place, IReadOnlyDictionary<string, string> more)
    {
        More = more;
        try
        {
            return new SiloMember(name, place);
        }
        finally
        {
            More = null;
        }
    }

    public static string? GivenUp => "Orleans gave this silo up";

    public static string Doubt => "is dropped: the store has not heard of this silo";

    /// <summary>As an operator does it, before the first silo.</summary>
    public static void Prepare(string place) => OrleansTables.ApplyAsync(OrleansTables.Beside(place), CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>The engine of a silo in this process, as the program makes it, and what is to be done when the silo over it is wired.</summary>
    public static (PluggedEngine Engine, Action<SiloParts> Serve) Make(EngineOffer offer)
    {
        var told = SettingsAt("127.0.0.1");
        var plug = new OrleansPlug();
        var engine = plug.Make(offer with { Setting = name => told.GetValueOrDefault($"ORCHESTRATOR_{name.Replace('-', '_').ToUpperInvariant()}") });
        return (engine, parts => plug.Serve(parts, TimeProvider.System));
    }
}
