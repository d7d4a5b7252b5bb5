using Orleans.Metadata;
using Orleans.Runtime;

namespace Orchestrator.Silo.Engines.Orleans;

/// <summary>
/// Which version of the program each silo runs. Orleans tells every silo what grains the others have, with their properties: the version is one of the partition's grain, so that it needs no column in the store.
/// </summary>
/// <param name="version">Of this silo.</param>
internal sealed class Build(Version version) : IGrainPropertiesProvider
{
    private const string Key = "orchestrator.build";

    private static readonly GrainType Partition = GrainType.Create(PartitionGrain.TypeName);

    /// <summary>Of this program.</summary>
    public static Version Own { get; } = typeof(Build).Assembly.GetName().Version!;

    public void Populate(Type grainClass, GrainType grainType, Dictionary<string, string> properties)
    {
        if (grainType == Partition)
        {
            properties[Key] = version.ToString();
        }
    }

    /// <summary>Of another silo; null while Orleans does not know it, or if it does not say.</summary>
    public static Version? Of(ClusterManifest manifest, SiloAddress silo) =>
        manifest.Silos.TryGetValue(silo, out var has) && has.Grains.TryGetValue(Partition, out var grain) && grain.Properties.TryGetValue(Key, out var build) && Version.TryParse(build, out var version)
            ? version
            : null;
}
